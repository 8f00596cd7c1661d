// Math functions by polynomials, the same on both machines. The coefficients are minimax fits (Remez) of relative
// error, rounded to f32; each function names its interval.
#include "compiler/targets/Math.h"

#include "compiler/dialect/TileDialect.h"
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

/// log(1 + f) - f for f in [-1/3, 1/3]: f^2 (-1/2 + f Q(f)), to 2^-30 of log(1 + f).
Value logTail(MathBuilder &m, Value f) {
  static constexpr float q[] = {-0.5f,          3.3333334e-01f, -2.4999821e-01f, 1.9999598e-01f,  -1.667956e-01f,
                                1.4304443e-01f, -1.219603e-01f, 1.0754392e-01f,  -1.2844011e-01f, 1.2006566e-01f};
  return m.mul(m.mul(f, f), m.polynomial(f, q));
}

constexpr float kLn2Hi = 0.693145752f;    ///< ln 2 to 16 bits: exact times an exponent
constexpr float kLn2Lo = 1.42860677e-06f; ///< the rest
constexpr float kLog2eHi = 1.44238281f;   ///< log2 e to 12 bits
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

/// |x| < 0.92: x + x P(x^2), to 2^-31; beyond, up to 4: 1 - 2^Q(|x|), Q being log2 of erfc, to 2^-34.
Value erf(MathBuilder &m, Value x) {
  static constexpr float p[] = {1.2837917e-01f, -3.7612632e-01f, 1.128369e-01f, -2.6859093e-02f,
                                5.2002766e-03f, -8.134161e-04f,  8.3341016e-05f};
  static constexpr float q[] = {2.5373185e-04f, -1.629554e+00f,  -9.137088e-01f, -1.5623511e-01f,
                                3.6252927e-02f, -6.0227313e-03f, 6.2788697e-04f, -3.053007e-05f};
  Value t = m.abs(x), z = m.mul(x, x);
  Value small = m.fma(m.polynomial(z, p), x, x);
  Value erfc = math::Exp2Op::create(m.b, m.polynomial(m.atMost(t, 4), q));
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
  static constexpr float p[] = {-3.33333e-01f, 1.3331926e-01f, -5.3783976e-02f, 2.0796409e-02f, -5.8956263e-03f};
  Value z = m.mul(x, x);
  return m.fma(m.mul(m.polynomial(z, p), z), x, x);
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
