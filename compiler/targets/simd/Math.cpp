// Math without libm on the host's vector unit.
#include "compiler/targets/Math.h"

#include "compiler/dialect/TileDialect.h"
#include "compiler/support/Polynomials.h"
#include "compiler/targets/MathBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace tile::targets::simd {
namespace {

constexpr float kRound = 0x1.8p23f; ///< adding it leaves the integer part in the low bits

/// Whether these are the lanes of an x86 CPU with AVX-512, the only one with vectors of 64 bytes.
bool isAvx512(Value x) {
  auto vector = dyn_cast<VectorType>(x.getType());
  return vector && vector.getRank() == 1 && vector.getNumElements() == 16 && !vector.isScalable();
}

/// p 2^j by the one instruction that AVX-512 has for it.
Value scaleAvx512(MathBuilder &m, Value p, Value j) {
  Value all = arith::ConstantOp::create(m.b, m.b.getI16IntegerAttr(-1));
  Value asIsSet = arith::ConstantOp::create(m.b, m.b.getI32IntegerAttr(4)); // the rounding mode
  auto name = m.b.getStringAttr("llvm.x86.avx512.mask.scalef.ps.512");
  return LLVM::CallIntrinsicOp::create(m.b, p.getType(), name, ValueRange{p, j, p, all, asIsSet}).getResult(0);
}

/// p 2^j for an integer j in -150..128, given as kRound + j. In two steps, so that subnormal results round once and
/// infinity is reached by multiplication.
Value scale(MathBuilder &m, Value p, Value rounded) {
  if (isAvx512(p)) return scaleAvx512(m, p, m.sub(rounded, m.f(kRound)));
  Value j = m.subI(m.bits(rounded), m.i(std::bit_cast<int32_t>(kRound)));
  Value half = m.sar(j, 1);
  auto power = [&](Value n) { return m.asFloat(m.shl(m.addI(n, m.i(127)), 23)); };
  return m.mul(m.mul(p, power(half)), power(m.subI(j, half)));
}

/// 2^x: polynomial on [-1/2, 1/2], to 2^-29. Limits are a little outside of where the result is 0 or infinite.
Value exp2(MathBuilder &m, Value x) {
  static constexpr float p[] = {1.f,          6.931472e-01f,  2.4022646e-01f, 5.5503283e-02f,
                                9.61849e-03f, 1.3400064e-03f, 1.5345697e-04f};
  x = m.atLeast(m.atMost(x, 128.5f), -150.5f);
  Value rounded = m.add(x, m.f(kRound));
  Value fraction = m.sub(x, m.sub(rounded, m.f(kRound)));
  return scale(m, m.polynomial(fraction, p), rounded);
}

/// e^x = 2^j e^(x - j ln 2); ln 2 in two parts keeps the fraction exact.
Value exp(MathBuilder &m, Value x) {
  x = m.atLeast(m.atMost(x, 89.0f), -104.5f);
  Value rounded = m.fma(x, m.f(1.44269502f), m.f(kRound));
  Value j = m.sub(rounded, m.f(kRound));
  Value fraction = m.fma(j, m.f(-polynomials::kLn2Hi), x);
  fraction = m.fma(j, m.f(-polynomials::kLn2Lo), fraction);
  return scale(m, m.polynomial(fraction, polynomials::kExp), rounded);
}

Value rsqrt(MathBuilder &m, Value x) {
  return m.div(m.f(1), math::SqrtOp::create(m.b, x));
}

/// 1 - 2 / (e^2|x| + 1) where that is not small.
Value tanh(MathBuilder &m, Value x) {
  Value t = m.abs(x), e = math::ExpOp::create(m.b, m.add(t, t));
  Value big = m.sub(m.f(1), m.approximateDiv(m.f(2), m.add(e, m.f(1))));
  return m.copySign(m.select(m.compare(arith::CmpFPredicate::OLT, t, m.f(0.6f)), smallTanh(m, t), big), x);
}

/// Of e^-|x|, so that nothing overflows and small results keep their digits: e^x / (1 + e^x) where x < 0.
Value sigmoid(MathBuilder &m, Value x) {
  Value e = math::ExpOp::create(m.b, m.copySign(x, m.f(-1)));
  Value above = m.select(m.compare(arith::CmpFPredicate::OLT, x, m.f(0)), e, m.f(1));
  return m.div(above, m.add(e, m.f(1)));
}

} // namespace

void addMath(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandMath<math::Exp2Op>>(context, exp2);
  patterns.add<ExpandMath<math::ExpOp>>(context, exp);
  patterns.add<ExpandMath<math::RsqrtOp>>(context, rsqrt);
  patterns.add<ExpandMath<math::TanhOp>>(context, tanh);
  patterns.add<ExpandMath<ir::SigmoidOp>>(context, sigmoid);
}

} // namespace tile::targets::simd
