// lane-to-simd: the kernel becomes a function of one program and an entry that runs a range of them.
#include "compiler/targets/simd/Lowering.h"

#include "compiler/passes/Passes.h"
#include "compiler/targets/Debug.h"
#include "compiler/targets/Params.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace tile {
#define GEN_PASS_DEF_LANETOSIMD
#include "compiler/passes/Passes.h.inc"
} // namespace tile

namespace tile::targets::simd {

SmallVector<Type> Hidden::types(MLIRContext *context) {
  SmallVector<Type> types(Scratch, IntegerType::get(context, 64));
  types.push_back(LLVM::LLVMPointerType::get(context));
  return types;
}

Value Hidden::of(Operation *op, Index index) {
  Block &entry = op->getParentOfType<LLVM::LLVMFuncOp>().getBody().front();
  return entry.getArgument(entry.getNumArguments() - Count + index);
}

namespace {

struct LowerKernel : ConvertOpToLLVMPattern<func::FuncOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(func::FuncOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    auto body = lowerFunction(op, *getTypeConverter(), Hidden::types(op.getContext()), rewriter);
    if (failed(body)) return failure();
    body->setName((op.getName() + "_program").str());
    body->setLinkage(LLVM::Linkage::Internal);
    body->setAlwaysInline(true);
    makeEntry(op, *body, rewriter);
    rewriter.eraseOp(op);
    return success();
  }
};

struct Pass : impl::LaneToSimdBase<Pass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto kernel = kernelToLower(module);
    if (failed(kernel)) return signalPassFailure();
    if (int warps = warpsOf(*kernel); warps != 1) {
      kernel->emitOpError() << "has " << warps << " warps; a program has one on this machine";
      return signalPassFailure();
    }
    splitMaskedAccesses(module);
    splitAtomics(module);
    expandRequirements(module);
    splitPrints(module);
    auto machine = [&](const LLVMTypeConverter &types, RewritePatternSet &patterns) {
      patterns.add<LowerKernel>(types);
      addLanePatterns(types, patterns);
      addMemoryPatterns(types, patterns);
      addAtomicPatterns(types, patterns);
      addPrintPatterns(types, patterns, /*isGpu=*/false);
    };
    if (failed(lowerToLlvm(module, /*addressSpace=*/0, machine))) signalPassFailure();
  }
};

} // namespace
} // namespace tile::targets::simd
