// Every environment variable the compiler looks at, in one place. Read once, at first use.
//
//   TILE_DUMP=tile,layouts,lane,llvm,ptx   writes these stages of every compilation to files (all: each of them);
//                                          passes: what each pass changed
//   TILE_DUMP_DIR=path                     where to; default: the current directory
//   TILE_OVERRIDE=path                     folder of edited stages, named as TILE_DUMP names them, that stand for what
//                                          is compiled
//   TILE_REMARKS=1                         says on standard error where code falls short of what it could be, and why
//   TILE_REPRO=path                        where reproducers of compiler bugs go; default: the system's temporary
//   folder
//   TILE_DEBUG=1                           every kernel is built for debugging: what it prints and requires is compiled
//   in
//   TILE_HOST_CPU=x86-64|x86-64-v3|x86-64-v4   code for the host keeps to what CPUs of that kind have
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace tile {

struct Options {
  bool dump_tile = false, dump_layouts = false, dump_lane = false, dump_llvm = false, dump_code = false;
  bool dump_passes = false;
  std::string dump_dir;
  std::string override_dir; ///< empty: none
  bool remarks = false;
  std::string repro_dir;
  bool debug = false;
  std::string host_cpu; ///< empty: all this CPU has

  bool dumps() const { return dump_tile || dump_layouts || dump_lane || dump_llvm || dump_code || dump_passes; }
};

/// The process's options. UserError for a stage in TILE_DUMP that does not exist, and for a TILE_REMARKS or TILE_DEBUG
/// that is neither 0 nor 1.
const Options &options();

/// What `options()` makes of a TILE_DUMP of that text.
Options parse_dump(std::string_view stages);

/// Name and meaning of each variable, for --help.
struct OptionHelp {
  std::string_view name, meaning;
};
const std::array<OptionHelp, 7> &option_help();

} // namespace tile
