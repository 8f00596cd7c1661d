// Expansions of math functions into arithmetic, for machines without an instruction or with a better one.
//
// All are of f32, scalar or vector. Errors are the largest found over all or a dense sample of inputs, in units in the
// last place (tests/codegen checks them on the host):
//   exp 1, exp2 1, log 1, log2 1.5, log1p 2, tanh 1.5, erf 1.5, rsqrt 1.5, sqrt 0.5
// Infinities, zeros and NaN give what C's functions give. On NVIDIA GPUs exp, exp2, tanh and erf end in ex2.approx (2
// ulp) and rsqrt is rsqrt.approx (2 ulp); exp2 flushes results below 2^-126 to 0.
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace tile::targets {

/// log, log2, log1p, tanh, erf: the same on both machines; they may leave math.exp and math.exp2 behind.
void addCommonMath(mlir::RewritePatternSet &patterns);

/// math on 16-bit floats and arith on bf16 become f32 ops between conversions.
void addWidening(mlir::RewritePatternSet &patterns);

/// Whether any of these patterns may apply to `op`.
bool wantsExpansion(mlir::Operation *op);

namespace nvvm {
/// exp, exp2, rsqrt through the special function unit.
void addMath(mlir::RewritePatternSet &patterns);
} // namespace nvvm

namespace simd {
/// exp, exp2 by polynomials, rsqrt by division.
void addMath(mlir::RewritePatternSet &patterns);
} // namespace simd

} // namespace tile::targets
