// Expansions of math functions into arithmetic, for machines without an instruction or with a better one.
//
// All are of f32, scalar or vector. The largest errors, in units in the last place:
//                 exp   exp2  log   log2  log1p  tanh  erf   rsqrt  sqrt  sigmoid  pow   1/x   x/y
//   host          1     1     1     1.5   2      1.5   1.5   1.5    0.5   2.5      1.1   0.5   0.5
//   NVIDIA GPUs   2     2.1   1     1.5   2      2     1.5   1.6    0.5   3.5      2.1   1     2
// CPUs without fused multiply-add come within 4/3 of the host's. tests/numeric holds every machine to them. Infinities, zeros and NaN give what C's functions give. On GPUs exp, exp2,
// tanh, erf, sigmoid and pow end in ex2.approx.ftz, rsqrt is rsqrt.approx and division div.full; results of exp2 and
// sigmoid below 2^-126 are flushed to 0. pow to the C++ integers 2, 3 and 4 is products: 0.5, 1.5, 2.
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace tile::targets {

/// log, log2, log1p, erf: the same on both machines; they may leave math.exp and math.exp2 behind.
void addCommonMath(mlir::RewritePatternSet &patterns);

/// pow; it leaves math.exp2 behind. A `baseline` machine has no fused multiply-add.
void addPower(mlir::RewritePatternSet &patterns, bool baseline);

/// math on 16-bit floats and arith on bf16, on `baseline` machines also on f16, become f32 ops between conversions.
void addWidening(mlir::RewritePatternSet &patterns, bool baseline);

/// Whether any of these patterns may apply to `op`.
bool wantsExpansion(mlir::Operation *op, bool baseline);

namespace nvvm {
/// exp, exp2, rsqrt, tanh, sigmoid and division through the special function unit.
void addMath(mlir::RewritePatternSet &patterns);
} // namespace nvvm

namespace simd {
/// exp, exp2 by polynomials; rsqrt, tanh, sigmoid by division.
void addMath(mlir::RewritePatternSet &patterns);
/// Fused multiply-add, rounding to whole numbers and f16, of which a `baseline` machine has nothing.
void addBaseline(mlir::RewritePatternSet &patterns);
} // namespace simd

} // namespace tile::targets
