// Expansions of math functions into arithmetic, for machines without an instruction or with a better one.
//
// All are of f32, scalar or vector. The largest errors, in units in the last place:
//                 exp   exp2  log   log2  log1p  tanh  erf   rsqrt  sqrt
//   host          1     1     1     1.5   2      1.5   1.5   1.5    0.5   tests/codegen checks these
//   NVIDIA GPUs   2     2.1   1     1.5   1      2     1.5   1.6    0.5   found on an H200, 4 million inputs each
// Infinities, zeros and NaN give what C's functions give. On GPUs exp, exp2, tanh and erf end in ex2.approx.ftz and
// rsqrt is rsqrt.approx; exp2 flushes results below 2^-126 to 0.
#pragma once

#include "mlir/IR/PatternMatch.h"

namespace tile::targets {

/// log, log2, log1p, tanh, erf: the same on both machines; they may leave math.exp and math.exp2 behind.
void addCommonMath(mlir::RewritePatternSet &patterns);

/// pow; it leaves math.exp2 behind.
void addPower(mlir::RewritePatternSet &patterns);

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
