// Elements under other coordinates (reshape, transpose), and tiles put together and taken apart in registers. No data
// moves: each lane keeps what it holds.
#include "compiler/layout/F2.h"

#include <stdexcept>

namespace tile::layout {
namespace {

constexpr std::array<In, 3> kAll = {In::Register, In::Lane, In::Warp};

Layout mapped(const Layout &layout, const Shape &shape, auto &&change) {
  std::array<Bases, 3> bases;
  for (In in : kAll)
    for (uint32_t basis : layout.bases(in)) bases[int(in)].push_back(change(basis));
  return Layout(shape, bases[0], bases[1], bases[2]);
}

int topBit(const Shape &shape, int dim) {
  return shape.shift(dim) + shape.log2(dim) - 1;
}

void checkDim(const Shape &shape, int dim) {
  if (dim < 0 || dim >= shape.rank())
    throw std::invalid_argument("no dimension " + std::to_string(dim) + " in a tile of shape " + shape.str());
}

} // namespace

Layout reshape(const Layout &layout, const Shape &shape) {
  if (shape.bits() != layout.shape().bits())
    throw std::invalid_argument("reshape of " + layout.shape().str() + " to " + shape.str() +
                                ": the numbers of elements differ");
  return Layout(shape, layout.bases(In::Register), layout.bases(In::Lane), layout.bases(In::Warp));
}

Layout transpose(const Layout &layout, std::span<const int64_t> order) {
  const Shape &from = layout.shape();
  uint32_t seen = 0;
  std::vector<int64_t> extents;
  for (int64_t dim : order) {
    if (dim < 0 || dim >= from.rank() || (seen >> dim & 1))
      throw std::invalid_argument("transpose of " + from.str() + ": the order is no permutation of its dimensions");
    seen |= 1u << dim;
    extents.push_back(from.extent(int(dim)));
  }
  if (order.size() != size_t(from.rank()))
    throw std::invalid_argument("transpose of " + from.str() + ": the order names " + std::to_string(order.size()) +
                                " dimensions");
  const Shape to(extents);
  return mapped(layout, to, [&](uint32_t basis) {
    uint32_t out = 0;
    for (int d = 0; d < to.rank(); ++d) out |= uint32_t(from.coord(basis, int(order[size_t(d)]))) << to.shift(d);
    return out;
  });
}

std::optional<int> halving_register(const Layout &layout, int dim) {
  checkDim(layout.shape(), dim);
  if (layout.shape().extent(dim) == 1) return std::nullopt;
  const uint32_t top = uint32_t(1) << topBit(layout.shape(), dim);
  std::optional<int> found;
  for (In in : kAll)
    for (int i = 0; i < layout.bases(in).size(); ++i) {
      const uint32_t basis = layout.bases(in)[i];
      if (!(basis & top)) continue;
      if (in != In::Register || basis != top || found) return std::nullopt;
      found = i;
    }
  return found;
}

std::optional<Layout> half(const Layout &layout, int dim) {
  const std::optional<int> gone = halving_register(layout, dim);
  if (!gone) return std::nullopt;
  const Shape &from = layout.shape();
  const uint32_t keep = uint32_t(from.size() - 1) & ~(uint32_t(1) << topBit(from, dim));
  Layout all = mapped(layout, from.replaced(dim, from.extent(dim) / 2),
                      [&](uint32_t basis) { return f2::compress(basis, keep); });
  Bases reg;
  for (int i = 0; i < all.bases(In::Register).size(); ++i)
    if (i != *gone) reg.push_back(all.bases(In::Register)[i]);
  return Layout(all.shape(), reg, all.bases(In::Lane), all.bases(In::Warp));
}

Layout doubled(const Layout &layout, int dim) {
  checkDim(layout.shape(), dim);
  const Shape to = layout.shape().replaced(dim, layout.shape().extent(dim) * 2);
  const uint32_t top = uint32_t(1) << topBit(to, dim), below = top - 1;
  Layout all = mapped(layout, to, [&](uint32_t basis) { return (basis & below) | (basis & ~below) << 1; });
  Bases reg = all.bases(In::Register);
  reg.push_back(top);
  return Layout(to, reg, all.bases(In::Lane), all.bases(In::Warp));
}

} // namespace tile::layout
