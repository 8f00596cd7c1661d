// Math of oracles and inputs in double, without calls and branches, so that loops over it become vector code. Exact to
// some units of 2^-53, which tests hold against libm.
#pragma once

#include <bit>
#include <cstdint>

namespace fla {

/// e^x; 0 below the normal range, infinity above the largest number.
inline double fast_exp(double x) {
  constexpr double kRound = 0x1.8p52, kLn2Hi = 0x1.62e42fefa3800p-1, kLn2Lo = 0x1.ef35793c76730p-45;
  const double in = x > 710 ? 710 : x < -708.3 ? -708.3 : x;
  const double rounded = in * 0x1.71547652b82fep0 + kRound, j = rounded - kRound;
  const double f = (in - j * kLn2Hi) - j * kLn2Lo;
  double p = 1.0 / 6227020800;
  p = p * f + 1.0 / 479001600;
  p = p * f + 1.0 / 39916800;
  p = p * f + 1.0 / 3628800;
  p = p * f + 1.0 / 362880;
  p = p * f + 1.0 / 40320;
  p = p * f + 1.0 / 5040;
  p = p * f + 1.0 / 720;
  p = p * f + 1.0 / 120;
  p = p * f + 1.0 / 24;
  p = p * f + 1.0 / 6;
  p = p * f + 0.5;
  p = p * f + 1.0;
  p = p * f + 1.0;
  const int64_t exponent = std::bit_cast<int64_t>(rounded) - std::bit_cast<int64_t>(kRound);
  // 2^1024 is no number: the last factor of 2 apart.
  const double scaled = p * 2 * std::bit_cast<double>((exponent + 1022) << 52);
  return x < -708.3 ? 0 : scaled;
}

/// The logarithm of a normal number above 0.
inline double fast_log(double x) {
  // x = 2^e * m with m in [sqrt(1/2), sqrt(2)).
  constexpr uint64_t kRootHalf = 0x3FE6A09E667F3BCD;
  const uint64_t above = std::bit_cast<uint64_t>(x) - kRootHalf + (uint64_t(1023) << 52);
  const double e = std::bit_cast<double>((above >> 52) | 0x4330000000000000) - (0x1p52 + 1023);
  const double m = std::bit_cast<double>((above & ((uint64_t(1) << 52) - 1)) + kRootHalf);
  const double s = (m - 1) / (m + 1), z = s * s;
  double p = 1.0 / 23;
  p = p * z + 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  const double log_m = 2 * s + 2 * s * z * p;
  return e * 0x1.62e42fefa3800p-1 + (log_m + e * 0x1.ef35793c76730p-45);
}

/// cos(2 pi t) and sin(2 pi t) for t in [0, 1].
struct Direction {
  double cos, sin;
};
inline Direction fast_direction(double t) {
  // t = q/4 + r/4 with r in [-1/2, 1/2]: q quarter turns and an angle within a quarter of pi.
  constexpr double kRound = 0x1.8p52, kHalfPi = 0x1.921fb54442d18p0;
  const double rounded = 4 * t + kRound;
  const uint64_t q = std::bit_cast<uint64_t>(rounded);
  const double a = (4 * t - (rounded - kRound)) * kHalfPi, z = a * a;
  double s = 1.0 / 355687428096000;
  s = s * z - 1.0 / 1307674368000;
  s = s * z + 1.0 / 6227020800;
  s = s * z - 1.0 / 39916800;
  s = s * z + 1.0 / 362880;
  s = s * z - 1.0 / 5040;
  s = s * z + 1.0 / 120;
  s = s * z - 1.0 / 6;
  s = a + a * z * s;
  double c = 1.0 / 20922789888000;
  c = c * z - 1.0 / 87178291200;
  c = c * z + 1.0 / 479001600;
  c = c * z - 1.0 / 3628800;
  c = c * z + 1.0 / 40320;
  c = c * z - 1.0 / 720;
  c = c * z + 1.0 / 24;
  c = c * z - 0.5;
  c = 1 + z * c;
  const double x = q & 1 ? s : c, y = q & 1 ? c : s;
  const uint64_t minus_x = ((q + 1) >> 1 & 1) << 63, minus_y = (q >> 1 & 1) << 63;
  return {std::bit_cast<double>(std::bit_cast<uint64_t>(x) ^ minus_x),
          std::bit_cast<double>(std::bit_cast<uint64_t>(y) ^ minus_y)};
}

} // namespace fla
