// The files of one compilation: its stages written out (TILE_DUMP), and edited ones read back (TILE_OVERRIDE).
#pragma once

#include "compiler/Compiler.h"

#include <filesystem>
#include <optional>
#include <string>

namespace tile {

/// Files are named <number>-<kernel>.<arch>.<stage>: numbers count the compilations of a process, stages are tile.mlir,
/// layouts.mlir, lane.mlir, passes, ll, ptx, s.
class StageFiles {
public:
  StageFiles(const Kernel &kernel, const Target &target);

  /// UserError when the file cannot be written.
  void write(bool wanted, const char *stage, const std::string &text) const;

  struct Replacement {
    std::string path, text;
  };
  /// What to go on with instead of the stage's own text: the file of TILE_OVERRIDE with the very name that a dump has,
  /// or without number, for every compilation of a kernel of that name. Says on standard error that it was taken.
  std::optional<Replacement> replacement(const char *stage) const;

private:
  std::string number_, name_; ///< "0003-", "layer_norm_forward.sm_90a."
};

} // namespace tile
