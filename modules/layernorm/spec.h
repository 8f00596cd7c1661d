// What a norm kernel is compiled for: everything here is a constant of the generated code.
#pragma once

#include "compiler/dsl/Kernel.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace fla::layernorm {

struct NormSpec {
  bool centered = true; ///< layer_norm: the mean is subtracted, there is a bias. rms_norm: neither
  tile::DType dtype = tile::bf16;
  int64_t cols = 1;

  /// How the rows of x and dy lie: 0: one after the other. Otherwise their distance is a run-time argument (x_stride,
  /// dy_stride) promised to be a multiple of this.
  int64_t stride_divisor = 0;
  /// Bytes that the addresses of all tensors are multiples of.
  int align = 16;

  std::string name(std::string_view direction) const {
    return std::string(centered ? "layer_norm_" : "rms_norm_").append(direction);
  }
};

} // namespace fla::layernorm
