// The passes of the compiler and the pipelines they form.
#pragma once

#include "compiler/Compiler.h"
#include "compiler/dialect/TileDialect.h"
#include "compiler/lane/LaneDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace tile {

#define GEN_PASS_DECL
#include "compiler/passes/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/passes/Passes.h.inc"

/// tile IR as its author wrote it -> folded, and each value once.
void buildTilePipeline(mlir::OpPassManager &pm);
/// Such tile IR -> tiles with layouts. Needs `tile.target`.
void buildLayoutPipeline(mlir::OpPassManager &pm);
/// tiles with layouts -> lane IR.
void buildLanePipeline(mlir::OpPassManager &pm);
/// lane IR -> LLVM dialect.
void buildNvvmPipeline(mlir::OpPassManager &pm);
void buildSimdPipeline(mlir::OpPassManager &pm);
void buildSimtPipeline(mlir::OpPassManager &pm);
/// The one of these for a kind of machine.
using BuildPipeline = void (*)(mlir::OpPassManager &);
BuildPipeline machinePipeline(Target::Kind kind);

/// Registers all passes and, for tools, the textual pipelines `tile-to-layouts`, `tile-to-lane`, `tile-to-llvm` and
/// `lane-to-llvm`. Each sets the target first: `tile-to-llvm{arch=sm_90a}`, `arch=host` by default.
void registerPipelines();

/// The target that arch=... names: "host", "simt" or what Target::nvvm takes (UserError otherwise).
Target targetNamed(llvm::StringRef arch);

/// The attribute that describes `target` to passes.
ir::TargetAttr targetAttr(mlir::MLIRContext *context, const Target &target);

/// Makes `module` one for `target`: its attribute, and kernels of no more warps than the target runs.
void setTarget(mlir::ModuleOp module, const Target &target);

} // namespace tile
