// Positions in tiles, and the lines of numbers along an axis.
#pragma once

#include "tests/random/Node.h"

namespace tile::test {

/// Coordinates of a flat position, and back.
inline Shape coordinates(const Shape &shape, int64_t flat) {
  Shape at(shape.size());
  for (size_t d = shape.size(); d-- > 0; flat /= shape[d]) at[d] = flat % shape[d];
  return at;
}
inline int64_t position(const Shape &shape, const Shape &at) {
  int64_t flat = 0;
  for (size_t d = 0; d < shape.size(); ++d) flat = flat * shape[d] + at[d];
  return flat;
}

/// The numbers along `axis` through each position of the other dimensions, changed by `f` to as many or to one.
template <class F> Node along(const Node &x, int axis, DType dtype, bool keeps, F &&f) {
  Node out{.dtype = dtype, .shape = x.shape, .at = {}};
  const size_t d = size_t(axis);
  Shape outer = x.shape;
  outer.erase(outer.begin() + axis);
  if (!keeps) out.shape = outer;
  out.at.resize(size_t(count(out.shape)));
  for (int64_t i = 0; i < count(outer); ++i) {
    Shape at = coordinates(outer, i);
    at.insert(at.begin() + axis, 0);
    std::vector<Number> line;
    for (at[d] = 0; at[d] < x.shape[d]; ++at[d]) line.push_back(x.at[size_t(position(x.shape, at))]);
    std::vector<Number> made = f(line);
    if (!keeps) {
      out.at[size_t(i)] = made.front();
      continue;
    }
    for (at[d] = 0; at[d] < x.shape[d]; ++at[d]) out.at[size_t(position(x.shape, at))] = made[size_t(at[d])];
  }
  return out;
}

} // namespace tile::test
