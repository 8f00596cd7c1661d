// Whether accesses stay inside of their view.
#pragma once

#include "compiler/dialect/TileDialect.h"

namespace tile {

/// The memory behind a view: the pointer it is made of, or the scratch; the view where that is not known.
mlir::Value memoryOf(mlir::Value view);

/// The extent of each dimension: a number, a value, or null where the view does not say.
llvm::SmallVector<mlir::OpFoldResult, 3> extentsOf(mlir::TypedValue<ir::ViewType> view);

/// index >= 0 and index + tile <= extent, always.
bool staysInside(mlir::Value index, int64_t tile, mlir::OpFoldResult extent);

} // namespace tile
