#include "modules/layernorm/spec.h"

#include <fmt/format.h>

namespace fla::layernorm {

void NormSpec::check() const {
  if (groups < 1 || groups > kMostGroups || cols % groups != 0)
    throw tile::UserError(fmt::format("norm: {} groups of {} columns; accepted: a divisor of {}, at most {}", groups,
                                      cols, cols, kMostGroups));
  if (gate_first && gate == Gate::None)
    throw tile::UserError("norm: a gate before the norm, but no gate; accepted: gates silu, sigmoid");
  if (weight_offset && !weight)
    throw tile::UserError("norm: an offset of the weight, but no weight; accepted: a weight, or no offset");
  for (tile::DType t : {dtype, y_dtype()})
    if (t != tile::f32 && t != tile::f16 && t != tile::bf16)
      throw tile::UserError(fmt::format("norm: dtype {} is not accepted; there are bf16, f16, f32", tile::name_of(t)));
}

} // namespace fla::layernorm
