// The passes of the compiler and the pipelines they form.
#pragma once

#include "compiler/Compiler.h"
#include "compiler/dialect/TileDialect.h"
#include "compiler/lane/LaneDialect.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace tile {

#define GEN_PASS_DECL
#include "compiler/passes/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/passes/Passes.h.inc"

/// tile IR -> tiles with layouts. Needs `tile.target`.
void buildLayoutPipeline(mlir::OpPassManager &pm);
/// tiles with layouts -> lane IR.
void buildLanePipeline(mlir::OpPassManager &pm);
/// lane IR -> LLVM dialect.
void buildNvvmPipeline(mlir::OpPassManager &pm);
void buildSimdPipeline(mlir::OpPassManager &pm);

/// Registers passes and the textual pipelines `tile-to-layouts`, `tile-to-lane`, `tile-to-llvm` (after tile-set-target).
void registerPipelines();

/// Loads every dialect the compiler uses.
void registerDialects(mlir::DialectRegistry &registry);

/// The attribute that describes `target` to passes.
ir::TargetAttr targetAttr(mlir::MLIRContext *context, const Target &target);

} // namespace tile
