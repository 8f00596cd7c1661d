// What a norm kernel is compiled for: everything here is a constant of the generated code.
#pragma once

#include "compiler/dsl/Kernel.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fla::layernorm {

/// What the gate's numbers go through before they multiply.
enum class Gate : uint8_t {
  None,
  Silu,
  Sigmoid,
};

/// Of rows of `cols` columns in `groups` groups, each group with statistics of its own:
///
///   s = x [+ residual],  u = s [* gate(g) if gate_first],  xhat = (u [- mean]) * rstd,
///   y = (xhat [* w] [+ b]) [* gate(g) unless gate_first]
struct NormSpec {
  static constexpr int64_t kMostGroups = 65535; ///< programs of a grid's second dimension

  bool centered = true; ///< layer_norm: the mean is subtracted. rms_norm: it is not
  bool weight = true, bias = true;
  bool weight_offset = false; ///< xhat * (1 + w)

  Gate gate = Gate::None;
  bool gate_first = false; ///< the gate stands before the norm, not behind it

  bool residual = false;         ///< something is added to x first; s is an output (`sum`)
  bool prenorm = false;          ///< s goes on beside y: the backward pass takes its gradient too (`dsum`)
  bool residual_in_fp32 = false; ///< with residual or prenorm: s, and what is added, are f32 in memory

  tile::DType dtype = tile::bf16;       ///< of x, w, b and g
  std::optional<tile::DType> out_dtype; ///< of y and dy; none: dtype
  int64_t cols = 1;
  int64_t groups = 1; ///< divides cols

  /// How the rows of x, g and dy lie: 0: one after the other. Otherwise their distances are run-time arguments
  /// (x_stride, g_stride, dy_stride) promised to be multiples of this.
  int64_t stride_divisor = 0;
  /// Bytes: see align_of.
  int align = 16;

  static NormSpec layer_norm(tile::DType dtype, int64_t cols) {
    return {.dtype = dtype, .out_dtype = {}, .cols = cols};
  }
  static NormSpec rms_norm(tile::DType dtype, int64_t cols) {
    return {.centered = false, .bias = false, .dtype = dtype, .out_dtype = {}, .cols = cols};
  }

  /// UserError when no kernel can be made of it, saying what was given and what is accepted.
  void check() const;
  const NormSpec &checked() const {
    check();
    return *this;
  }

  int64_t width() const { return cols / groups; } ///< columns that share statistics
  tile::DType y_dtype() const { return out_dtype.value_or(dtype); }
  tile::DType sum_dtype() const { return residual_in_fp32 && (residual || prenorm) ? tile::f32 : dtype; }
  /// The forward pass writes s, which the backward pass reads in place of x.
  bool saves_sum() const { return residual || sum_dtype() != dtype; }
  /// The residual's gradient is dx, but for its dtype.
  bool has_dresidual() const { return residual && sum_dtype() != dtype; }
  bool gate_last() const { return gate != Gate::None && !gate_first; }
  bool gates_first() const { return gate != Gate::None && gate_first; }
  /// The backward pass recomputes y before the gate.
  bool backward_needs_bias() const { return bias && gate_last(); }

  std::string name(std::string_view direction) const {
    const char *kind = groups > 1 ? "group_norm_" : centered ? "layer_norm_" : "rms_norm_";
    return std::string(kind).append(direction);
  }
};

} // namespace fla::layernorm
