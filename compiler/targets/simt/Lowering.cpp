// lane-to-simt: the kernel becomes a function of one warp and an entry that unpacks what the runtime tells it.
#include "compiler/targets/simt/Lowering.h"

#include "compiler/passes/Passes.h"
#include "compiler/targets/Debug.h"
#include "compiler/targets/Params.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace tile {
#define GEN_PASS_DEF_LANETOSIMT
#include "compiler/passes/Passes.h.inc"
} // namespace tile

namespace tile::targets::simt {

SmallVector<Type> Hidden::types(MLIRContext *context) {
  SmallVector<Type> types(Context, IntegerType::get(context, 64));
  types.push_back(LLVM::LLVMPointerType::get(context));
  return types;
}

Value Hidden::of(Operation *op, Index index) {
  Block &entry = op->getParentOfType<LLVM::LLVMFuncOp>().getBody().front();
  return entry.getArgument(entry.getNumArguments() - Count + index);
}

Value field(OpBuilder &b, Location loc, Value context, size_t offset) {
  return LLVM::GEPOp::create(b, loc, context.getType(), b.getI8Type(), context,
                             ArrayRef<LLVM::GEPArg>{int32_t(offset)});
}

void callRuntime(OpBuilder &b, Location loc, Value context, size_t offset, ValueRange operands) {
  SmallVector<Type> types{context.getType()};
  llvm::append_range(types, operands.getTypes());
  Value function = LLVM::LoadOp::create(b, loc, context.getType(), field(b, loc, context, offset));
  SmallVector<Value> all{function, context};
  llvm::append_range(all, operands);
  LLVM::CallOp::create(b, loc, LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), types), all);
}

void makeEntry(func::FuncOp kernel, LLVM::LLVMFuncOp body, OpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  Location loc = kernel.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(b.getContext()), none = LLVM::LLVMVoidType::get(b.getContext());
  b.setInsertionPointAfter(body);
  auto entry =
      LLVM::LLVMFuncOp::create(b, loc, kernel.getName(), LLVM::LLVMFunctionType::get(none, {pointer, pointer}));
  b.setInsertionPointToStart(entry.addEntryBlock(b));
  SmallVector<Value> operands = unpackArguments(b, loc, kernel, body, entry.getArgument(0));
  Value context = entry.getArgument(1);
  using tile::simt::Context;
  for (size_t offset :
       {offsetof(Context, program), offsetof(Context, program) + 8, offsetof(Context, program) + 16,
        offsetof(Context, grid), offsetof(Context, grid) + 8, offsetof(Context, grid) + 16, offsetof(Context, warp)})
    operands.push_back(LLVM::LoadOp::create(b, loc, b.getI64Type(), field(b, loc, context, offset)));
  operands.push_back(context);
  LLVM::CallOp::create(b, loc, body, operands);
  LLVM::ReturnOp::create(b, loc, ValueRange{});
}

namespace {

struct LowerKernel : ConvertOpToLLVMPattern<func::FuncOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(func::FuncOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    auto body = lowerFunction(op, *getTypeConverter(), Hidden::types(op.getContext()), rewriter);
    if (failed(body)) return failure();
    body->setName((op.getName() + "_warp").str());
    body->setLinkage(LLVM::Linkage::Internal);
    body->setAlwaysInline(true);
    makeEntry(op, *body, rewriter);
    rewriter.eraseOp(op);
    return success();
  }
};

struct Pass : impl::LaneToSimtBase<Pass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(kernelToLower(module))) return signalPassFailure();
    splitPrints(module);
    SiteList sites;
    auto machine = [&](const LLVMTypeConverter &types, RewritePatternSet &patterns) {
      patterns.add<LowerKernel>(types);
      addLanePatterns(types, patterns, sites);
      addMemoryPatterns(types, patterns, sites);
      addPrintPatterns(types, patterns, /*isGpu=*/false);
    };
    if (failed(lowerToLlvm(module, /*addressSpace=*/0, machine))) return signalPassFailure();
    sites.attachTo(module);
  }
};

} // namespace
} // namespace tile::targets::simt
