// Tiles with layouts, and conversions where two meet.
#pragma once

#include "compiler/passes/assign/Spread.h"

namespace tile::assign {

/// Gives each tile its layout, or one that suits where there is none, and each op its operands in those it needs: free
/// values are made again, others converted.
void rewriteWith(mlir::func::FuncOp func, const Preferred &preferred, const Layouts &layouts);

} // namespace tile::assign
