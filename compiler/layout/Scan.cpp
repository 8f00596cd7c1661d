// The plan of a scan: which hardware bits the bits of the dimension are, from the lowest up, and how the totals of the
// warps' blocks come together.
#include "compiler/layout/F2.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace tile::layout {
namespace {

constexpr std::array<In, 3> kAll = {In::Register, In::Lane, In::Warp};

[[noreturn]] void refuse(const Layout &layout, int dim, const std::string &why) {
  throw std::invalid_argument("scan along dimension " + std::to_string(dim) + " of " + layout.str() + ": " + why);
}

struct Holder {
  In in = In::Register;
  int bit = -1; ///< -1: none
};

/// The hardware bit that each bit of the dimension is, from the lowest up.
std::vector<Holder> holdersOf(const Layout &layout, int dim) {
  const uint32_t mask = layout.shape().mask(dim);
  std::vector<Holder> holders(size_t(layout.shape().log2(dim)));
  for (In in : kAll)
    for (int i = 0; i < layout.bases(in).size(); ++i) {
      const uint32_t basis = layout.bases(in)[i];
      if (!(basis & mask)) continue;
      if (!std::has_single_bit(basis)) refuse(layout, dim, "a register, lane or warp bit is not one bit of it");
      Holder &holder = holders[size_t(std::countr_zero(basis) - layout.shape().shift(dim))];
      if (holder.bit >= 0) refuse(layout, dim, "two hardware bits are one bit of it");
      holder = {in, i};
    }
  return holders;
}

/// False where lane bits do not follow each other: neighbours are then not the same number of lanes apart everywhere.
bool addTo(std::vector<ScanPlan::Step> &steps, const Holder &holder) {
  if (steps.empty() || steps.back().in != holder.in) steps.push_back({holder.in, {}});
  std::vector<int> &bits = steps.back().bits;
  const bool follows = holder.in != In::Lane || bits.empty() || holder.bit == bits.back() + 1;
  bits.push_back(holder.bit);
  return follows;
}

/// The layout of one element for each block of 2^bits neighbours along `dim`.
Layout totalsOf(const Layout &layout, int dim, int bits) {
  const Shape &from = layout.shape();
  const Shape to = from.replaced(dim, from.extent(dim) >> bits);
  const uint32_t gone = ((uint32_t(1) << bits) - 1) << from.shift(dim), keep = uint32_t(from.size() - 1) & ~gone;
  std::array<Bases, 3> bases;
  for (In in : kAll)
    for (uint32_t basis : layout.bases(in))
      if (in != In::Register || (basis & keep)) bases[int(in)].push_back(f2::compress(basis, keep));
  return Layout(to, bases[0], bases[1], bases[2]);
}

Layout exchangeOf(const Layout &totals, const std::vector<int> &warpBits) {
  std::vector<uint32_t> reg(totals.bases(In::Register).begin(), totals.bases(In::Register).end());
  Bases warp = totals.bases(In::Warp), sorted;
  for (int bit : warpBits) {
    reg.push_back(warp[bit]);
    warp[bit] = 0;
  }
  std::sort(reg.begin(), reg.end());
  for (uint32_t basis : reg) sorted.push_back(basis);
  return Layout(totals.shape(), sorted, totals.bases(In::Lane), warp);
}

/// ScanPlan::before. A register's part of the coordinate is its block and its place among the other dimensions.
std::vector<std::vector<int>> neighbours(const Layout &layout, const ScanPlan &plan, int dim, int bits, bool reverse) {
  const Shape &from = layout.shape(), &to = plan.totals.shape();
  f2::Span held;
  for (int i = 0; i < plan.exchange.bases(In::Register).size(); ++i)
    held.insert(plan.exchange.bases(In::Register)[i], uint64_t(1) << i);
  const uint32_t gone = ((uint32_t(1) << bits) - 1) << from.shift(dim), keep = uint32_t(from.size() - 1) & ~gone;
  std::vector<std::vector<int>> all;
  for (uint32_t part : f2::images(layout.bases(In::Register))) {
    const uint32_t place = f2::compress(part, keep), other = place & ~to.mask(dim);
    std::vector<int> &before = all.emplace_back();
    for (int64_t warp = 0; warp < int64_t(1) << plan.warp_bits.size(); ++warp) {
      const int64_t block = (to.coord(place, dim) | warp) + (reverse ? 1 : -1);
      const bool first = block < 0 || block >= to.extent(dim);
      before.push_back(first ? -1 : int(*held.solve(other | uint32_t(block) << to.shift(dim))));
    }
  }
  return all;
}

} // namespace

ScanPlan plan_scan(const Layout &layout, int dim, bool reverse) {
  if (dim < 0 || dim >= layout.shape().rank())
    throw std::invalid_argument("no dimension " + std::to_string(dim) + " to scan in " + layout.shape().str());
  const std::vector<Holder> holders = holdersOf(layout, dim);
  ScanPlan plan;
  size_t next = 0;
  for (; next < holders.size() && holders[next].in != In::Warp; ++next)
    if (!addTo(plan.steps, holders[next])) refuse(layout, dim, "its lane bits are out of order");
  const int blockBits = int(next);
  for (; next < holders.size() && holders[next].in == In::Warp; ++next) plan.warp_bits.push_back(holders[next].bit);
  for (; next < holders.size(); ++next)
    if (holders[next].in != In::Register) refuse(layout, dim, "lanes or more warps come above its warps");
  plan.across_warps = !plan.warp_bits.empty();
  plan.totals = totalsOf(layout, dim, blockBits);
  if (!plan.across_warps) return plan;
  plan.exchange = exchangeOf(plan.totals, plan.warp_bits);
  plan.before = neighbours(layout, plan, dim, blockBits, reverse);
  return plan;
}

} // namespace tile::layout
