// The kernels of cross-entropy. Arguments go by name; N rows, V = spec.classes.
//
//   forward            rows logits targets [row_weight] [weight weight_sum]       -> row_loss lse [row_z]
//   forward_parts      the same                                                   -> part_max part_sum ...
//   merge_parts        the same, and what forward_parts made                      -> row_loss lse [row_z] [row_sums]
//   backward           ... lse [dloss] [row_sums] [total_weight]                  -> dlogits
//   forward_backward   ... [total_weight]                                         -> row_loss lse [row_z] dlogits
//   target_weights     rows targets weight                                        -> row_weight
//   add_up             count, a tensor of `count` numbers for each sum            -> a sum for each program
//   finish             count row_loss [row_z] [total_weight or its terms]         -> loss [z_loss] [total_weight]
//
// row_weight: with class weights, the weight of each row's target. weight, weight_sum: with class weights and label
// smoothing. row_z, z_loss: with z-loss. row_sums: row_max and row_sum, where a pass is forward and backward.
// total_weight: for `mean`. With spec.in_place the gradient goes to `logits` instead of `dlogits`. With
// spec.stride_divisor, logits_stride too.
#pragma once

#include "modules/common/Rows.h"
#include "modules/cross_entropy/spec.h"

#include <string>
#include <vector>

namespace fla::cross_entropy {

// A RowConfig of these kernels holds a row in registers, or where config.looped reads config.shape.chunks tiles of
// config.shape.chunk columns at a time.

/// Grid: ceil(N / config.rows), or any number with config.looped_rows.
tile::Kernel forward(const Spec &spec, const RowConfig &config);
/// Of rows that are too few to keep a machine busy: each goes over `parts` programs. Grid: N * parts; config.looped,
/// one row a program.
tile::Kernel forward_parts(const Spec &spec, const RowConfig &config, int64_t parts);
/// Grid: N. `with_sums`: row_max and row_sum are outputs, for a backward of the same pass.
tile::Kernel merge_parts(const Spec &spec, int64_t parts, bool with_sums);

enum class Upstream : uint8_t {
  Given, ///< dloss is an argument, and the forward pass has left lse alone
  One,   ///< it is 1, and row_max and row_sum are arguments: where logits are so large that the sum is lost in lse, the
         ///< gradient is right all the same
};
/// Grid: ceil(N / config.rows) * the blocks of config.shape.padded() columns in V, or any number with
/// config.looped_rows, where a program does whole rows.
tile::Kernel backward(const Spec &spec, const RowConfig &config, Upstream);

/// Loss and gradient; a row that is not held is read a second time, last columns first. Grid as of forward.
tile::Kernel forward_backward(const Spec &spec, const RowConfig &config);

/// The same, one row a program, for rows of at least `held` chunks of config.shape.chunk columns: these are held, the
/// rest is read twice, config.shape.chunks chunks at a time. `lanes`: of a program. Grid: N.
tile::Kernel forward_backward_part_held(const Spec &spec, const RowConfig &config, int64_t held, int64_t lanes);

/// Grid: any; each program takes a share of the rows.
tile::Kernel target_weights(const Spec &spec);

// ---- Sums over rows, in a fixed order -------------------------------------------------------------------------------

/// Where the terms of total_weight come from.
enum class Weights : uint8_t {
  None,    ///< they are not summed
  Targets, ///< each target in range counts 1
  Rows,    ///< row_weight
};

/// The sums of each program's share of rows: of row_loss and row_z (with `losses`) and of weights, into
/// loss_part, z_part and weight_part, one number for each program. Grid: ceil(count / share).
tile::Kernel add_up(const Spec &spec, bool losses, Weights weights, int64_t share, int warps);

/// The sums of what add_up left (`parts`) or of the rows themselves, and the mean from them. One program. total_weight
/// is an output where its terms are summed, else an input. Without `losses`, only total_weight.
tile::Kernel finish(const Spec &spec, bool losses, Weights weights, bool parts, int warps);

} // namespace fla::cross_entropy
