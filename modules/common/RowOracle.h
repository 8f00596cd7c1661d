// Loops of oracles over rows.
#pragma once

#include "runtime/Parallel.h"

#include <cstddef>
#include <cstdint>

namespace fla {

/// body(row, offset of its first element) for each of the rows, on all cores.
template <class Body> void over_rows(int64_t rows, int64_t cols, Body body) {
  tile::runtime::parallel_for(rows, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(size_t(row), size_t(row * cols));
  });
}

} // namespace fla
