// What laying out asks of ops.
#pragma once

#include "compiler/passes/Tiles.h"

namespace tile::assign {

/// All tiles of these have one layout, whichever it is.
bool isPoints(mlir::Operation *op);
/// Combine functions work on single elements, which have no layout.
bool isInCombine(mlir::Operation *op);
int loopsAround(mlir::Operation *op);
/// Whether a scan along `axis` has a plan in this layout.
bool canScan(const layout::Layout &l, int axis);
/// The order that undoes `order`.
llvm::SmallVector<int64_t> inverse(llvm::ArrayRef<int64_t> order);

} // namespace tile::assign
