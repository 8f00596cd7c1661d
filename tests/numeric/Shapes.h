// Tiles of all ranks and the lines along one of their dimensions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fla::test {

using Extents = std::vector<int64_t>;

/// Extents 1 to 4096, and shapes that leave lanes or warps without work.
inline std::vector<Extents> all_shapes() {
  return {{1},       {2},       {16},      {64},        {512},      {4096},    {1, 1},
          {2, 1},    {4, 64},   {64, 4},   {32, 32},    {256, 1},   {1, 4096}, {16, 128},
          {128, 16}, {1, 1, 1}, {2, 4, 8}, {16, 1, 32}, {32, 4, 2}, {8, 8, 32}};
}

inline int64_t size_of(const Extents &shape) {
  int64_t n = 1;
  for (int64_t e : shape) n *= e;
  return n;
}

inline std::string text_of(const Extents &shape) {
  std::string out;
  for (int64_t e : shape) out += (out.empty() ? "" : "x") + std::to_string(e);
  return out;
}

inline Extents without(Extents shape, int axis) {
  shape.erase(shape.begin() + axis);
  return shape;
}

/// Calls f(line, positions) for each line along `axis`: the row-major positions of its elements in order. Lines are
/// numbered as the elements of the tile without that dimension.
template <class F> void for_lines(const Extents &shape, int axis, F f) {
  int64_t inner = 1, outer = 1;
  for (int d = 0; d < int(shape.size()); ++d)
    (d < axis ? outer : d > axis ? inner : outer) *= d == axis ? 1 : shape[size_t(d)];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      std::vector<size_t> positions;
      for (int64_t n = 0; n < shape[size_t(axis)]; ++n)
        positions.push_back(size_t((o * shape[size_t(axis)] + n) * inner + i));
      f(size_t(o * inner + i), positions);
    }
}

} // namespace fla::test
