// compile() and emit(): a kernel and a target in, code or the text of one stage out.
#include "compiler/Compiler.h"

#include "compiler/Compilation.h"
#include "compiler/dsl/Kernel.h"
#include "compiler/support/Error.h"
#include "compiler/support/Options.h"

#include "llvm/Config/llvm-config.h"

#include <atomic>
#include <filesystem>
#include <fstream>

namespace tile {
namespace {

constexpr const char *kVersion = "0.1.0";

/// Writes the stages that TILE_DUMP names, as <number>-<kernel>.<arch>.<stage>; numbers count compilations.
class Dump {
public:
  Dump(const Kernel &kernel, const Target &target) {
    static std::atomic<int> count = 0;
    if (!options().dumps()) return;
    std::string number = std::to_string(count++);
    number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
    stem_ = std::filesystem::path(options().dump_dir) / (number + "-" + kernel.name() + "." + target.arch + ".");
  }
  void write(bool wanted, const char *stage, const std::string &text) const {
    if (!wanted) return;
    std::error_code ignored;
    std::filesystem::create_directories(stem_.parent_path(), ignored);
    std::filesystem::path path = stem_.string() + stage;
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) throw UserError("TILE_DUMP_DIR: cannot write " + path.string());
  }

private:
  std::filesystem::path stem_;
};

/// Up to the LLVM dialect, dumping on the way.
void runPasses(Compilation &c, const Dump &dump) {
  const Options &o = options();
  struct {
    Stage stage;
    bool wanted;
    const char *name;
  } const stages[] = {{Stage::Tile, o.dump_tile, "tile.mlir"},
                      {Stage::Layout, o.dump_layouts, "layouts.mlir"},
                      {Stage::Lane, o.dump_lane, "lane.mlir"}};
  for (const auto &s : stages) {
    if (!s.wanted) continue;
    c.runTo(s.stage);
    dump.write(true, s.name, c.text());
  }
  c.runTo(Stage::Llvm);
}

} // namespace

Artifact compile(const Kernel &kernel, const Target &target) {
  const Options &o = options();
  bool nvvm = target.kind == Target::Kind::Nvvm;
  Dump dump(kernel, target);
  Compilation c(kernel, target);
  runPasses(c, dump);
  if (o.dump_code && !nvvm) {
    // The module is translated, not consumed: the host's assembly is a second run of the code generator.
    dump.write(true, "s", c.generate(targets::Output::Assembly, false).code);
  }
  targets::Generated made = c.generate(targets::Output::Object, o.dump_llvm);
  dump.write(o.dump_llvm, "ll", made.llvm);
  dump.write(o.dump_code && nvvm, "ptx", made.code);

  Artifact a;
  a.target = target;
  a.entry = kernel.name();
  a.code = std::move(made.code);
  a.params = c.params().params;
  a.param_bytes = c.params().bytes;
  a.warps = c.warps();
  a.scratch_bytes = c.scratchBytes();
  a.sites = c.sites();
  a.times = made.times;
  a.times.passes = c.passMilliseconds();
  return a;
}

std::string emit(const Kernel &kernel, const Target &target, Stage stage) {
  Compilation c(kernel, target);
  c.runTo(stage);
  if (stage == Stage::Llvm) return c.generate(targets::Output::Llvm, true).llvm;
  if (stage == Stage::Code) return c.generate(targets::Output::Assembly, false).code;
  return c.text();
}

Stage stage_named(std::string_view name) {
  if (name == "tile") return Stage::Tile;
  if (name == "layout") return Stage::Layout;
  if (name == "lane") return Stage::Lane;
  if (name == "llvm") return Stage::Llvm;
  if (name == "ptx" || name == "asm") return Stage::Code;
  throw UserError("there is no stage '" + std::string(name) +
                  "'; accepted: tile, layout, lane, llvm, ptx (GPU), asm (host)");
}

std::string compiler_version() {
  return std::string("tile ") + kVersion + ", LLVM " + LLVM_VERSION_STRING;
}

} // namespace tile
