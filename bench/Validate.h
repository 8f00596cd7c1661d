// Whether a provider computes what the problem asks for. Nothing is timed before this says so.
#pragma once

#include "bench/Provider.h"

#include <span>
#include <string>
#include <vector>

namespace fla::bench {

struct Verdict {
  bool ok = true;
  double ratio = 0; ///< worst error over its tolerance; above 1 is wrong, infinity is a difference in kind (NaN)
  /// Of the element with that ratio: |out - ref|, and what is allowed there. 0 where there are no elements.
  double error = 0, tolerance = 0;
  std::string detail; ///< what is wrong, and where
};

/// Poisons outputs and scratch memory, runs `provider` once, and compares every element with the oracle. Inputs must be
/// as they were, and nothing outside a tensor may have been written.
Verdict validate(Session &, const Problem &, Provider &);
/// The same of several, one after the other, at the cost of one run of the oracle.
std::vector<Verdict> validate(Session &, const Problem &, std::span<Provider *const>);

} // namespace fla::bench
