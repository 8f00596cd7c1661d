// Shapes and their packed coordinates; bases. A shape that exists has power-of-two extents and at most 2^kMaxBases
// elements.
#include "compiler/layout/Layout.h"

#include <bit>
#include <stdexcept>

namespace tile::layout {

Shape::Shape(std::span<const int64_t> extents) {
  if (extents.size() > size_t(kMaxRank))
    throw std::invalid_argument("tile of rank " + std::to_string(extents.size()) + ": the highest is " +
                                std::to_string(kMaxRank));
  for (int64_t extent : extents) {
    if (extent < 1 || !std::has_single_bit(uint64_t(extent)))
      throw std::invalid_argument("tile extent " + std::to_string(extent) + " is no power of two");
    log2_[rank_++] = int8_t(std::countr_zero(uint64_t(extent)));
  }
  check();
}

void Shape::check() const {
  if (bits() > kMaxBases)
    throw std::invalid_argument("tile of 2^" + std::to_string(bits()) + " elements: at most 2^" +
                                std::to_string(kMaxBases) + " are possible");
}

int Shape::bits() const {
  int sum = 0;
  for (int dim = 0; dim < rank_; ++dim) sum += log2_[dim];
  return sum;
}

int Shape::shift(int dim) const {
  int sum = 0;
  for (int lower = dim + 1; lower < rank_; ++lower) sum += log2_[lower];
  return sum;
}

uint32_t Shape::mask(int dim) const {
  return ((uint32_t(1) << log2_[dim]) - 1) << shift(dim);
}

uint32_t Shape::pack(std::span<const int64_t> coords) const {
  if (coords.size() != size_t(rank_))
    throw std::invalid_argument(std::to_string(coords.size()) + " coordinates for a tile of shape " + str());
  uint32_t packed = 0;
  for (int dim = 0; dim < rank_; ++dim) {
    if (coords[dim] < 0 || coords[dim] >= extent(dim))
      throw std::invalid_argument("coordinate " + std::to_string(coords[dim]) + " outside dimension " +
                                  std::to_string(dim) + " of " + str());
    packed = packed << log2_[dim] | uint32_t(coords[dim]);
  }
  return packed;
}

namespace {

void checkDim(const Shape &shape, int dim, int end) {
  if (dim < 0 || dim >= end)
    throw std::invalid_argument("no dimension " + std::to_string(dim) + " in a tile of shape " + shape.str());
}

std::vector<int64_t> extentsOf(const Shape &shape) {
  std::vector<int64_t> extents;
  for (int dim = 0; dim < shape.rank(); ++dim) extents.push_back(shape.extent(dim));
  return extents;
}

} // namespace

Shape Shape::without(int dim) const {
  checkDim(*this, dim, rank_);
  std::vector<int64_t> extents = extentsOf(*this);
  extents.erase(extents.begin() + dim);
  return Shape(extents);
}

Shape Shape::with(int dim, int64_t extent) const {
  checkDim(*this, dim, rank_ + 1);
  std::vector<int64_t> extents = extentsOf(*this);
  extents.insert(extents.begin() + dim, extent);
  return Shape(extents);
}

Shape Shape::replaced(int dim, int64_t extent) const {
  checkDim(*this, dim, rank_);
  std::vector<int64_t> extents = extentsOf(*this);
  extents[dim] = extent;
  return Shape(extents);
}

void Bases::push_back(uint32_t b) {
  if (size_ == kMaxBases) throw std::invalid_argument("more than " + std::to_string(kMaxBases) + " bases");
  v_[size_++] = b;
}

} // namespace tile::layout
