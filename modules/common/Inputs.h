// The inputs of a problem, as an oracle takes them and as they lie in memory: the same numbers.
#pragma once

#include "modules/common/Parts.h"

#include <cstdint>

namespace fla {

/// Every input by name, in double but holding what its dtype can hold: first the random ones, then the derived ones in
/// the order of `tensors()`.
Values make_inputs(const Problem &, uint64_t seed);

/// The same in memory, whatever their size.
Memory make_input_memory(const Problem &, uint64_t seed);

/// The inputs of at most one dimension: all, or those that are not derived from others.
enum class Inputs : uint8_t { Drawn, All };
Values small_inputs(const Problem &, const Memory &, Inputs = Inputs::All);

} // namespace fla
