// Scratch that holds a tile between loops, seen as a view.
#pragma once

#include "compiler/passes/strip/Axes.h"

namespace tile::strip {

/// From how many vectors on a tile is cut, and into strips of how many.
struct Limits {
  int64_t lanes = 16;
  static constexpr int64_t kLargest = 64, kStrip = 16, kReducedStrip = 8;

  bool isLarge(mlir::Type type) const;
  bool isLarge(mlir::Value v) const { return isLarge(v.getType()); }
  int64_t vectors(mlir::Type type) const;
};

/// Room for `tile`; allocated where the builder stands.
mlir::Value makeRoom(mlir::OpBuilder &b, mlir::Location loc, mlir::RankedTensorType tile);
void storeToRoom(mlir::OpBuilder &b, mlir::Location loc, mlir::Value tile, mlir::Value room,
                 mlir::ValueRange indices = {});
mlir::Value loadFromRoom(mlir::OpBuilder &b, mlir::Location loc, mlir::Type tile, mlir::Value room,
                         mlir::ValueRange indices = {});

} // namespace tile::strip
