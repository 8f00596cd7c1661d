// What a cross-entropy kernel is compiled for: everything here is a constant of the generated code.
//
// x: logits [N, V]; t: targets [N]; w: class weights [V], all 1 where there are none.
//
//   y[i,j]  = cap(logit_scale * x[i,j])         cap(v) = softcap * tanh(v / softcap), or v where softcap is 0
//   lse[i]  = log(sum_j exp(y[i,j]))
//   z[i]    = lse_square_scale * lse[i]^2
//   loss[i] = (1 - e) * w[t] * (lse[i] - y[i,t]) + e / V * sum_j w[j] * (lse[i] - y[i,j]) + z[i]     e =
//   label_smoothing
//
// A row whose target is ignore_index is ignored: loss, lse, z and gradient are 0, whatever its logits are. A row whose
// target is neither that nor in [0, V) has loss, z and gradient NaN, since no number would be right; nothing is read
// for it outside of the logits and weights. (Its lse is as of any row.)
//
// Reduction `sum` adds the loss and z of all rows. `mean` divides those sums by total_weight, the sum of w[t] over rows
// with a target in [0, V), as PyTorch does: smoothing and z do not change the divisor. Where it is 0 (all rows ignored)
// the mean is 0 times the sum: 0 for finite losses.
//
// The gradient of sum_i g[i] * loss[i], where g is dloss (for `none` one a row), for `mean` divided by total_weight,
// and 1 in a pass that is forward and backward in one:
//
//   p[i,j]  = exp(y[i,j] - lse[i])
//   dy[i,j] = g[i] * (p[i,j] * ((1 - e) * w[t] + e / V * sum_j w[j] + 2 * lse_square_scale * lse[i])
//                     - (1 - e) * w[t] * [j = t] - e / V * w[j])
//   dx[i,j] = dy[i,j] * logit_scale * (1 - (y[i,j] / softcap)^2), without the last factor where softcap is 0
//
// A logit of -inf has probability 0. One of +inf or NaN makes its own row NaN (a softcap turns infinities into finite
// numbers), and so does a row of -inf only, whose lse is -inf.
#pragma once

#include "compiler/dsl/Kernel.h"

#include <cstdint>

namespace fla::cross_entropy {

enum class Reduction : uint8_t { Mean, Sum, None };

struct Spec {
  tile::DType dtype = tile::bf16; ///< of the logits and their gradient; all else is f32, targets i64
  int64_t classes = 1;            ///< V
  int64_t ignore_index = -100;
  Reduction reduction = Reduction::Mean;
  double label_smoothing = 0;
  double logit_scale = 1;
  double softcap = 0; ///< 0: none
  double lse_square_scale = 0;
  bool class_weights = false;
  bool in_place = false; ///< the gradient overwrites the logits

  /// How the rows of logits lie: 0: one after the other. Otherwise their distance is a run-time argument
  /// (logits_stride) promised to be a multiple of this.
  int64_t stride_divisor = 0;
  /// Bytes that the addresses of logits and their gradient are multiples of.
  int align = 16;

  bool smooths() const { return label_smoothing != 0; }
  bool has_z() const { return lse_square_scale != 0; }
  bool is_mean() const { return reduction == Reduction::Mean; }
  bool is_reduced() const { return reduction != Reduction::None; }
  /// Whether the sum of all class weights is an argument: without weights it is V.
  bool sums_weights() const { return class_weights && smooths(); }
};

} // namespace fla::cross_entropy
