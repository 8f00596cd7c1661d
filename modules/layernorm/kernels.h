// The kernels of layer_norm and rms_norm. Arguments go by name; N rows, D = spec.cols.
//
//   forward            rows eps x w [b]                   -> y rstd [mean]
//   backward           rows x dy w rstd [mean]            -> dx dw_partial [db_partial]
//   backward_input     rows x dy w rstd [mean]            -> dx
//   backward_weights   rows x dy rstd [mean]              -> dw_partial [db_partial]
//
// [..] only where spec.centered. *_partial are f32 [parts, D]: one row of sums for each program that looped over rows;
// common/Partials.h adds them up. With spec.stride_divisor, x_stride
// and dy_stride too.
#pragma once

#include "modules/common/Rows.h"
#include "modules/layernorm/spec.h"

namespace fla::layernorm {

/// Grid: ceil(N / config.rows). A row is held in registers, or read twice where config.looped.
tile::Kernel forward(const NormSpec &spec, const RowConfig &config);
/// All gradients in one pass over memory, for rows that can be held. Any grid; each program leaves one partial row.
tile::Kernel backward(const NormSpec &spec, const RowConfig &config);

// For rows of any width: dx and the gradients of the weights apart.

/// Grid: ceil(N / config.rows). config.looped.
tile::Kernel backward_input(const NormSpec &spec, const RowConfig &config);
/// Sums over rows in blocks of config.rows x config.shape.chunk. Grid: (ceil(D / chunk), any number of partial rows).
tile::Kernel backward_weights(const NormSpec &spec, const RowConfig &config);

} // namespace fla::layernorm
