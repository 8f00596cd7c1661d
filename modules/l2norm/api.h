// Rows scaled to unit length, as flash-linear-attention's fla.modules.l2norm defines it.
#pragma once

#include "modules/common/Stream.h"
#include "modules/common/Tensor.h"

#include <optional>

namespace fla {

struct L2NormOptions {
  double eps = 1e-6;                   ///< from 0 up
  std::optional<DType> out_dtype = {}; ///< of y; by default that of x
};

struct L2NormForward {
  Tensor y = {}, rstd = {};
};

/// y = x * rstd with rstd = 1 / sqrt(sum(x^2) + eps), the sum over the last dimension, computed in f32.
///
/// x: [..., D] of bf16, f16 or f32, of which rows may be apart; all else is contiguous. Returned, and saved for the
/// backward pass: y [..., D] of options.out_dtype and rstd [...] of f32; where `into` names tensors, they are written.
/// UserError for a tensor or an option that is not so, or for outputs that share memory with x or each other.
L2NormForward l2norm_forward(Stream &, const Tensor &x, const L2NormOptions &options = {}, L2NormForward into = {});

struct L2NormBackward {
  Tensor dx = {};
};

/// dx = (dy - y * sum(dy * y)) * rstd, from what the forward pass saved.
///
/// y, dy: [..., D] of one dtype, where rows of dy may be apart; rstd: [...] of f32. dx: [..., D] of `x_dtype`, by
/// default y's. UserError likewise.
L2NormBackward l2norm_backward(Stream &, const Tensor &y, const Tensor &rstd, const Tensor &dy,
                               std::optional<DType> x_dtype = {}, L2NormBackward into = {});

} // namespace fla
