// Loops over all cores for host code beside the JIT: reference kernels, oracles, preparation of inputs.
#pragma once

#include <cstdint>
#include <functional>

namespace tile::runtime {

/// Calls `body(begin, end)` for disjoint ranges that cover 0..n-1, on the same threads as the host device's kernels,
/// and returns when all are done. How the range is cut depends on the machine. Inside `body` it runs inline. The first
/// exception that `body` throws is rethrown here.
void parallel_for(int64_t n, const std::function<void(int64_t begin, int64_t end)> &body);

} // namespace tile::runtime
