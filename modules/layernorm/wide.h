// The forward kernel for rows that are read in a loop; `forward` chooses it by config.looped.
#pragma once

#include "modules/common/Rows.h"
#include "modules/layernorm/spec.h"

namespace fla::layernorm {

tile::Kernel forward_wide(const NormSpec &spec, const RowConfig &config);

} // namespace fla::layernorm
