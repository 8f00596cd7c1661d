// Names and contents of stage files.
#include "compiler/StageFiles.h"

#include "compiler/dsl/Kernel.h"
#include "compiler/support/Error.h"
#include "compiler/support/Options.h"

#include <atomic>
#include <fstream>
#include <iostream>
#include <sstream>

namespace tile {

StageFiles::StageFiles(const Kernel &kernel, const Target &target) {
  static std::atomic<int> count = 0;
  const Options &o = options();
  if (!o.dumps() && o.override_dir.empty()) return;
  std::error_code ignored;
  if (!o.override_dir.empty() && !std::filesystem::is_directory(o.override_dir, ignored))
    throw UserError("TILE_OVERRIDE: there is no folder '" + o.override_dir + "'; accepted: a folder of edited stages");
  number_ = std::to_string(count++) + "-";
  number_.insert(0, number_.size() < 5 ? 5 - number_.size() : 0, '0');
  name_ = kernel.name() + "." + target.arch + ".";
}

void StageFiles::write(bool wanted, const char *stage, const std::string &text) const {
  if (!wanted) return;
  const std::filesystem::path path = std::filesystem::path(options().dump_dir) / (number_ + name_ + stage);
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw UserError("TILE_DUMP_DIR: cannot write " + path.string());
}

std::optional<StageFiles::Replacement> StageFiles::replacement(const char *stage) const {
  const std::string &dir = options().override_dir;
  if (dir.empty()) return std::nullopt;
  for (const std::string &name : {number_ + name_ + stage, name_ + stage}) {
    const std::filesystem::path path = std::filesystem::path(dir) / name;
    std::ifstream file(path);
    if (!file) continue;
    std::stringstream text;
    text << file.rdbuf();
    if (text.str().empty()) throw UserError("TILE_OVERRIDE: " + path.string() + ": it is empty");
    std::cerr << "TILE_OVERRIDE: " << path.string() << " stands for what was compiled\n";
    return Replacement{path.string(), text.str()};
  }
  return std::nullopt;
}

} // namespace tile
