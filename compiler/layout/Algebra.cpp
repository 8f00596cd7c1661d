// Composition, inverse, product and quotient of layouts.
#include "compiler/layout/F2.h"

#include <stdexcept>

namespace tile::layout {
namespace {

constexpr std::array<In, 3> kAll = {In::Register, In::Lane, In::Warp};

/// All bases in the order of the packed hardware index: register bits lowest, then lane, then warp.
std::vector<uint32_t> hardwareBases(const Layout &layout) {
  std::vector<uint32_t> all;
  for (In in : kAll) all.insert(all.end(), layout.bases(in).begin(), layout.bases(in).end());
  return all;
}

/// Coordinates of a small tile as those of the tile that has `below` bits more under each dimension.
uint32_t embed(uint32_t packed, const Shape &from, const Shape &to, const Shape *below) {
  uint32_t out = 0;
  for (int dim = 0; dim < from.rank(); ++dim)
    out |= uint32_t(from.coord(packed, dim)) << (to.shift(dim) + (below ? below->log2(dim) : 0));
  return out;
}

} // namespace

Layout compose(const Layout &inner, const Layout &outer) {
  const std::vector<uint32_t> all = hardwareBases(outer);
  if (size_t(inner.shape().bits()) != all.size())
    throw std::invalid_argument("compose: the inner layout has 2^" + std::to_string(inner.shape().bits()) +
                                " elements, the outer one reads 2^" + std::to_string(all.size()));
  std::array<Bases, 3> bases;
  for (In in : kAll)
    for (uint32_t index : inner.bases(in)) {
      uint32_t sum = 0;
      for (; index != 0; index &= index - 1) sum ^= all[std::countr_zero(index)];
      bases[int(in)].push_back(sum);
    }
  return Layout(outer.shape(), bases[0], bases[1], bases[2]);
}

// Hardware bits are taken in rising order and only where they add something: no kernel vector has its leading bit among
// them, so the solution found is the lowest of its coset.
std::vector<uint32_t> invert(const Layout &layout) {
  const std::vector<uint32_t> all = hardwareBases(layout);
  f2::Span held;
  for (size_t i = 0; i < all.size(); ++i) held.insert(all[i], uint64_t(1) << i);
  std::vector<uint32_t> inverse;
  for (int bit = 0; bit < layout.shape().bits(); ++bit) {
    auto holder = held.solve(uint32_t(1) << bit);
    if (!holder)
      throw std::invalid_argument("invert: element " + layout.shape().coordinate(uint32_t(1) << bit) +
                                  " is held by no lane");
    inverse.push_back(uint32_t(*holder));
  }
  return inverse;
}

Layout product(const Layout &inner, const Layout &outer) {
  const Shape &in = inner.shape(), &out = outer.shape();
  if (in.rank() != out.rank())
    throw std::invalid_argument("product of tiles " + in.str() + " and " + out.str() + ": ranks differ");
  std::vector<int64_t> extents;
  for (int dim = 0; dim < in.rank(); ++dim) extents.push_back(in.extent(dim) * out.extent(dim));
  const Shape shape(extents);
  std::array<Bases, 3> bases;
  for (In kind : kAll) {
    for (uint32_t basis : inner.bases(kind)) bases[int(kind)].push_back(embed(basis, in, shape, nullptr));
    for (uint32_t basis : outer.bases(kind)) bases[int(kind)].push_back(embed(basis, out, shape, &in));
  }
  return Layout(shape, bases[0], bases[1], bases[2]);
}

std::optional<Layout> quotient(const Layout &whole, const Layout &inner) {
  const Shape &all = whole.shape(), &in = inner.shape();
  if (all.rank() != in.rank()) return std::nullopt;
  std::vector<int64_t> extents;
  for (int dim = 0; dim < all.rank(); ++dim) {
    if (all.log2(dim) < in.log2(dim)) return std::nullopt;
    extents.push_back(int64_t(1) << (all.log2(dim) - in.log2(dim)));
  }
  const Shape shape(extents);
  std::array<Bases, 3> bases;
  for (In kind : kAll)
    for (int i = inner.bases(kind).size(); i < whole.bases(kind).size(); ++i) {
      uint32_t packed = 0;
      for (int dim = 0; dim < all.rank(); ++dim)
        packed |= uint32_t(all.coord(whole.bases(kind)[i], dim) >> in.log2(dim)) << shape.shift(dim);
      bases[int(kind)].push_back(packed);
    }
  Layout outer(shape, bases[0], bases[1], bases[2]);
  // What was shifted out above, or differs below, shows when the product is taken back.
  return product(inner, outer) == whole ? std::optional(outer) : std::nullopt;
}

} // namespace tile::layout
