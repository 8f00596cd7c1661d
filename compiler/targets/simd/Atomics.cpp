// Atomic additions. A CPU adds one element at a time: an addition of all lanes is a loop over those its mask lets in.
#include "compiler/targets/simd/Lowering.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tile::targets::simd {
namespace {

Value laneOf(OpBuilder &b, Location loc, Value value, Value lane) {
  return isa<VectorType>(value.getType()) ? Value(LLVM::ExtractElementOp::create(b, loc, value, lane)) : value;
}

/// The addition of one lane, under its mask.
void addOne(OpBuilder &b, Location loc, lane::AtomicAddOp op, Value lane) {
  if (Value mask = op.getMask()) {
    auto branch = scf::IfOp::create(b, loc, laneOf(b, loc, mask, lane), /*withElseRegion=*/false);
    b = branch.getThenBodyBuilder();
  }
  Value base = op.getBase();
  if (Value offset = op.getLane()) {
    offset = arith::IndexCastOp::create(b, loc, b.getIndexType(), laneOf(b, loc, offset, lane));
    base = arith::AddIOp::create(b, loc, base, offset);
  }
  lane::AtomicAddOp::create(b, loc, lane::AccessKind::Uniform, laneOf(b, loc, op.getValue(), lane), op.getPointer(),
                            base, Value(), Value());
}

void split(lane::AtomicAddOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  if (auto vector = dyn_cast<VectorType>(op.getValue().getType())) {
    auto number = [&](int64_t n) { return arith::ConstantIntOp::create(b, loc, b.getI32Type(), n); };
    auto loop = scf::ForOp::create(b, loc, number(0), number(vector.getNumElements()), number(1));
    b.setInsertionPointToStart(loop.getBody());
    addOne(b, loc, op, loop.getInductionVar());
  } else {
    addOne(b, loc, op, Value());
  }
  op.erase();
}

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
  SmallVector<lane::AtomicAddOp> all;
  module.walk([&](lane::AtomicAddOp op) { all.push_back(op); });
  for (lane::AtomicAddOp op : all) split(op);
}

void addAtomicPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns) {
  patterns.add<LowerAtomicAdd>(types);
}

} // namespace tile::targets::simd
