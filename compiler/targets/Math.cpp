// Math functions by polynomials, the same on both machines; the coefficients and their intervals are in Polynomials.h.
#include "compiler/targets/Math.h"

#include "compiler/dialect/TileDialect.h"
#include "compiler/support/Polynomials.h"
#include "compiler/targets/MathBuilder.h"

using namespace mlir;

namespace tile::targets {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr auto OLT = arith::CmpFPredicate::OLT;
constexpr auto OGE = arith::CmpFPredicate::OGE;
constexpr auto OEQ = arith::CmpFPredicate::OEQ;

constexpr int32_t kTwoThirds = 0x3f2aaaab; ///< bits of 2/3: mantissas are reduced to [2/3, 4/3)
constexpr int32_t kExponent = int32_t(0xff800000u);

/// log(1 + f) - f
Value logTail(MathBuilder &m, Value f) {
  return m.mul(m.mul(f, f), m.polynomial(f, polynomials::kLogTail));
}

constexpr float kLn2Hi = polynomials::kLn2Hi, kLn2Lo = polynomials::kLn2Lo;
constexpr float kLog2eHi = 1.44238281f; ///< log2 e to 12 bits
constexpr float kLog2eLo = 3.12228389e-04f;

/// What a logarithm is outside the positive finite numbers; `pole` is where it is -inf.
Value logLimits(MathBuilder &m, Value x, float pole, Value result) {
  result = m.select(m.compare(OLT, x, m.f(pole)), m.f(kNan), result);
  result = m.select(m.compare(OEQ, x, m.f(pole)), m.f(-kInf), result);
  return m.select(m.compare(OLT, x, m.f(kInf)), result, x); // infinity and NaN
}

Value log(MathBuilder &m, Value x) {
  auto [e, f] = reduceMantissa(m, x);
  Value low = m.fma(e, m.f(kLn2Lo), logTail(m, f));
  return logLimits(m, x, 0, m.fma(e, m.f(kLn2Hi), m.add(f, low)));
}

/// f log2 e is formed in two parts, since its error is what remains near 1.
Value log2(MathBuilder &m, Value x) {
  auto [e, f] = reduceMantissa(m, x);
  Value tail = logTail(m, f);
  Value low = m.fma(tail, m.f(kLog2eHi), m.mul(m.add(f, tail), m.f(kLog2eLo)));
  return logLimits(m, x, 0, m.add(e, m.fma(f, m.f(kLog2eHi), low)));
}

/// 1 + x is rounded only to choose the exponent: x is scaled by it, then 1 added in scale, which is exact near -1.
Value log1p(MathBuilder &m, Value x) {
  Value u = m.bits(m.add(x, m.f(1)));
  Value e = m.andI(m.subI(u, m.i(kTwoThirds)), kExponent);
  Value scale = m.mul(m.asFloat(m.subI(m.i(0x40800000), e)), m.f(0.25f)); // 4 / 2^exponent is never subnormal
  Value f = m.fma(x, scale, m.sub(scale, m.f(1)));
  Value exponent = m.toFloat(m.sar(e, 23));
  Value low = m.fma(exponent, m.f(kLn2Lo), logTail(m, f));
  Value result = logLimits(m, x, -1, m.fma(exponent, m.f(kLn2Hi), m.add(f, low)));
  return m.select(m.compare(OEQ, x, m.f(0)), x, result); // keeps -0
}

/// Beyond 0.92, where 1 - erfc loses nothing, by way of erfc.
Value erf(MathBuilder &m, Value x) {
  Value t = m.abs(x), z = m.mul(x, x);
  Value small = m.fma(m.polynomial(z, polynomials::kSmallErf), x, x);
  Value erfc = math::Exp2Op::create(m.b, m.polynomial(m.atMost(t, 4), polynomials::kLog2Erfc));
  Value big = m.copySign(m.sub(m.f(1), erfc), x);
  return m.select(m.compare(OGE, t, m.f(0.92f)), big, small); // NaN takes the polynomial
}

// ---- 16-bit floats --------------------------------------------------------------------------------------------------

bool isNarrow(Type type, bool bf16Only) {
  Type e = getElementTypeOrSelf(type);
  return e.isBF16() || (!bf16Only && e.isF16());
}

/// An element-wise op on 16-bit floats, done in f32 and rounded once.
struct Widen : RewritePattern {
  Widen(MLIRContext *context, bool baseline) : RewritePattern(MatchAnyOpTypeTag(), 1, context), bf16Only(!baseline) {}
  bool bf16Only; ///< of arith: f16 has instructions of its own

