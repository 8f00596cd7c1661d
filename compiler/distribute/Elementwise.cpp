// Element-wise ops and constants: the same op once for each register.
#include "compiler/distribute/Distribute.h"

using namespace mlir;

namespace tile {
namespace {

/// Any op of arith or math that acts on each element alone, whatever its name.
struct Elementwise : ConversionPattern {
  Elementwise(const TileConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, ArrayRef<ValueRange> operands,
                                ConversionPatternRewriter &rewriter) const override {
    if (!op->hasTrait<OpTrait::Elementwise>() || op->getNumResults() != 1) return failure();
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertType(op->getResult(0).getType(), types))) return failure();
    SmallVector<Value> registers;
    for (auto [i, type] : llvm::enumerate(types)) {
      SmallVector<Value, 3> args;
      for (auto [given, operand] :
           llvm::zip_equal(op->getOperands(), operands)) // select takes one i1 for all elements too
        args.push_back(isa<RankedTensorType>(given.getType()) ? operand[i] : operand.front());
      OperationState state(op->getLoc(), op->getName(), args, type, llvm::to_vector(op->getDiscardableAttrs()));
      state.propertiesAttr = op->getPropertiesAsAttribute();
      registers.push_back(rewriter.create(state)->getResult(0));
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

struct Constant : TilePattern<arith::ConstantOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(arith::ConstantOp op, OneToNOpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto splat = dyn_cast<SplatElementsAttr>(op.getValue());
    if (!splat) return rewriter.notifyMatchFailure(op, "not the same in every element");
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertType(op.getType(), types))) return failure();
    auto value = cast<TypedAttr>(splat.getSplatValue<Attribute>());
    if (auto vector = dyn_cast<VectorType>(types.front())) value = SplatElementsAttr::get(vector, Attribute(value));
    Value constant = arith::ConstantOp::create(rewriter, op.getLoc(), value);
    return replaceWithRegisters(op, SmallVector<Value>(types.size(), constant), rewriter);
  }
};

} // namespace

Value asRegisterType(OpBuilder &builder, Location loc, Value v, Type type) {
  if (v.getType() == type) return v;
  if (isa<VectorType>(type)) return lane::SplatOp::create(builder, loc, type, v);
  return lane::FirstOp::create(builder, loc, type, v);
}

Value bothMasks(OpBuilder &builder, Location loc, Value a, Value b) {
  if (!a || !b) return a ? a : b;
  if (isa<VectorType>(a.getType())) b = asRegisterType(builder, loc, b, a.getType());
  if (isa<VectorType>(b.getType())) a = asRegisterType(builder, loc, a, b.getType());
  return arith::AndIOp::create(builder, loc, a, b);
}

Value fitMask(OpBuilder &builder, Location loc, Value mask, Type value) {
  auto vector = dyn_cast<VectorType>(value);
  if (!mask || !vector) return mask;
  return asRegisterType(builder, loc, mask, vector.clone(builder.getI1Type()));
}

void populateElementwise(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<Elementwise, Constant>(converter, patterns.getContext());
}

} // namespace tile
