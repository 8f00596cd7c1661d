// A layout for every tile that memory accesses reach.
#pragma once

#include "compiler/passes/assign/Preferred.h"

namespace tile::assign {

using Layouts = llvm::DenseMap<mlir::Value, layout::Layout>;

/// Accesses are the anchors, those in loops first and then the largest; an anchor's layout spreads to every value that
/// can share it without moving data and has none yet. Free values get none.
Layouts spreadLayouts(mlir::func::FuncOp func, const Preferred &preferred);

} // namespace tile::assign
