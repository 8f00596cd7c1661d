// What the kernels of causal_conv1d are compiled for.
#pragma once

#include "modules/common/Tokens.h"

namespace fla::conv {

struct ConvSpec {
  TokenLayout tokens;                    ///< of x and all that has its dtype
  tile::DType weight_dtype = tile::bf16; ///< of weight and bias, and their gradients
  int64_t width = 4;                     ///< taps, 1 to 8
  bool bias = true;
  bool silu = true;           ///< the activation; none otherwise
  bool residual = false;      ///< added after the activation
  bool initial_state = false; ///< the `width` tokens before each sequence are given; otherwise they are 0
  bool final_state = false;   ///< the last `width` tokens of each sequence, or of what was before it, are handed on

  std::string name(std::string_view kernel) const { return std::string("causal_conv1d_").append(kernel); }
};

inline constexpr int64_t kMostWidth = 8;

} // namespace fla::conv
