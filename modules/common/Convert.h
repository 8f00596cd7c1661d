// Whole arrays between a dtype's own bits and double, in which oracles compute. To double is exact; from double rounds
// once, to nearest even, and keeps NaN, infinities, signed zeros and subnormals. On all cores.
#pragma once

#include "compiler/support/DType.h"

#include <cstdint>
#include <span>

namespace fla {

void to_double(tile::DType, const void *from, std::span<double> to);
/// Integers take the value as it is: it must be one of theirs.
void from_double(tile::DType, std::span<const double> from, void *to);
/// Each value as it reads back from memory of `dtype`.
void round_to(tile::DType dtype, std::span<double> values);
double rounded_to(tile::DType dtype, double value);

/// The bits of `value` in a float of one sign bit, `exponent` exponent bits and `fraction` fraction bits: one rounding
/// to nearest even. No branches, so that loops over it become vector code.
uint16_t float16_bits(double value, int fraction, int exponent);
inline uint16_t f16_bits(double value) {
  return float16_bits(value, 10, 5);
}
inline uint16_t bf16_bits(double value) {
  return float16_bits(value, 7, 8);
}

} // namespace fla
