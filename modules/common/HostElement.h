// Elements of a tensor as the host's reference kernels read and write them: f32 in registers, the dtype in memory.
// Loops over `load` and `store` become vector code.
#pragma once

#include "compiler/support/DType.h"
#include "compiler/support/Error.h"

#include <bit>
#include <cstdint>

namespace fla::host {

struct BFloat16 {
  uint16_t bits;
};

inline float load(float x) {
  return x;
}
inline float load(_Float16 x) {
  return float(x);
}
inline float load(BFloat16 x) {
  return std::bit_cast<float>(uint32_t(x.bits) << 16);
}

inline void store(float &to, float x) {
  to = x;
}
inline void store(_Float16 &to, float x) {
  to = _Float16(x);
}
inline void store(BFloat16 &to, float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const uint32_t nearest_even = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  const uint32_t quiet_nan = bits >> 16 | 0x40;
  to.bits = uint16_t(x != x ? quiet_nan : nearest_even);
}

/// Calls `action` with a value of the C++ type that stands for `dtype` in memory.
template <class Action> auto with_type(tile::DType dtype, Action &&action) {
  switch (dtype) {
  case tile::f16:
    return action(_Float16());
  case tile::bf16:
    return action(BFloat16());
  case tile::f32:
    return action(float());
  default:
    throw tile::InternalError("host reference for a dtype that is not a float");
  }
}

} // namespace fla::host
