// Candidates of a forward and a backward pass that run one after the other.
#pragma once

#include "modules/common/Problem.h"

#include <vector>

namespace fla {

/// The two choices do not depend on each other: each one's alternatives beside the other's first.
std::vector<Candidate> pairs(const std::vector<Candidate> &forward, const std::vector<Candidate> &backward);

} // namespace fla
