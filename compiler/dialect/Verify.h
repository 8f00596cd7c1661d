// Inside of the tile dialect: what the verifiers and folders of its families of ops share.
#pragma once

#include "compiler/dialect/TileDialect.h"

namespace tile::ir {

mlir::LogicalResult verifyTile(mlir::Operation *op, mlir::RankedTensorType type);
/// Valid tiles that either all carry a layout or none does.
mlir::LogicalResult verifyTiles(mlir::Operation *op, mlir::RankedTensorType a, mlir::RankedTensorType b);
/// Both tiles carry layouts, as ops made after tile-assign-layouts need, and hold elements of one type.
mlir::LogicalResult verifyLaidOut(mlir::Operation *op, mlir::RankedTensorType a, mlir::RankedTensorType b);
mlir::LogicalResult verifyLayout(mlir::Operation *op, mlir::RankedTensorType actual, const layout::Layout &expected);
mlir::LogicalResult verifyAxis(mlir::Operation *op, int64_t axis, int64_t rank);
/// Throws nothing: a plan that cannot be made is a diagnostic.
mlir::FailureOr<layout::ReductionPlan> planOf(mlir::Operation *op, mlir::RankedTensorType source, int64_t axis);
/// A constant that is the same everywhere stays one under any change of shape.
mlir::OpFoldResult foldSplat(mlir::Attribute source, mlir::RankedTensorType type);

} // namespace tile::ir
