// Math of the host's reference kernels without calls and without branches, so that loops over it become vector code.
// The largest errors, in units in the last place:
//
//   exp  tanh  log  log1p  erf  pow (of positive numbers)
//   2    2.5   1    2      2    2 + 2 |b log a|
//
// Infinities, zeros and NaN give what C's functions give.
#pragma once

#include "compiler/support/Polynomials.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace fla::host {

/// c[0] + c[1] x + ...
template <size_t N> inline float polynomial(float x, const float (&c)[N]) {
  float sum = c[N - 1];
  for (size_t i = N - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

inline float abs(float x) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0x7FFFFFFF);
}
inline float with_sign(float size, float sign) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(size) | (std::bit_cast<uint32_t>(sign) & 0x80000000));
}

/// e^x = 2^j e^f with f in [-ln2/2, ln2/2], where a polynomial does. By 2^j in two steps, as it may be no float while
/// the result is one.
inline float exp(float x) {
  using namespace tile::polynomials;
  constexpr float kRound = 0x1.8p23f;
  const float in = x > 89 ? 89 : x < -104.5f ? -104.5f : x;
  const float rounded = in * 1.44269502f + kRound, j = rounded - kRound;
  const float f = (in - j * kLn2Hi) - j * kLn2Lo;
  const int32_t whole = std::bit_cast<int32_t>(rounded) - std::bit_cast<int32_t>(kRound), half = whole >> 1;
  const auto power = [](int32_t n) { return std::bit_cast<float>((n + 127) << 23); };
  return polynomial(f, kExp) * power(half) * power(whole - half);
}

/// A polynomial where 1 - e^-2|x| would lose digits.
inline float tanh(float x) {
  const float size = abs(x), z = x * x, t = exp(-2 * size);
  const float small = size + size * (z * polynomial(z, tile::polynomials::kSmallTanh));
  return with_sign(size < 0.6f ? small : (1 - t) / (1 + t), x);
}

namespace detail {

constexpr uint32_t kTwoThirds = 0x3F2AAAAB; ///< bits of 2/3: mantissas are reduced to [2/3, 4/3)

/// The exponent of a number by its bits, where it stands in them.
inline uint32_t exponent_bits(uint32_t bits) {
  return (bits - kTwoThirds) & 0xFF800000;
}

/// log(2^e (1 + f))
inline float log_of(float e, float f) {
  using namespace tile::polynomials;
  const float low = e * kLn2Lo + f * f * polynomial(f, kLogTail);
  return e * kLn2Hi + (f + low);
}

/// What a logarithm is outside the positive finite numbers; `pole` is where it is -inf.
inline float log_limits(float x, float pole, float result) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  result = x < pole ? std::numeric_limits<float>::quiet_NaN() : result;
  result = x == pole ? -kInf : result;
  return x < kInf ? result : x; // infinity and NaN
}

} // namespace detail

inline float log(float x) {
  const bool is_small = x < 0x1p-126f;
  const uint32_t bits = std::bit_cast<uint32_t>(is_small ? x * 0x1p24f : x), e = detail::exponent_bits(bits);
  const float f = std::bit_cast<float>(bits - e) - 1;
  return detail::log_limits(x, 0, detail::log_of(float(int32_t(e) >> 23) - (is_small ? 24 : 0), f));
}

/// 1 + x is rounded only to choose the exponent: x is scaled by it, then 1 added in scale.
inline float log1p(float x) {
  const uint32_t e = detail::exponent_bits(std::bit_cast<uint32_t>(x + 1));
  const float scale = std::bit_cast<float>(0x40800000 - e) * 0.25f; // 4 / 2^exponent is never subnormal
  const float f = x * scale + (scale - 1);
  return x == 0 ? x : detail::log_limits(x, -1, detail::log_of(float(int32_t(e) >> 23), f));
}

/// From 0.92 on 1 - erfc loses nothing, and erfc is a power of 2.
inline float erf(float x) {
  const float size = abs(x), far = size < 4 ? size : 4;
  const float erfc = exp(0.693147181f * polynomial(far, tile::polynomials::kLog2Erfc));
  const float small = x + x * polynomial(x * x, tile::polynomials::kSmallErf);
  return size >= 0.92f ? with_sign(1 - erfc, x) : small; // NaN takes the polynomial
}

/// a^b for a > 0.
inline float pow(float a, float b) {
  return exp(b * log(a));
}

} // namespace fla::host
