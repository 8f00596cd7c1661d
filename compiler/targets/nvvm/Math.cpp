// Math through the special function unit of NVIDIA GPUs.
#include "compiler/targets/Math.h"

#include "compiler/dialect/TileDialect.h"
#include "compiler/targets/MathBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace tile::targets::nvvm {
namespace {

Value intrinsic(MathBuilder &m, StringRef name, ValueRange args) {
  return LLVM::CallIntrinsicOp::create(m.b, m.b.getF32Type(), m.b.getStringAttr(name), args).getResult(0);
}

Value exp2Approx(MathBuilder &m, Value x) {
  return intrinsic(m, "llvm.nvvm.ex2.approx.ftz.f32", x);
}

Value rsqrtApprox(MathBuilder &m, Value x) {
  return intrinsic(m, "llvm.nvvm.rsqrt.approx.f", x);
}

/// e^x = 2^j 2^(x log2 e - j), j the integer next to x log2 e, found without a conversion: x is mapped to [0, 1] by a
/// saturating fma (so that j stays in -126..126), then to 2^23 + 126 + j rounded down, whose low bits are the exponent
/// of 2^j once shifted into place. What exceeds the range of j stays in the fraction, where it becomes 0, a subnormal
/// or infinity.
Value exp(MathBuilder &m, Value x) {
  constexpr float log2eHi = 1.44269502f, log2eLo = 1.92596303e-08f;
  constexpr float range = 252, shift = 0x1.8p23f + 1; // 126 + 126; exponents are biased by 127 = 126 + 1
  Value unit = intrinsic(m, "llvm.nvvm.fma.rn.sat.f", {x, m.f(log2eHi / range), m.f(0.5f)});
  Value biased = intrinsic(m, "llvm.nvvm.fma.rm.f", {unit, m.f(range), m.f(shift)});
  Value minusJ = m.sub(m.f(shift + 126), biased);
  Value fraction = m.fma(x, m.f(log2eHi), minusJ);
  fraction = m.fma(x, m.f(log2eLo), fraction);
  return m.mul(exp2Approx(m, fraction), m.asFloat(m.shl(m.bits(biased), 23)));
}

/// In four instructions. Below 0 the error is that of the exponent -x log2 e as f32, above it vanishes next to 1.
Value sigmoid(MathBuilder &m, Value x) {
  Value e = exp2Approx(m, m.mul(x, m.f(-1.44269502f)));
  return intrinsic(m, "llvm.nvvm.rcp.approx.ftz.f", m.add(e, m.f(1)));
}

} // namespace

void addMath(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandMath<math::Exp2Op>>(context, exp2Approx);
  patterns.add<ExpandMath<math::ExpOp>>(context, exp);
  patterns.add<ExpandMath<math::RsqrtOp>>(context, rsqrtApprox);
  patterns.add<ExpandMath<ir::SigmoidOp>>(context, sigmoid);
}

} // namespace tile::targets::nvvm
