// The compiler's environment variables, read once.
#include "compiler/support/Options.h"

#include "compiler/support/Error.h"

#include <cstdlib>
#include <filesystem>

namespace tile {
namespace {

std::string environment(const char *name, std::string otherwise) {
  const char *value = std::getenv(name);
  return value && *value ? value : std::move(otherwise);
}

bool flag(const char *name) {
  const std::string value = environment(name, "0");
  if (value != "0" && value != "1") throw UserError(std::string(name) + ": '" + value + "'; accepted: 0, 1");
  return value == "1";
}

std::string temporary_dir() {
  std::error_code ignored;
  auto dir = std::filesystem::temp_directory_path(ignored);
  return dir.empty() ? "." : dir.string();
}

void add_stage(Options &o, std::string_view stage) {
  bool all = stage == "all", known = all;
  auto set = [&](std::string_view name, bool &flag) {
    if (!all && stage != name) return;
    flag = known = true;
  };
  set("tile", o.dump_tile);
  set("layouts", o.dump_layouts);
  set("lane", o.dump_lane);
  set("llvm", o.dump_llvm);
  set("ptx", o.dump_code);
  set("asm", o.dump_code);
  set("passes", o.dump_passes);
  if (!known)
    throw UserError("TILE_DUMP: there is no stage '" + std::string(stage) +
                    "'; accepted: tile, layouts, lane, llvm, ptx, asm, passes, all");
}

} // namespace

Options parse_dump(std::string_view stages) {
  Options o;
  while (!stages.empty()) {
    size_t comma = stages.find(',');
    if (std::string_view stage = stages.substr(0, comma); !stage.empty()) add_stage(o, stage);
    stages.remove_prefix(comma == stages.npos ? stages.size() : comma + 1);
  }
  return o;
}

const Options &options() {
  static const Options read = [] {
    Options o = parse_dump(environment("TILE_DUMP", ""));
    o.dump_dir = environment("TILE_DUMP_DIR", ".");
    o.override_dir = environment("TILE_OVERRIDE", "");
    o.remarks = flag("TILE_REMARKS");
    o.repro_dir = environment("TILE_REPRO", temporary_dir());
    o.debug = flag("TILE_DEBUG");
    o.host_cpu = environment("TILE_HOST_CPU", "");
    return o;
  }();
  return read;
}

const std::array<OptionHelp, 7> &option_help() {
  static constexpr std::array<OptionHelp, 7> help{{
      {"TILE_DUMP", "stages of every compilation to write to files: tile, layouts, lane, llvm, ptx, asm, passes, all"},
      {"TILE_DUMP_DIR", "where to; default: the current directory"},
      {"TILE_OVERRIDE", "folder of edited stages, named as TILE_DUMP names them, that stand for what is compiled"},
      {"TILE_REMARKS", "1: say on standard error where code falls short of what it could be, and why"},
      {"TILE_REPRO", "where reproducers of compiler bugs go; default: the system's temporary folder"},
      {"TILE_DEBUG", "1: what kernels print and require for debugging is compiled in; default: 0"},
      {"TILE_HOST_CPU", "x86-64, x86-64-v3, x86-64-v4: code for the host keeps to what such CPUs have"},
  }};
  return help;
}

} // namespace tile
