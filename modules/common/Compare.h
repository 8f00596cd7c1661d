// A result against the truth, element by element.
#pragma once

#include "modules/common/Problem.h"

#include <cstdint>
#include <span>
#include <string>

namespace fla {

struct Comparison {
  /// Largest |got - expected| / (atol + rtol * |expected|); at most 1 is right, infinity is a difference in kind.
  double worst = 0;
  int64_t index = -1; ///< where that is; -1 when there are no elements
  double got = 0, expected = 0;
  int64_t wrong = 0; ///< elements beyond the tolerance

  bool ok() const { return wrong == 0; }
  /// "3 of 4096 elements wrong, worst at 17: got 1.5, expected 1.25, error 40 times the tolerance"
  std::string str(int64_t elements) const;
};

/// NaN is right exactly where NaN is expected, an infinity where the same infinity is. A result of `dtype` may also be
/// infinite where the expected number, moved outward by its tolerance, rounds to that infinity.
Comparison compare(DType dtype, const void *got, std::span<const double> expected, Tolerance);

/// The same on one thread, of results that were converted to double.
Comparison compare_values(DType dtype, std::span<const double> got, std::span<const double> expected, Tolerance);
/// Folds `b`, of other elements, into `a`. Of equal errors the first element's is told, in whatever order they come.
void merge(Comparison &a, const Comparison &b);

/// The error of one element in units of its tolerance, by the rules of `compare`.
double error_ratio(DType dtype, double got, double expected, Tolerance);

} // namespace fla
