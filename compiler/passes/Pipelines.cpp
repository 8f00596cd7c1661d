// The ways from tile IR to the LLVM dialect, piece by piece for tools and as compile() runs them.
#include "compiler/passes/Passes.h"

#include "compiler/support/Error.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include <mutex>

using namespace mlir;

namespace tile {

/// Kernels have no control flow but scf's: there are no blocks to merge.
static std::unique_ptr<Pass> canonicalizer() {
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  return createCanonicalizerPass(config);
}

void buildTilePipeline(OpPassManager &pm) {
  pm.addPass(canonicalizer());
  pm.addPass(createCSEPass());
}

void buildLayoutPipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createStripMine());
  pm.addNestedPass<func::FuncOp>(createPeelLoops());
  pm.addNestedPass<func::FuncOp>(createAnalyzeAccess());
  pm.addNestedPass<func::FuncOp>(createPipelineLoops());
  pm.addPass(canonicalizer());
  pm.addNestedPass<func::FuncOp>(createAssignLayouts());
  pm.addPass(canonicalizer());
  pm.addPass(createCSEPass());
}

void buildLanePipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createDecomposeReductions());
  pm.addNestedPass<func::FuncOp>(createDecomposeScans());
  pm.addNestedPass<func::FuncOp>(createDecomposeConversions());
  pm.addNestedPass<func::FuncOp>(createAllocateScratch());
  pm.addNestedPass<func::FuncOp>(createInsertBarriers());
  pm.addNestedPass<func::FuncOp>(createVerifyBarriers());
  pm.addPass(createDistribute());
  pm.addPass(createCSEPass()); // first: every access has made its own coordinates, most of them alike
  pm.addPass(canonicalizer());
}

void buildNvvmPipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createPackCarried());
  pm.addPass(createMathPolicy());
  pm.addPass(createLaneToNvvm());
}

void buildSimdPipeline(OpPassManager &pm) {
  pm.addPass(createMathPolicy());
  pm.addPass(createLaneToSimd());
}

void buildSimtPipeline(OpPassManager &pm) {
  pm.addPass(createMathPolicy());
  pm.addPass(createLaneToSimt());
}

BuildPipeline machinePipeline(Target::Kind kind) {
  switch (kind) {
  case Target::Kind::Nvvm:
    return buildNvvmPipeline;
  case Target::Kind::Simd:
    return buildSimdPipeline;
  case Target::Kind::Simt:
    return buildSimtPipeline;
  }
  throw InternalError("a target of no known kind");
}

namespace {

struct ArchOption : PassPipelineOptions<ArchOption> {
  Option<std::string> arch{*this, "arch", llvm::cl::desc("sm_80, sm_90a, ..., host, x86-64, x86-64-v3, x86-64-v4, aarch64 or simt"), llvm::cl::init("host")};
};

void addSetTarget(OpPassManager &pm, const ArchOption &options) {
  SetTargetOptions set;
  set.arch = options.arch;
  pm.addPass(createSetTarget(set));
}

/// A wrong arch is reported by tile-set-target, so what is not known goes the way of GPUs here.
void addMachine(OpPassManager &pm, const ArchOption &options) {
  using Kind = Target::Kind;
  StringRef arch = options.arch;
  bool simd = arch == "host" || arch.starts_with("x86-64") || arch == "aarch64";
  machinePipeline(simd ? Kind::Simd : arch == "simt" ? Kind::Simt : Kind::Nvvm)(pm);
}

void registerOnce() {
  registerTilePasses();
  registerCanonicalizerPass();
  registerCSEPass();
  using Registration = PassPipelineRegistration<ArchOption>;
  static Registration layouts("tile-to-layouts", "tile IR to tiles with layouts",
                              [](OpPassManager &pm, const ArchOption &options) {
                                addSetTarget(pm, options);
                                buildTilePipeline(pm);
                                buildLayoutPipeline(pm);
                              });
  static Registration lane("tile-to-lane", "tile IR to lane IR", [](OpPassManager &pm, const ArchOption &options) {
    addSetTarget(pm, options);
    buildTilePipeline(pm);
    buildLayoutPipeline(pm);
    buildLanePipeline(pm);
  });
  static Registration llvm("tile-to-llvm", "tile IR to the LLVM dialect",
                           [](OpPassManager &pm, const ArchOption &options) {
                             addSetTarget(pm, options);
                             buildTilePipeline(pm);
                             buildLayoutPipeline(pm);
                             buildLanePipeline(pm);
                             addMachine(pm, options);
                           });
  static Registration machine("lane-to-llvm", "lane IR to the LLVM dialect",
                              [](OpPassManager &pm, const ArchOption &options) {
                                addSetTarget(pm, options);
                                addMachine(pm, options);
                              });
}

} // namespace

void registerPipelines() {
  static std::once_flag once;
  std::call_once(once, registerOnce);
}

} // namespace tile
