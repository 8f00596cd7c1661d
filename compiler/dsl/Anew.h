// For kernels that hold tiles in 16 bits.
#pragma once

#include "compiler/dsl/Kernel.h"

namespace tile {

inline constexpr int kMostAnew = 4;

/// `x.to(f32)` that is done anew, for the `time`-th time, 1 to kMostAnew. Equal conversions become one, and a GPU then
/// keeps the f32 from the first use to the last, twice the registers of a bf16 or f16 tile; between uses by `.to` and
/// uses by this, or by this with another `time`, it keeps x itself. Of an f32 tile: x.
Tile widened_anew(const Tile &x, int time = 1, Loc = Loc::current());

} // namespace tile
