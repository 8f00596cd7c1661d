// The kernels of l2norm. Arguments go by name; N rows, D = spec.cols.
//
//   forward    rows eps x      -> y rstd
//   backward   rows y dy rstd  -> dx
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
};

tile::Kernel forward(const L2Spec &spec, const RowConfig &config);
tile::Kernel backward(const L2Spec &spec, const RowConfig &config);

} // namespace fla::l2norm
