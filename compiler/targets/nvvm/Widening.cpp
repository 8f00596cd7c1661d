// A bf16 is the upper half of an f32. One that was unpacked from a 32-bit word is widened by one operation on the word:
// a mask for the upper half, a shift for the lower. LLVM would find that too, had it not turned the unpacking into a
// vector of 16-bit elements first, from which an upper half takes two.
#include "compiler/targets/nvvm/Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace tile::targets::nvvm {
namespace {

template <class Op> Op definedBy(Value v) {
  return v.getDefiningOp<Op>();
}

bool isConstant(Value v, int64_t number) {
  auto constant = definedBy<LLVM::ConstantOp>(v);
  auto value = constant ? dyn_cast<IntegerAttr>(constant.getValue()) : IntegerAttr();
  return value && value.getInt() == number;
}

/// A 32-bit word, and which half of it.
struct Half {
  Value word;
  bool upper = false;
};

/// The half of a word that `bits`, an i16, was truncated from; no word where it was not.
Half halfOf(Value bits) {
  while (auto cast = definedBy<LLVM::BitcastOp>(bits)) bits = cast.getArg();
  auto trunc = definedBy<LLVM::TruncOp>(bits);
  if (!trunc || !trunc.getType().isInteger(16) || !trunc.getArg().getType().isInteger(32)) return {};
  auto shift = definedBy<LLVM::LShrOp>(trunc.getArg());
  if (shift && isConstant(shift.getRhs(), 16)) return {shift.getLhs(), true};
  return {trunc.getArg(), false};
}

struct LowerWidening : ConvertOpToLLVMPattern<arith::ExtFOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!op.getIn().getType().isBF16() || !op.getType().isF32()) return failure();
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    auto [word, upper] = halfOf(adaptor.getIn());
    if (upper) {
      word = LLVM::AndOp::create(rewriter, loc, word, constant(rewriter, loc, i32, int32_t(0xffff0000u)));
    } else {
      if (!word) {
        word = LLVM::BitcastOp::create(rewriter, loc, rewriter.getIntegerType(16), adaptor.getIn());
        word = LLVM::ZExtOp::create(rewriter, loc, i32, word);
      }
      word = LLVM::ShlOp::create(rewriter, loc, word, constant(rewriter, loc, i32, 16));
    }
    rewriter.replaceOpWithNewOp<LLVM::BitcastOp>(op, op.getType(), word);
    return success();
  }
};

} // namespace

void addWideningPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns) {
  patterns.add<LowerWidening>(types, /*benefit=*/2); // before upstream's fpext
}

} // namespace tile::targets::nvvm
