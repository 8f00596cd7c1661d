// What can be laid out at all.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tile::assign {

/// Refuses, with a diagnostic, what no layout could be given to.
llvm::LogicalResult checkKernel(mlir::func::FuncOp func);

} // namespace tile::assign
