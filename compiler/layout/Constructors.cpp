// Layouts made from what an access wants: coordinate bits are dealt out to registers, lanes and warps, each bit once.
#include "compiler/layout/Layout.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace tile::layout {
namespace {

int log2Of(int value, const char *what) {
  if (value < 1 || !std::has_single_bit(unsigned(value)))
    throw std::invalid_argument(std::string(what) + " = " + std::to_string(value) + " is no power of two");
  return std::countr_zero(unsigned(value));
}

/// The bits of a tile not dealt out yet. In each dimension the lowest go first.
class Deck {
public:
  explicit Deck(const Shape &shape) : shape_(shape) {}

  /// Moves up to `count` bits of `dim` to `to`; says how many.
  int deal(int dim, int count, Bases &to) {
    count = std::min(count, shape_.log2(dim) - next_[dim]);
    for (int i = 0; i < count; ++i) to.push_back(uint32_t(1) << (shape_.shift(dim) + next_[dim]++));
    return count;
  }

private:
  Shape shape_;
  std::array<int, kMaxRank> next_{};
};

void padWithCopies(Bases &bases, int size) {
  while (bases.size() < size) bases.push_back(0);
}

} // namespace

Layout for_access(Shape shape, const AccessShape &how) {
  const int laneBits = log2Of(how.lanes, "lanes"), warpBits = log2Of(how.warps, "warps");
  int vectorBits = how.lane_contiguous ? 0 : log2Of(how.vector, "vector");
  vectorBits = std::min(vectorBits, std::max(0, shape.bits() - laneBits - warpBits));

  Deck deck(shape);
  Bases reg, lane, warp;
  const int last = shape.rank() - 1;
  if (last >= 0) deck.deal(last, vectorBits, reg);
  for (int dim = last; dim >= 0; --dim) deck.deal(dim, laneBits - lane.size(), lane);
  for (int dim = 0; dim <= last; ++dim) deck.deal(dim, warpBits - warp.size(), warp);
  for (int dim = last; dim >= 0; --dim) deck.deal(dim, shape.log2(dim), reg);
  padWithCopies(lane, laneBits);
  padWithCopies(warp, warpBits);
  return Layout(shape, reg, lane, warp);
}

} // namespace tile::layout
