#include "modules/common/Tolerance.h"

#include <cmath>

namespace fla {

double unit_roundoff(DType dtype) {
  switch (dtype) {
  case DType::f32:
    return kF32;
  case DType::f16:
    return 0x1p-11;
  case DType::bf16:
    return 0x1p-8;
  default:
    return 0; // integers are exact
  }
}

double smallest_subnormal(DType dtype) {
  switch (dtype) {
  case DType::f32:
    return 0x1p-149;
  case DType::f16:
    return 0x1p-24;
  case DType::bf16:
    return 0x1p-133;
  default:
    return 0;
  }
}

Tolerance sum_tolerance(int64_t terms, double stddev) {
  const double n = double(terms);
  return {4 * kF32 * n * stddev, 4 * kF32 * std::sqrt(n)};
}

Tolerance rounded(DType dtype, Tolerance before) {
  // What is rounded is the value with its error: half an ulp of that, and two roundings in f32 that every kernel has
  // (the last operation before the store, and a product by a rounded reciprocal).
  const double ulp = unit_roundoff(dtype);
  return {before.atol * (1 + ulp) + 0.5 * smallest_subnormal(dtype), ulp + (before.rtol + 2 * kF32) * (1 + ulp)};
}

} // namespace fla
