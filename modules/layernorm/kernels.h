// The kernels of norms. Arguments go by name; N rows of G groups are N * G rows of D / G columns here, each with
// statistics of its own: that is what `rows` counts.
//
//   forward            rows eps x [residual] [g] [w] [b]                    -> y rstd [mean] [sum]
//   backward           rows x dy [dsum] [g] [w] [b] rstd [mean]             -> dx [dresidual] [dg] partials
//   backward_input     rows x dy [dsum] [g] [w] [b] rstd [mean]             -> dx [dresidual] [dg]
//   backward_weights   rows x dy [g] rstd [mean]                            -> partials
//
// [..] where the spec asks for it; see spec.h. The x of a backward pass is the sum where the forward pass wrote one.
// partials, of dw and db, are what common/Partials.h adds up. With spec.stride_divisor, x_stride, g_stride and dy_stride
// too.
//
// With groups, a block of rows has all of them or a part: config.rows divides G. Programs that sum over rows keep to
// the same groups: config.strided, and programs * config.rows is a multiple of G.
#pragma once

#include "modules/common/Rows.h"
#include "modules/layernorm/spec.h"

namespace fla::layernorm {

/// Grid: ceil(rows / config.rows), or any with config.looped_rows. A row is held in registers, or read twice where
/// config.looped.
tile::Kernel forward(const NormSpec &spec, const RowConfig &config);
/// All gradients in one pass over memory, for rows that can be held. Any grid.
tile::Kernel backward(const NormSpec &spec, const RowConfig &config);

// The same apart, for rows of any width and for norms without weights.

/// Grid as forward.
tile::Kernel backward_input(const NormSpec &spec, const RowConfig &config);
/// Sums over rows in blocks of config.rows x config.shape.chunk. Grid: (ceil(D / G / chunk), any number).
tile::Kernel backward_weights(const NormSpec &spec, const RowConfig &config);

/// Rows of partial sums that `programs` programs of such a config leave.
inline int64_t partial_rows(const NormSpec &spec, const RowConfig &config, int64_t programs) {
  return spec.groups == 1 ? programs : programs * config.rows / spec.groups;
}

} // namespace fla::layernorm
