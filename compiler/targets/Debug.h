// Lines that kernels print, and requirements that end them; both only in kernels built for debugging.
#pragma once

#include "compiler/targets/Lowering.h"

namespace tile::targets {

/// Before the lowering: prints of all lanes become loops of prints of one, under their masks.
void splitPrints(mlir::ModuleOp module);

/// Calls printf on a CPU, vprintf on a GPU (`isGpu`).
void addPrintPatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns, bool isGpu);

/// A pointer to a text that ends in 0, in the address space of all.
mlir::Value textOf(mlir::OpBuilder &b, mlir::Operation *op, llvm::StringRef text, unsigned addressSpace = 0);

} // namespace tile::targets
