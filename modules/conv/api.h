// Causal depthwise convolution along time, channels last, as causal-conv1d and flash-linear-attention's
// fla.modules.convolution define it.
//
// x is [..., T, D] of bf16, f16 or f32, in any strides as long as the dimensions before T collapse into one and D is
// contiguous; so is dy. All else is contiguous. The weight w [D, W], 1 <= W <= 8, and the bias [D] are of one dtype,
// x's or another float's; all other tensors are of x's. States are [n, D, W], for n sequences: the W tokens before one,
// the oldest first. Sums are f32. Where `into` names tensors they are written, else new ones are returned. Nothing is
// saved: the backward pass takes x again. A UserError names a tensor or option that is not so, and outputs that share
// memory with inputs or with each other.
#pragma once

#include "modules/common/Stream.h"
#include "modules/common/Tensor.h"

namespace fla {

struct CausalConv1dOptions {
  Tensor bias = {};
  bool silu = true;     ///< the activation: silu(v) = v * sigmoid(v), or none
  Tensor residual = {}; ///< x's shape: added after the activation
  /// Packed sequences: [n + 1] of i32 or i64, on the device; sequence i is tokens cu_seqlens[i] to cu_seqlens[i + 1] of
  /// x, whose leading dimensions are 1. It begins with 0, never falls and ends with T. Devices of the CPU look; a GPU
  /// does not unless `check` (which waits for the stream): with other numbers, results and accesses are undefined.
  Tensor cu_seqlens = {};
  Tensor initial_state = {}; ///< what was before each sequence; none: 0
  bool final_state = false;  ///< return the state behind each sequence
  bool check = false;
};

struct CausalConv1dForward {
  Tensor y = {}, final_state = {};
};

/// y[t,d] = act(bias[d] + sum over w of weight[d,w] * x[t-W+1+w,d]) + residual[t,d], for each sequence by itself.
CausalConv1dForward causal_conv1d_forward(Stream &, const Tensor &x, const Tensor &w,
                                          const CausalConv1dOptions &options = {}, CausalConv1dForward into = {});

/// What the forward pass was called with, but for the residual, whose gradient is dy.
struct CausalConv1dBackwardOptions {
  Tensor bias = {};
  bool silu = true;
  Tensor cu_seqlens = {};
  Tensor initial_state = {};
  Tensor dfinal_state = {}; ///< the gradient of final_state; none: 0
  bool check = false;
};

struct CausalConv1dBackward {
  Tensor dx = {}, dw = {};
  Tensor db = {};             ///< with a bias
  Tensor dinitial_state = {}; ///< with an initial state
};

/// The gradients of all inputs. dw and db, of w's dtype, are sums over all tokens, the same bits in every run.
CausalConv1dBackward causal_conv1d_backward(Stream &, const Tensor &x, const Tensor &w, const Tensor &dy,
                                            const CausalConv1dBackwardOptions &options = {},
                                            CausalConv1dBackward into = {});

struct CausalConv1dUpdateOptions {
  Tensor bias = {};
  bool silu = true;
  Tensor residual = {};
};

/// Decoding: y [..., D] of one new token x [..., D], contiguous, for each of n sequences, against `state` [n, D, W],
/// which is overwritten: its oldest token goes, x comes last.
Tensor causal_conv1d_update(Stream &, const Tensor &x, const Tensor &w, const Tensor &state,
                            const CausalConv1dUpdateOptions &options = {}, Tensor into = {});

} // namespace fla