  bool wants(Operation *op) const {
    if (op->getNumOperands() == 0 || op->getNumResults() != 1) return false;
    Type in = op->getOperand(0).getType();
    if (isa_and_nonnull<math::MathDialect>(op->getDialect()) || isa<ir::SigmoidOp>(op))
      return isNarrow(in, /*bf16Only=*/false);
    return isNarrow(in, bf16Only) && isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::RemFOp,
                                         arith::NegFOp, arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
                                         arith::MinNumFOp, arith::CmpFOp, arith::FPToSIOp, arith::FPToUIOp>(op);
  }

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!wants(op)) return widenIntegerToFloat(op, rewriter);
    Location loc = op->getLoc();
    SmallVector<Value> operands;
    for (Value v : op->getOperands())
      operands.push_back(
          isNarrow(v.getType(), false) ? arith::ExtFOp::create(rewriter, loc, f32Like(rewriter, v.getType()), v) : v);
    Type result = op->getResult(0).getType();
    bool narrowResult = isNarrow(result, false);
    Operation *wide = clone(op, operands, narrowResult ? f32Like(rewriter, result) : result, rewriter);
    Value out = wide->getResult(0);
    if (narrowResult) out = arith::TruncFOp::create(rewriter, loc, result, out);
    rewriter.replaceOp(op, out);
    return success();
  }

  /// Integers become bf16 by way of f32.
  LogicalResult widenIntegerToFloat(Operation *op, PatternRewriter &rewriter) const {
    if (!isa<arith::SIToFPOp, arith::UIToFPOp>(op) || !isNarrow(op->getResult(0).getType(), bf16Only)) return failure();
    Type result = op->getResult(0).getType();
    Operation *wide = clone(op, op->getOperands(), f32Like(rewriter, result), rewriter);
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, result, wide->getResult(0));
    return success();
  }

  static Operation *clone(Operation *op, ValueRange operands, Type result, PatternRewriter &rewriter) {
    OperationState state(op->getLoc(), op->getName(), operands, result, op->getAttrs());
    return rewriter.create(state);
  }
  static Type f32Like(OpBuilder &b, Type type) { return MathBuilder::like(type, b.getF32Type()); }
};

} // namespace

Value smallTanh(MathBuilder &m, Value x) {
  Value z = m.mul(x, x);
  return m.fma(m.mul(m.polynomial(z, polynomials::kSmallTanh), z), x, x);
}

Reduced reduceMantissa(MathBuilder &m, Value x) {
  Value small = m.compare(OLT, x, m.f(0x1p-126f));
  Value normal = m.select(small, m.mul(x, m.f(0x1p24f)), x);
  Value bits = m.bits(normal);
  Value e = m.andI(m.subI(bits, m.i(kTwoThirds)), kExponent);
  Value mantissa = m.asFloat(m.subI(bits, e));
  Value exponent = m.toFloat(m.sar(e, 23));
  exponent = m.sub(exponent, m.select(small, m.f(24), m.f(0)));
  return {exponent, m.sub(mantissa, m.f(1))};
}

void addCommonMath(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandMath<math::LogOp>>(context, log);
  patterns.add<ExpandMath<math::Log2Op>>(context, log2);
  patterns.add<ExpandMath<math::Log1pOp>>(context, log1p);
  patterns.add<ExpandMath<math::ErfOp>>(context, erf);
}

bool wantsExpansion(Operation *op, bool baseline) {
  if (isa_and_nonnull<math::MathDialect>(op->getDialect()) || isa<ir::SigmoidOp>(op)) return true;
  auto isMeant = [&](Type type) { return isNarrow(type, /*bf16Only=*/!baseline); };
  if (isa<arith::DivFOp>(op)) return true; // a machine may have a better one
  return isa_and_nonnull<arith::ArithDialect>(op->getDialect()) &&
         (llvm::any_of(op->getOperandTypes(), isMeant) || llvm::any_of(op->getResultTypes(), isMeant));
}

void addWidening(RewritePatternSet &patterns, bool baseline) {
  patterns.add<Widen>(patterns.getContext(), baseline);
}

} // namespace tile::targets
