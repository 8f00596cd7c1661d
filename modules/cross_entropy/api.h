// Cross-entropy of given logits, with the options of flash-linear-attention's fla.modules.fused_cross_entropy and
// PyTorch's torch.nn.functional.cross_entropy.
//
// Per row, with x the logits [V], t its target and w the class weights (1 where there are none):
//
//   y    = cap(logit_scale * x), cap(v) = softcap * tanh(v / softcap), or v without a softcap
//   lse  = log(sum(exp(y)))
//   z    = lse_square_scale * lse^2
//   loss = (1 - e) * w[t] * (lse - y[t]) + e / V * sum(w * (lse - y)) + z      e = label_smoothing
//
// A row whose target is ignore_index has loss, lse, z and gradient 0. One whose target is neither that nor in [0, V)
// has loss, z and gradient NaN. LossReduction::Sum adds up rows; Mean divides that by total_weight, the sum of w[t]
// over rows with a target in [0, V), as PyTorch does, and is 0 where all rows are ignored.
//
// Logits are [..., V] of bf16, f16 or f32, of which rows may be apart; targets [...] of i64; all else is f32 and, like
// the gradient, contiguous. Where `into` names tensors they are written, else new ones are returned. A UserError names
// a tensor or option that is not so, and outputs that share memory with inputs or with each other.
#pragma once

#include "modules/common/Stream.h"
#include "modules/common/Tensor.h"

#include <cstdint>

namespace fla {

enum class LossReduction : uint8_t { Mean, Sum, None };

/// The same for all passes of one loss.
struct CrossEntropyOptions {
  LossReduction reduction = LossReduction::Mean;
  int64_t ignore_index = -100;
  double label_smoothing = 0; ///< 0 to 1
  double logit_scale = 1;
  double softcap = 0;          ///< from 0 up; 0: none
  double lse_square_scale = 0; ///< from 0 up
  Tensor weight = {};          ///< [V]
};

struct CrossEntropyForward {
  Tensor loss = {};         ///< a single number, of shape [], or with LossReduction::None [...]
  Tensor lse = {};          ///< [...]
  Tensor z_loss = {};       ///< like loss, which contains it; only with lse_square_scale
  Tensor total_weight = {}; ///< []; only with LossReduction::Mean
};

/// The loss, and what the backward pass wants: lse and total_weight.
CrossEntropyForward cross_entropy_forward(Stream &, const Tensor &logits, const Tensor &targets,
                                          const CrossEntropyOptions &options = {}, CrossEntropyForward into = {});

/// dlogits [..., V] of the logits' dtype: the gradient of sum(dloss * loss), where `saved` is what the forward pass
/// returned and dloss is like its loss. `into` may be the logits themselves, which the gradient then overwrites.
Tensor cross_entropy_backward(Stream &, const Tensor &logits, const Tensor &targets, const CrossEntropyForward &saved,
                              const Tensor &dloss, const CrossEntropyOptions &options = {}, Tensor into = {});

struct CrossEntropyBoth {
  CrossEntropyForward forward = {};
  Tensor dlogits = {};
};

/// Both in one call, for dloss 1: the logits are read once where a row fits on the chip. `into.dlogits` may be the
/// logits themselves.
CrossEntropyBoth cross_entropy_forward_backward(Stream &, const Tensor &logits, const Tensor &targets,
                                                const CrossEntropyOptions &options = {}, CrossEntropyBoth into = {});

} // namespace fla
