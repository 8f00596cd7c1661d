// x^y in f32 over the whole range: 2^(y log2 |x|) with the logarithm and the product as sums of two floats, good to 33
// bits, since an exponent of 128 takes 7 bits of what they know away from the result.
#include "compiler/targets/Math.h"

#include "compiler/targets/MathBuilder.h"

using namespace mlir;

namespace tile::targets {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr auto OLT = arith::CmpFPredicate::OLT;
constexpr auto OGT = arith::CmpFPredicate::OGT;
constexpr auto OEQ = arith::CmpFPredicate::OEQ;
constexpr auto UNE = arith::CmpFPredicate::UNE;
constexpr auto UNO = arith::CmpFPredicate::UNO;

/// An unevaluated sum; |low| is at most a few units in the last place of high.
struct Two {
  Value high, low;
};

/// What arithmetic of sums takes of a machine: a product whose rest is known.
struct Arithmetic : MathBuilder {
  Arithmetic(Location loc, OpBuilder &b, Type floats, bool fuses) : MathBuilder(loc, b, floats), fuses(fuses) {}
  bool fuses; ///< the machine has a fused multiply-add
  Value fused(Value x, Value y, Value z) { return fuses ? fma(x, y, z) : fmaInDouble(x, y, z); }
};

/// x + y, exactly, where |x| >= |y| or x = 0; and a small rest.
Two sum(MathBuilder &m, Value x, Value y, Value rest) {
  Value high = m.add(x, y);
  return {high, m.add(m.add(m.sub(x, high), y), rest)};
}

/// x y, rounded: an fma, since a GPU may fuse a product with the sum it enters, and what was rounded off is taken from
/// it.
Value rounded(MathBuilder &m, Value x, Value y) {
  return m.fma(x, y, m.f(0));
}

/// All of x y but the product of the low parts.
Two product(Arithmetic &m, Two x, Two y) {
  Value high = rounded(m, x.high, y.high);
  Value low = m.fused(x.high, y.high, m.neg(high));
  return {high, m.fma(x.high, y.low, m.fma(x.low, y.high, low))};
}

/// log2 (1 + f) for f in [-1/3, 1/3]: 2 log2 e (s + s^3/3 + s^5/5 + ...) with s = f / (2 + f).
Two log2OfMantissa(Arithmetic &m, Value f) {
  static constexpr float tail[] = {1.f / 5, 1.f / 7, 1.f / 9, 1.f / 11, 1.f / 13};
  Value divisor = m.add(f, m.f(2)), divisorLow = m.sub(f, m.sub(divisor, m.f(2)));
  Value reciprocal = m.approximateDiv(m.f(1), divisor);
  Value quotient = rounded(m, f, reciprocal), negative = m.neg(quotient);
  Value rest = m.fma(negative, divisorLow, m.fused(negative, divisor, f));
  Two s = {quotient, m.mul(rest, reciprocal)};
  Two z = product(m, s, s);
  // 1/3 is 0x1.555556p-2 - 0x1.555556p-27
  Two series = sum(m, m.f(0x1.555556p-2f), m.mul(z.high, m.polynomial(z.high, tail)), m.f(-0x1.555556p-27f));
  Two cubes = product(m, s, product(m, z, series));
  Two atanh = sum(m, s.high, cubes.high, m.add(cubes.low, s.low));
  return product(m, atanh, {m.f(2.88539004f), m.f(3.85192596e-08f)});
}

/// 2^(x.high + x.low); beyond +-252 it is 0 or infinite.
Value exp2(MathBuilder &m, Two x) {
  constexpr float limit = 252, round = 0x1.8p23f; // adding `round` leaves the integer part in the low bits
  Value beyond = m.compare(OGT, m.abs(x.high), m.f(limit));
  Value high = m.select(beyond, m.copySign(m.f(limit), x.high), x.high);
  Value low = m.select(beyond, m.f(0), x.low);
  Value nearest = m.add(high, m.f(round));
  Value fraction = m.add(m.sub(high, m.sub(nearest, m.f(round))), low);
  Value j = m.subI(m.bits(nearest), m.i(std::bit_cast<int32_t>(round)));
  Value half = m.sar(j, 1);
  auto power = [&](Value n) { return m.asFloat(m.shl(m.addI(n, m.i(127)), 23)); };
  Value p = math::Exp2Op::create(m.b, fraction);
  return m.mul(m.mul(p, power(half)), power(m.subI(j, half))); // in two steps: a subnormal result rounds once
}

Value both(MathBuilder &m, Value p, Value q) {
  return arith::AndIOp::create(m.b, p, q);
}
Value either(MathBuilder &m, Value p, Value q) {
  return arith::OrIOp::create(m.b, p, q);
}

/// What C says of zeros, infinities, NaN and negative bases, around |x|^y of a positive finite |x|.
Value limits(MathBuilder &m, Value x, Value y, Value magnitude) {
  Value size = m.abs(x), zero = m.f(0), one = m.f(1);
  Value isZero = m.compare(OEQ, size, zero), yNegative = m.compare(OLT, y, zero);
  Value vanishes = arith::XOrIOp::create(m.b, isZero, yNegative);
  Value isPole = either(m, isZero, m.compare(OEQ, size, m.f(kInf)));
  Value result = m.select(isPole, m.select(vanishes, zero, m.f(kInf)), magnitude);
  result = m.select(m.compare(OEQ, size, one), one, result); // to the power of infinity too

  auto isFractional = [&](Value v) { return m.compare(UNE, math::TruncOp::create(m.b, v), v); };
  Value fractional = isFractional(y), halfFractional = isFractional(m.mul(y, m.f(0.5f)));
  result = m.select(fractional, result, m.select(halfFractional, m.copySign(result, x), result));
  Value isBelow = both(m, m.compare(OLT, x, zero), m.compare(OGT, x, m.f(-kInf)));
  Value refused = both(m, isBelow, fractional);
  refused = either(m, refused, m.compare(UNO, x, y));
  result = m.select(refused, m.f(std::numeric_limits<float>::quiet_NaN()), result);
  return m.select(either(m, m.compare(OEQ, y, zero), m.compare(OEQ, x, one)), one, result); // of NaN too
}

struct ExpandPower : OpRewritePattern<math::PowFOp> {
  ExpandPower(MLIRContext *context, bool fuses) : OpRewritePattern(context), fuses(fuses) {}
  bool fuses;
  LogicalResult matchAndRewrite(math::PowFOp op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32()) return failure();
    Arithmetic m(op.getLoc(), rewriter, op.getType(), fuses);
    Value x = op.getLhs(), y = op.getRhs();
    auto [exponent, f] = reduceMantissa(m, m.abs(x));
    Two mantissa = log2OfMantissa(m, f);
    Two log2 = sum(m, exponent, mantissa.high, mantissa.low);
    Value high = rounded(m, y, log2.high);
    Two scaled = {high, m.fma(y, log2.low, m.fused(y, log2.high, m.neg(high)))};
    rewriter.replaceOp(op, limits(m, x, y, exp2(m, scaled)));
    return success();
  }
};

} // namespace

void addPower(RewritePatternSet &patterns, bool baseline) {
  patterns.add<ExpandPower>(patterns.getContext(), !baseline);
}

} // namespace tile::targets
