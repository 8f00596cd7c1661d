// What is known of a run-time integer without running the kernel: a divisor and bounds. Pure functions of the IR above
// the value; nothing is cached, since the chains are a handful of ops long.
#pragma once

#include "mlir/IR/OpDefinition.h"

#include <cstdint>
#include <optional>

namespace tile {

struct IndexFacts {
  int64_t divisor = 1; ///< divides the value; 0 divides only zero, and is what the constant 0 has
  std::optional<int64_t> min, max;

  /// The largest power of two that divides the value, at most `limit`.
  int64_t powerOfTwo(int64_t limit) const;
};

IndexFacts factsOf(mlir::Value index);
IndexFacts factsOf(int64_t constant);
IndexFacts factsOf(mlir::OpFoldResult number);

/// a <= b, whatever their values.
bool isAtMost(mlir::Value a, mlir::OpFoldResult b);

/// index + reach < bound, whatever their values: a remainder is below its divisor, an induction variable below its
/// loop's upper bound, and in a loop over whole steps also the rest of a step:
///   for i = lower to lower + max(end - lower, 0) / step * step: i + c is below end for each c < step
bool isBelow(mlir::Value index, int64_t reach, mlir::OpFoldResult bound);

IndexFacts operator+(const IndexFacts &a, const IndexFacts &b);
IndexFacts operator*(const IndexFacts &a, const IndexFacts &b);

} // namespace tile
