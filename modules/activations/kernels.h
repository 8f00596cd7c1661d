// The kernels of all activations. Arguments go by name:
//
//   forward          x [y] [b]                -> y, of gated ones z
//   backward         x dy, gated: x y dz      -> dx, gated: dx dy [z]
//   backward_biased  x b dy                   -> dx partials
//
// and the scalar `scale` = 1 / temperature where there is one. Flat: `elements`, a multiple of kGranule; if ragged also
// `rest`, and beside each tensor `<name>_rest`, the address of its last `rest` elements. Rows: `rows`, and with
// spec.stride_divisor `<name>_stride` for each tensor of rows.
//
// Grids: flat, ceil(elements / config.shape.chunk) programs; rows, ceil(rows / config.rows) by ceil(cols / chunk); any
// number along the first dimension where config.looped_rows.
#pragma once

#include "modules/activations/spec.h"
#include "modules/common/Rows.h"

namespace fla::activations {

tile::Kernel forward(const Spec &spec, const RowConfig &config);
tile::Kernel backward(const Spec &spec, const RowConfig &config);
/// Each program along the first dimension leaves the sums of its rows' dx: a row of partials (common/Partials.h).
tile::Kernel backward_biased(const Spec &spec, const RowConfig &config);

} // namespace fla::activations
