// Norms of rows, with the options of flash-linear-attention's fla.modules.layernorm, layernorm_gated and
// fused_norm_gate, of Mamba-2's gated norm, and of PyTorch's layer_norm and group_norm.
//
// Per row of D columns, or with groups per group of D / groups of them, computed in f32:
//
//   s    = x [+ residual]
//   u    = s [* act(gate), with gate_first]
//   xhat = (u - mean(u)) * rstd, rstd = 1 / sqrt(mean((u - mean(u))^2) + eps)     rms_norm: mean(u) is taken as 0
//   y    = xhat [* w] [+ b] [* act(gate), without gate_first]                      w: 1 + w with weight_offset
//
// So layer_norm with groups is group_norm, either with a gate is its gated form, and with gate_first it is Mamba-2's.
//
// x is [..., D] of bf16, f16 or f32; its rows, those of dy and those of the gate [..., D], which is of x's dtype, may
// be apart, as in a slice of a projection. All else is contiguous. weight and bias [D], either or both of which may be
// absent ({}), are of x's dtype.
// Where `into` names tensors they are written, else new ones are returned. A UserError names a tensor or option that is
// not so, and outputs that share memory with inputs or with each other.
#pragma once

#include "modules/common/Stream.h"
#include "modules/common/Tensor.h"

#include <cstdint>
#include <optional>

namespace fla {

enum class GateActivation : uint8_t { silu, sigmoid };

/// The same for both passes.
struct NormOptions {
  double eps = 1e-5;          ///< from 0 up
  int64_t groups = 1;         ///< a divisor of D
  bool weight_offset = false; ///< the weight is 1 + w, as Gemma's

  Tensor gate = {};
  GateActivation activation = GateActivation::silu; ///< act
  bool gate_first = false;

  Tensor residual = {};                ///< [..., D], of x's dtype or with residual_in_fp32 of f32
  bool prenorm = false;                ///< s is wanted, and has a gradient of its own
  bool residual_in_fp32 = false;       ///< with a residual or prenorm: s is f32 in memory
  std::optional<DType> out_dtype = {}; ///< of y; by default x's
};

struct NormForward {
  Tensor y = {};
  Tensor sum = {};  ///< s: with a residual or prenorm; x itself where it is the same
  Tensor mean = {}; ///< [...], with groups [..., groups], f32; not of rms_norm
  Tensor rstd = {}; ///< likewise
};

/// y, and what the backward pass wants: mean, rstd, and s where it is not x.
NormForward layer_norm_forward(Stream &, const Tensor &x, const Tensor &weight, const Tensor &bias,
                               const NormOptions &options = {}, NormForward into = {});
NormForward rms_norm_forward(Stream &, const Tensor &x, const Tensor &weight, const Tensor &bias,
                             const NormOptions &options = {}, NormForward into = {});

struct NormBackward {
  Tensor dx = {};
  Tensor dresidual = {}; ///< with a residual; dx itself unless its dtype is another
  Tensor dgate = {};     ///< with a gate
  Tensor dweight = {};   ///< with a weight
  Tensor dbias = {};     ///< with a bias
};

/// All gradients, from dy [..., D] of y's dtype and, with prenorm, dsum [..., D], that of s. x, weight, bias and
/// options are those of the forward pass and `saved` is what it returned; of x, only shape and dtype matter where s was
/// saved. dweight and dbias are sums over all rows, the same bits in every run.
NormBackward layer_norm_backward(Stream &, const Tensor &x, const Tensor &weight, const Tensor &bias,
                                 const NormForward &saved, const Tensor &dy, const NormOptions &options = {},
                                 const Tensor &dsum = {}, NormBackward into = {});
NormBackward rms_norm_backward(Stream &, const Tensor &x, const Tensor &weight, const Tensor &bias,
                               const NormForward &saved, const Tensor &dy, const NormOptions &options = {},
                               const Tensor &dsum = {}, NormBackward into = {});

} // namespace fla
