// Atomic additions. A CPU adds one element at a time: an addition of all lanes is a loop over those its mask lets in.
#include "compiler/targets/EachLane.h"
#include "compiler/targets/simd/Lowering.h"

using namespace mlir;

namespace tile::targets::simd {
namespace {

struct LowerAtomicAdd : ConvertOpToLLVMPattern<lane::AtomicAddOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::AtomicAddOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type type = op.getPointer().getType().getElementType();
    Value p = element(rewriter, loc, adaptor.getPointer(), type, {LLVM::GEPArg(adaptor.getBase())});
    LLVM::AtomicRMWOp::create(rewriter, loc, type.isF32() ? LLVM::AtomicBinOp::fadd : LLVM::AtomicBinOp::add, p,
                              adaptor.getValue(), LLVM::AtomicOrdering::monotonic);
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void splitAtomics(ModuleOp module) {
  forEachLane<lane::AtomicAddOp>(module, [](OpBuilder &b, lane::AtomicAddOp op, auto laneOf) {
    Location loc = op.getLoc();
    Value base = op.getBase();
    if (Value offset = op.getLane()) {
      offset = arith::IndexCastOp::create(b, loc, b.getIndexType(), laneOf(offset));
      base = arith::AddIOp::create(b, loc, base, offset);
    }
    lane::AtomicAddOp::create(b, loc, lane::AccessKind::Uniform, laneOf(op.getValue()), op.getPointer(), base, Value(),
                              Value());
  });
}

void addAtomicPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns) {
  patterns.add<LowerAtomicAdd>(types);
}

} // namespace tile::targets::simd
