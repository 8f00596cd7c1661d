// What an activation kernel is compiled for: everything here is a constant of the generated code.
#pragma once

#include "modules/activations/activation.h"

#include <cstdint>
#include <string>

namespace fla::activations {

struct Spec {
  const Activation *activation = nullptr;
  tile::DType dtype = tile::bf16;

  /// How the elements lie. Flat: every tensor is contiguous and all of them are one long row, whatever D is. Else rows
  /// of `cols`, which a bias asks for, or tensors whose rows are further apart.
  bool flat = true;
  /// Flat: the number of elements is no multiple of kGranule; those behind the last multiple are done one by one.
  bool ragged = false;

  int64_t cols = 1; ///< of rows
  /// 0: rows lie one after the other. Otherwise the distance of the rows of each tensor is a run-time argument
  /// (x_stride and so on) promised to be a multiple of this.
  int64_t stride_divisor = 0;
  /// Bytes that the addresses of all tensors are multiples of.
  int align = 16;

  /// Gated, backward: z is written again beside the gradients.
  bool again = false;

  std::string name(std::string_view direction) const {
    return std::string(activation->op).append("_").append(direction);
  }
};

/// Elements of a flat kernel come in groups of so many: 128 bytes of f32, enough for every vector there is.
constexpr int64_t kGranule = 32;

} // namespace fla::activations
