// Math through the special function unit of NVIDIA GPUs.
#include "compiler/targets/Math.h"

#include "compiler/dialect/TileDialect.h"
#include "compiler/targets/MathBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"

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

Value reciprocalApprox(MathBuilder &m, Value x) {
  return intrinsic(m, "llvm.nvvm.rcp.approx.ftz.f", x);
}

/// 1 - 2 / (e^2|x| + 1) where that is not small: from 0.6 on the error of the exponent as f32 is less than that of ex2.
Value tanh(MathBuilder &m, Value x) {
  Value t = m.abs(x), e = exp2Approx(m, m.mul(t, m.f(2.88539004f)));
  Value big = m.fma(reciprocalApprox(m, m.add(e, m.f(1))), m.f(-2), m.f(1));
  return m.copySign(m.select(m.compare(arith::CmpFPredicate::OLT, t, m.f(0.6f)), smallTanh(m, t), big), x);
}

/// With ex2 of -x log2 e alone it would be four instructions instead of ten, and 60 ulps off at -85; silu is as fast as
/// a copy with either.
Value sigmoid(MathBuilder &m, Value x) {
  Value e = exp(m, m.neg(x));
  return reciprocalApprox(m, m.add(e, m.f(1)));
}

/// Those four instructions, where they do.
struct FastSigmoid : OpRewritePattern<ir::SigmoidOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ir::SigmoidOp op, PatternRewriter &rewriter) const override {
    if (!op.getType().isF32() || !op.getFast()) return failure();
    MathBuilder m(op.getLoc(), rewriter, op.getType());
    Value e = exp2Approx(m, m.mul(op.getOperand(), m.f(-1.44269502f)));
    rewriter.replaceOp(op, reciprocalApprox(m, m.add(e, m.f(1))));
    return success();
  }
};

/// div.full scales its operands, so that divisors and quotients of any size are right; what is known to need no scaling
/// takes rcp.
struct Divide : OpRewritePattern<arith::DivFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::DivFOp op, PatternRewriter &rewriter) const override {
    if (!op.getType().isF32()) return failure();
    MathBuilder m(op.getLoc(), rewriter, op.getType());
    Value x = op.getLhs(), y = op.getRhs();
    if (!bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::afn)) {
      rewriter.replaceOp(op, intrinsic(m, "llvm.nvvm.div.full", {x, y}));
      return success();
    }
    Value reciprocal = reciprocalApprox(m, y);
    rewriter.replaceOp(op, matchPattern(x, m_OneFloat()) ? reciprocal : m.mul(x, reciprocal));
    return success();
  }
};

/// A logarithm that may be approximate is one instruction.
struct FastLog2 : OpRewritePattern<math::Log2Op> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::Log2Op op, PatternRewriter &rewriter) const override {
    if (!op.getType().isF32() || !bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::afn)) return failure();
    MathBuilder m(op.getLoc(), rewriter, op.getType());
    rewriter.replaceOp(op, intrinsic(m, "llvm.nvvm.lg2.approx.ftz.f", op.getOperand()));
    return success();
  }
};

} // namespace

void addMath(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<FastLog2, FastSigmoid>(context, /*benefit=*/2);
  patterns.add<ExpandMath<math::Exp2Op>>(context, exp2Approx);
  patterns.add<ExpandMath<math::ExpOp>>(context, exp);
  patterns.add<ExpandMath<math::RsqrtOp>>(context, rsqrtApprox);
  patterns.add<ExpandMath<math::TanhOp>>(context, tanh);
  patterns.add<Divide>(context);
  patterns.add<ExpandMath<ir::SigmoidOp>>(context, sigmoid);
}

} // namespace tile::targets::nvvm
