// Where tolerances come from: the rounding of the output's dtype, and what arithmetic in f32 may lose before it.
#pragma once

#include "modules/common/Problem.h"

#include <cstdint>

namespace fla {

/// Half an ulp relative to the number, at worst: 2^-24 for f32, 2^-11 for f16, 2^-8 for bf16.
double unit_roundoff(DType);
/// The smallest positive number: below the normal range rounding errs by half of it, however small the number.
double smallest_subnormal(DType);

inline constexpr double kF32 = 0x1p-24; ///< unit_roundoff(f32)

/// What a sum in f32 of `terms` numbers of about `stddev` may lose, in any sensible order. The error of an addition is
/// proportional to the partial sum at hand: a random walk of terms around zero has partial sums of stddev * sqrt(k),
/// whose errors add up to stddev * terms * u / sqrt(6) (one standard deviation), and terms of one sign lose
/// sqrt(terms) * u / 3 of their sum. Both with room for the worst of many elements.
Tolerance sum_tolerance(int64_t terms, double stddev);

/// The tolerance of an output that had `before` as f32 and was rounded to `dtype`.
Tolerance rounded(DType dtype, Tolerance before);

} // namespace fla
