// The inputs of a problem, as an oracle takes them.
#pragma once

#include "modules/common/Problem.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fla {

/// Every input by name, in double but holding what its dtype can hold: first the random ones, then the derived ones in
/// the order of `tensors()`.
std::map<std::string, std::vector<double>> make_inputs(const Problem &, uint64_t seed);

} // namespace fla
