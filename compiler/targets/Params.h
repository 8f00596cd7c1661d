// The kernel's parameters and where they lie in the packed block of arguments.
#pragma once

#include "compiler/Compiler.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tile::targets {

struct ParamBlock {
  std::vector<Param> params;
  uint32_t bytes = 0;
};

/// Naturally aligned, in order, without padding at the end: what PTX makes of the same arguments.
ParamBlock paramBlockOf(mlir::func::FuncOp kernel);

/// The one kernel of a module; null when there is none or more than one.
mlir::func::FuncOp kernelOf(mlir::ModuleOp module);

/// Warps of a program of this kernel; 1 where it does not say.
int warpsOf(mlir::Operation *kernel);

/// Bytes of scratch of a program of this kernel.
int64_t scratchOf(mlir::Operation *kernel);

} // namespace tile::targets
