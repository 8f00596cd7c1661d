// The kernels of l2norm. Arguments go by name; N rows, D = spec.cols.
//
//   forward    rows eps x [x_stride]        -> y rstd
//   backward   rows y dy [dy_stride] rstd   -> dx
//
// Grid: ceil(N / config.rows), or any with config.looped_rows.
#pragma once

#include "modules/common/Rows.h"

namespace fla::l2norm {

/// Everything here is a constant of the generated code.
struct L2Spec {
  tile::DType dtype = tile::bf16;     ///< of x and dx
  tile::DType out_dtype = tile::bf16; ///< of y and dy
  int64_t cols = 1;
  int align = 16; ///< bytes: see align_of
  /// How the rows of x in the forward and of dy in the backward pass lie: 0: one after the other. Otherwise their
  /// distance is a run-time argument promised to be a multiple of this.
  int64_t stride_divisor = 0;
};

tile::Kernel forward(const L2Spec &spec, const RowConfig &config);
tile::Kernel backward(const L2Spec &spec, const RowConfig &config);

} // namespace fla::l2norm
