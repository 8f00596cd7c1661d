// Math of the host's reference kernels without calls, so that loops over it become vector code.
#pragma once

#include <bit>
#include <cstdint>

namespace fla::host {

/// e^x to 2 ulp; below the normal range 0. e^x = 2^j e^f with f in [-ln2/2, ln2/2], where a polynomial does.
inline float exp(float x) {
  constexpr float kRound = 0x1.8p23f, kLn2Hi = 0.693145752f, kLn2Lo = 1.42860677e-06f;
  const float in = x > 89 ? 89 : x < -88 ? -88 : x;
  const float rounded = in * 1.44269502f + kRound, j = rounded - kRound;
  const float f = (in - j * kLn2Hi) - j * kLn2Lo;
  float p = 1.3836742e-03f;
  p = p * f + 8.374899e-03f;
  p = p * f + 4.1668233e-02f;
  p = p * f + 1.666642e-01f;
  p = p * f + 4.999999e-01f;
  p = p * f + 1.f;
  p = p * f + 1.f;
  const int32_t exponent = std::bit_cast<int32_t>(rounded) - std::bit_cast<int32_t>(kRound);
  // 2^128 is no float: the last factor of 2 apart.
  const float scaled = p * 2 * std::bit_cast<float>((exponent + 126) << 23);
  return x < -87.33f ? 0 : scaled;
}

inline float tanh(float x) {
  const float t = exp(-2 * (x < 0 ? -x : x)), y = (1 - t) / (1 + t);
  return x < 0 ? -y : y;
}

} // namespace fla::host
