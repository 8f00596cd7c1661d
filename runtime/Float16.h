// A double to the bits of a 16-bit float, in one rounding (to nearest even): through f32 it would be two.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tile::runtime {

namespace detail {

/// `fraction` fraction bits and `exponent` exponent bits, one sign bit.
inline uint16_t narrow(double value, int fraction, int exponent) {
  const int bias = (1 << (exponent - 1)) - 1;
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const uint16_t infinity = uint16_t(((1 << exponent) - 1) << fraction);
  if (std::isnan(value)) return uint16_t(sign | infinity | (1 << (fraction - 1)));
  const double magnitude = std::fabs(value);
  if (std::isinf(value)) return uint16_t(sign | infinity);
  if (magnitude == 0) return sign;
  // The spacing of representable numbers around `value`; below the normal range it no longer shrinks.
  const int scale = std::max(std::ilogb(magnitude), 1 - bias) - fraction;
  const double steps = std::nearbyint(std::ldexp(magnitude, -scale)); // exact but for this rounding
  const double rounded = std::ldexp(steps, scale);
  if (rounded >= std::ldexp(1.0, bias + 1)) return uint16_t(sign | infinity);
  if (rounded < std::ldexp(1.0, 1 - bias)) return uint16_t(sign | uint16_t(steps));
  const int e = std::ilogb(rounded);
  const auto mantissa = uint32_t(std::ldexp(rounded, fraction - e)) - (1u << fraction);
  return uint16_t(sign | (uint32_t(e + bias) << fraction) | mantissa);
}

} // namespace detail

inline uint16_t f16_bits(double value) {
  return detail::narrow(value, 10, 5);
}
inline uint16_t bf16_bits(double value) {
  return detail::narrow(value, 7, 8);
}

} // namespace tile::runtime
