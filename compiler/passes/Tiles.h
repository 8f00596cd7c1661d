// What passes over tiles ask of values and ops.
#pragma once

#include "compiler/dialect/TileDialect.h"

namespace tile {

bool isTile(mlir::Value v);
mlir::RankedTensorType tileType(mlir::Value v);
/// A tile that costs nothing, so that it is made again wherever it is used: constants, splats, iotas and masks.
bool isFree(mlir::Operation *op);
bool isFree(mlir::Value v);
bool isElementwise(mlir::Operation *op);

} // namespace tile
