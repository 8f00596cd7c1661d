// The plan of a memory access: how many elements one lane may access at once, and why not more.
#include "compiler/layout/F2.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace tile::layout {
namespace {

struct Limit {
  int64_t width;
  std::string why; ///< empty: nothing wider exists
};

void check(const Shape &shape, const AccessFacts &facts) {
  const size_t rank = size_t(shape.rank());
  if (facts.strides.size() != rank || (!facts.masked.empty() && facts.masked.size() != rank) ||
      (!facts.extent_divisor.empty() && facts.extent_divisor.size() != rank))
    throw std::invalid_argument("access to a tile of shape " + shape.str() + ": facts are of another rank");
  auto powerOfTwo = [](int64_t v) { return v > 0 && std::has_single_bit(uint64_t(v)); };
  if (!powerOfTwo(facts.aligned) || facts.element_bytes < 1 || facts.max_bytes < 1 ||
      !std::all_of(facts.extent_divisor.begin(), facts.extent_divisor.end(), powerOfTwo))
    throw std::invalid_argument("access to a tile of shape " + shape.str() +
                                ": alignment and divisors must be powers of two, sizes positive");
}

std::string onDimension(const std::string &what, int dim) {
  return what + " of dimension " + std::to_string(dim);
}

std::string strideWhy(const AccessFacts &facts, int dim) {
  const auto &stride = facts.strides[dim];
  return onDimension("stride", dim) + " is " + (stride ? std::to_string(*stride) : "unknown");
}

/// True when lanes and warps (and registers, where asked) leave the lowest `bits` coordinate bits alone.
bool leaveAlone(const Layout &layout, uint32_t bits, std::initializer_list<In> kinds) {
  for (In in : kinds)
    for (uint32_t basis : layout.bases(in))
      if ((basis & bits) != 0) return false;
  return true;
}

/// Neighbours on the last dimension that are registers of one lane, the same ones in every lane.
Limit heldTogether(const Layout &layout) {
  const int last = layout.shape().rank() - 1, count = layout.neighbours();
  if (last < 0) return {1, "the tile is one element"};
  return {count, "a lane holds " + std::to_string(count) + onDimension(count > 1 ? " neighbours" : " element", last) +
                     (count > 1 ? "" : " at a time")};
}

std::vector<Limit> limits(const Layout &layout, const AccessFacts &facts) {
  std::vector<Limit> all;
  const int64_t widest = int64_t(std::bit_floor(unsigned(std::max(1, facts.max_bytes / facts.element_bytes))));
  all.push_back({widest, ""});
  all.push_back(heldTogether(layout));
  const int last = layout.shape().rank() - 1;
  if (last < 0) return all;
  if (!facts.masked.empty() && facts.masked[last]) {
    const int64_t divisor = facts.extent_divisor.empty() ? 1 : facts.extent_divisor[last];
    all.push_back({divisor, "the distance to the view's end on dimension " + std::to_string(last) +
                                " is known to be a multiple of " + std::to_string(divisor) + " only"});
  }
  all.push_back({facts.aligned, "rows are aligned to " + std::to_string(facts.aligned) +
                                    (facts.aligned == 1 ? " element" : " elements")});
  if (facts.strides[last] != 1) all.push_back({1, strideWhy(facts, last)});
  // `aligned` says nothing about strides of 1: rows one element apart start anywhere.
  for (int dim = 0; dim < last; ++dim)
    if (facts.strides[dim] == 1 && layout.shape().extent(dim) > 1) all.push_back({1, strideWhy(facts, dim)});
  return all;
}

/// Registers by memory order, `width` to a group.
std::vector<std::vector<int>> grouped(const Layout &layout, int width) {
  const std::vector<uint32_t> place = f2::images(layout.bases(In::Register));
  std::vector<int> order(place.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return place[a] < place[b]; });
  std::vector<std::vector<int>> groups;
  for (size_t first = 0; first < order.size(); first += size_t(width))
    groups.emplace_back(order.begin() + first, order.begin() + first + width);
  return groups;
}

bool lanesContiguous(const Layout &layout, const AccessFacts &facts) {
  const int last = layout.shape().rank() - 1;
  const Bases &lanes = layout.bases(In::Lane);
  if (last < 0 || facts.strides[last] != 1 || lanes.size() > layout.shape().log2(last)) return false;
  for (int i = 0; i < lanes.size(); ++i)
    if (lanes[i] != uint32_t(1) << i) return false;
  return leaveAlone(layout, uint32_t(layout.lanes() - 1), {In::Register, In::Warp});
}

} // namespace

int Layout::neighbours() const {
  const int last = shape_.rank() - 1;
  f2::Span registers;
  for (uint32_t basis : bases(In::Register)) registers.insert(basis);
  int bits = 0;
  while (last >= 0 && bits < shape_.log2(last) && registers.contains(uint32_t(1) << bits) &&
         leaveAlone(*this, uint32_t(1) << bits, {In::Lane, In::Warp}))
    ++bits;
  return 1 << bits;
}

AccessPlan plan_access(const Layout &layout, const AccessFacts &facts, bool simd) {
  check(layout.shape(), facts);
  AccessPlan plan;
  if (simd && layout.uniform(In::Lane))
    plan.kind = AccessPlan::Kind::Uniform;
  else if (simd && lanesContiguous(layout, facts))
    plan.kind = AccessPlan::Kind::LaneContiguous;
  if (plan.kind == AccessPlan::Kind::PerLane) {
    // Of equal limits the memory's is told before the layout's, which was chosen to suit the memory; but the widest
    // there is, is no limit.
    const std::vector<Limit> all = limits(layout, facts);
    auto narrower = [](const Limit &a, const Limit &b) { return a.width < b.width; };
    const Limit &last = *std::min_element(all.rbegin(), all.rend(), narrower);
    const Limit &tightest = last.width < all.front().width ? last : all.front();
    plan.width = int(tightest.width);
    plan.limit = tightest.why;
  }
  plan.groups = grouped(layout, plan.width);
  return plan;
}

} // namespace tile::layout
