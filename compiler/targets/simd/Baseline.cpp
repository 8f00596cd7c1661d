// CPUs of before 2008 have no fused multiply-add, no rounding to whole numbers and no f16; LLVM would call a library,
// element by element. Here they are arithmetic of f32 and integers.
#include "compiler/targets/Math.h"
#include "compiler/targets/MathBuilder.h"

using namespace mlir;

namespace tile::targets::simd {
namespace {

constexpr float kWhole = 0x1p23f; ///< from here on every float is a whole number

/// `whole` with the sign of x, so that -0 stays; large numbers, infinities and NaN are whole already.
Value ifSmall(MathBuilder &m, Value x, Value whole) {
  Value small = m.compare(arith::CmpFPredicate::OLT, m.abs(x), m.f(kWhole));
  return m.select(small, m.copySign(whole, x), x);
}

Value truncated(MathBuilder &m, Value x) {
  Value bits = arith::FPToSIOp::create(m.b, MathBuilder::like(x.getType(), m.b.getI32Type()), x);
  return m.toFloat(bits);
}

Value trunc(MathBuilder &m, Value x) {
  return ifSmall(m, x, truncated(m, x));
}

Value floor(MathBuilder &m, Value x) {
  Value t = truncated(m, x);
  Value above = m.compare(arith::CmpFPredicate::OGT, t, x);
  return ifSmall(m, x, m.select(above, m.sub(t, m.f(1)), t));
}

Value ceil(MathBuilder &m, Value x) {
  Value t = truncated(m, x);
  Value below = m.compare(arith::CmpFPredicate::OLT, t, x);
  return ifSmall(m, x, m.select(below, m.add(t, m.f(1)), t));
}

/// Adding 2^23 leaves no room for fractions: the addition rounds.
Value roundEven(MathBuilder &m, Value x) {
  return ifSmall(m, x, m.sub(m.add(m.abs(x), m.f(kWhole)), m.f(kWhole)));
}

struct SplitFma : OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::FmaOp op, PatternRewriter &rewriter) const override {
    Value product = arith::MulFOp::create(rewriter, op.getLoc(), op.getA(), op.getB());
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op.getC());
    return success();
  }
};

/// The bits of an f16, moved to where those of an f32 lie, are that number by 2^-112, subnormal or not.
struct WidenHalf : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op, PatternRewriter &rewriter) const override {
    Type from = op.getIn().getType(), to = op.getType();
    if (!getElementTypeOrSelf(from).isF16() || !getElementTypeOrSelf(to).isF32()) return failure();
    MathBuilder m(op.getLoc(), rewriter, to);
    Type i16 = MathBuilder::like(to, rewriter.getI16Type()), i32 = MathBuilder::like(to, rewriter.getI32Type());
    Value bits = arith::BitcastOp::create(rewriter, op.getLoc(), i16, op.getIn());
    bits = arith::ExtUIOp::create(rewriter, op.getLoc(), i32, bits);
    Value magnitude = m.shl(m.andI(bits, 0x7fff), 13), sign = m.shl(m.andI(bits, 0x8000), 16);
    Value finite = m.bits(m.mul(m.asFloat(magnitude), m.f(0x1p112f)));
    Value special = arith::OrIOp::create(rewriter, op.getLoc(), magnitude, m.i(0x7f800000)); // infinity or NaN
    Value isSpecial =
        arith::CmpIOp::create(rewriter, op.getLoc(), arith::CmpIPredicate::sge, magnitude, m.i(0x7c00 << 13));
    Value result = m.select(isSpecial, special, finite);
    rewriter.replaceOp(op, m.asFloat(arith::OrIOp::create(rewriter, op.getLoc(), result, sign)));
    return success();
  }
};

/// To the nearest, to even between two: an addition rounds subnormal results, a carry the others.
struct NarrowHalf : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op, PatternRewriter &rewriter) const override {
    Type from = op.getIn().getType(), to = op.getType();
    if (!getElementTypeOrSelf(from).isF32() || !getElementTypeOrSelf(to).isF16()) return failure();
    Location loc = op.getLoc();
    MathBuilder m(loc, rewriter, from);
    auto isAtLeast = [&](Value x, int32_t limit) {
      return arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::sge, x, m.i(limit)).getResult();
    };
    constexpr int32_t kTooLarge = (127 + 16) << 23, kNormal = (127 - 14) << 23, kInfinity = 0x7f800000;
    constexpr float kUnit = 0x1p-1f; // its last place is that of f16's subnormals
    Value bits = m.bits(op.getIn()), magnitude = m.andI(bits, 0x7fffffff);
    Value subnormal = m.subI(m.bits(m.add(m.asFloat(magnitude), m.f(kUnit))), m.i(std::bit_cast<int32_t>(kUnit)));
    Value odd = m.andI(m.sar(magnitude, 13), 1);
    Value rounded = m.addI(m.addI(magnitude, m.i(0xfff - ((127 - 15) << 23))), odd);
    Value result = m.select(isAtLeast(magnitude, kNormal), m.sar(rounded, 13), subnormal);
    Value special = m.select(isAtLeast(magnitude, kInfinity + 1), m.i(0x7e00), m.i(0x7c00));
    result = m.select(isAtLeast(magnitude, kTooLarge), special, result);
    Value sign = m.andI(m.sar(bits, 16), 0x8000);
    result = arith::OrIOp::create(rewriter, loc, result, sign);
    result = arith::TruncIOp::create(rewriter, loc, MathBuilder::like(to, rewriter.getI16Type()), result);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, to, result);
    return success();
  }
};

} // namespace

void addBaseline(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandMath<math::TruncOp>>(context, trunc);
  patterns.add<ExpandMath<math::FloorOp>>(context, floor);
  patterns.add<ExpandMath<math::CeilOp>>(context, ceil);
  patterns.add<ExpandMath<math::RoundEvenOp>>(context, roundEven);
  patterns.add<SplitFma, WidenHalf, NarrowHalf>(context);
}

} // namespace tile::targets::simd
