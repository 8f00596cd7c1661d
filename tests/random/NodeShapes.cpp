// Ops that move or combine elements.
#include "tests/random/Lines.h"

#include <algorithm>

namespace tile::test {
namespace {

/// A node of `shape` whose elements come from where `source` says: coordinates of `x` for coordinates of the result.
template <class F> Node moved(const Node &x, const Shape &shape, F &&source) {
  Node out{.dtype = x.dtype, .shape = shape, .at = {}};
  for (int64_t i = 0; i < count(shape); ++i)
    out.at.push_back(x.at[size_t(position(x.shape, source(coordinates(shape, i))))]);
  return out;
}

/// Whether a comes before b as the largest (or smallest); unknown where rounding could exchange them.
std::optional<bool> beats(bool is_float, bool largest, const Number &a, const Number &b) {
  if (!is_float) return largest ? a.integer > b.integer : a.integer < b.integer;
  if (a.error == 0 && b.error == 0) return largest ? a.value > b.value : a.value < b.value;
  if (std::fabs(a.value - b.value) <= a.error + b.error) return std::nullopt;
  return largest ? a.value > b.value : a.value < b.value;
}

} // namespace

Node expand(const Node &x, int axis) {
  Node out = x;
  out.shape.insert(out.shape.begin() + axis, 1);
  if (has_tile(x)) out.tile = x.tile.expand(Axis(axis));
  return out;
}

Node broadcast(const Node &x, const Shape &shape) {
  Node out = moved(x, shape, [&](Shape at) {
    for (size_t d = 0; d < at.size(); ++d)
      if (x.shape[d] == 1) at[d] = 0;
    return at;
  });
  if (has_tile(x)) out.tile = x.tile.broadcast(shape);
  return out;
}

Node iota(KernelBuilder *k, int64_t extent) {
  Node out{.dtype = i32, .shape = {extent}, .at = {}};
  for (int64_t i = 0; i < extent; ++i) out.at.push_back(integer(i));
  if (k) out.tile = k->iota(extent);
  return out;
}

Node transposed(const Node &x, const std::vector<int64_t> &order) {
  Shape shape;
  for (int64_t d : order) shape.push_back(x.shape[size_t(d)]);
  Node out = moved(x, shape, [&](const Shape &at) {
    Shape from(at.size());
    for (size_t d = 0; d < at.size(); ++d) from[size_t(order[d])] = at[d];
    return from;
  });
  if (has_tile(x)) out.tile = transpose(x.tile, order);
  return out;
}

Node reshaped(const Node &x, const Shape &shape) {
  Node out = x;
  out.shape = shape;
  if (has_tile(x)) out.tile = reshape(x.tile, shape);
  return out;
}

Node concatenated(const Node &a, const Node &b, int axis) {
  const size_t d = size_t(axis);
  Shape shape = a.shape;
  shape[d] *= 2;
  Node out{.dtype = a.dtype, .shape = shape, .at = {}};
  for (int64_t i = 0; i < count(shape); ++i) {
    Shape at = coordinates(shape, i);
    const Node &from = at[d] < a.shape[d] ? a : b;
    at[d] %= a.shape[d];
    out.at.push_back(from.at[size_t(position(a.shape, at))]);
  }
  if (has_tile(a)) out.tile = concat(a.tile, b.tile, Axis(axis));
  return out;
}

Node half(const Node &x, int axis, bool second) {
  const size_t d = size_t(axis);
  Shape shape = x.shape;
  shape[d] /= 2;
  Node out = moved(x, shape, [&](Shape at) {
    if (second) at[d] += shape[d];
    return at;
  });
  if (has_tile(x)) {
    auto [low, high] = split(x.tile, Axis(axis));
    out.tile = second ? high : low;
  }
  return out;
}

Node reduce(Reduce op, const Node &x, int axis) {
  const bool floats = is_float(x.dtype);
  Node out = along(x, axis, x.dtype, false, [&](const std::vector<Number> &line) -> std::vector<Number> {
    if (op == Reduce::Sum) {
      Sum sum{.is_float = floats, .is_narrow = x.dtype == i32};
      for (const Number &n : line) sum.add(n);
      return {sum.result()};
    }
    if (op == Reduce::Product) {
      Product product{.is_float = floats, .is_narrow = x.dtype == i32};
      for (const Number &n : line) product.multiply(n);
      return {product.result()};
    }
    Number most = line.front();
    for (const Number &n : line) {
      if (!n.known || !most.known) return {unknown()};
      const bool wins = op == Reduce::Max ? (floats ? n.value > most.value : n.integer > most.integer)
                                          : (floats ? n.value < most.value : n.integer < most.integer);
      const double error = std::max(n.error, most.error);
      if (wins) most = n;
      most.error = error;
    }
    return {most};
  });
  if (has_tile(x)) {
    Axis a(axis);
    out.tile = op == Reduce::Sum       ? sum(x.tile, a)
               : op == Reduce::Product ? product(x.tile, a)
               : op == Reduce::Max     ? max(x.tile, a)
                                       : min(x.tile, a);
  }
  return out;
}

Node arg(bool of_largest, const Node &x, int axis) {
  Node out = along(x, axis, i32, false, [&](const std::vector<Number> &line) -> std::vector<Number> {
    size_t best = 0;
    for (size_t i = 0; i < line.size(); ++i) {
      if (!line[i].known) return {unknown()};
      const auto wins = beats(is_float(x.dtype), of_largest, line[i], line[best]);
      if (!wins && i != best) return {unknown()};
      if (wins.value_or(false)) best = i;
    }
    return {integer(int64_t(best))};
  });
  if (has_tile(x)) out.tile = of_largest ? argmax(x.tile, Axis(axis)) : argmin(x.tile, Axis(axis));
  return out;
}

Node cumulative_sum(const Node &x, int axis, bool reverse, bool exclusive) {
  const bool floats = is_float(x.dtype);
  Node out = along(x, axis, x.dtype, true, [&](std::vector<Number> line) {
    if (reverse) std::reverse(line.begin(), line.end());
    Sum sum{.is_float = floats, .is_narrow = x.dtype == i32};
    std::vector<Number> made;
    for (const Number &n : line) {
      if (exclusive) made.push_back(sum.result());
      sum.add(n);
      if (!exclusive) made.push_back(sum.result());
    }
    if (reverse) std::reverse(made.begin(), made.end());
    return made;
  });
  if (has_tile(x)) out.tile = cumsum(x.tile, Axis(axis), {.reverse = reverse, .exclusive = exclusive});
  return out;
}

} // namespace tile::test
