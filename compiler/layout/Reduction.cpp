// The plan of a reduction over one dimension. What a register, lane or warp bit contributes to the dimension is taken
// away step by step; each step's layout is the map modulo what is gone.
#include "compiler/layout/F2.h"

#include <algorithm>
#include <stdexcept>

namespace tile::layout {
namespace {

constexpr int kMaxDimBitsInRegisters = 3; ///< of the exchange: up to 8 warps' partial results in one lane

/// The tile modulo a span of vectors along one dimension: that dimension shrinks, the others stay.
struct Modulo {
  const f2::Span &gone;
  Shape from, to;

  Modulo(const f2::Span &gone, const Shape &from, int dim)
      : gone(gone), from(from), to(from.replaced(dim, from.extent(dim) >> gone.rank())) {}

  // Rows are packed without holes: dropping bits of one dimension moves the higher ones down by itself.
  uint32_t operator()(uint32_t packed) const {
    return f2::compress(gone.reduce(packed), uint32_t(from.size() - 1) & ~gone.pivots());
  }

  Bases operator()(const Bases &bases) const {
    Bases out;
    for (uint32_t basis : bases) out.push_back((*this)(basis));
    return out;
  }
};

/// Which registers of a lane differ in `dim` only.
struct RegisterStep {
  Bases kept;       ///< register bases that remain, still coordinates of the source
  Bases keptIndex;  ///< the source register bit of each
  Bases partners;   ///< source registers whose coordinate differs from register 0's in `dim` only (a basis of them)
  f2::Span reduced; ///< their coordinates
};

RegisterStep registersAlong(const Layout &layout, int dim) {
  RegisterStep step;
  f2::Span others;
  const Bases &bases = layout.bases(In::Register);
  for (int i = 0; i < bases.size(); ++i) {
    const uint32_t index = uint32_t(1) << i, other = bases[i] & ~layout.shape().mask(dim);
    if (others.insert(other, index)) {
      step.kept.push_back(bases[i]);
      step.keptIndex.push_back(index);
      continue;
    }
    const uint32_t partner = index ^ uint32_t(*others.solve(other));
    step.partners.push_back(partner);
    step.reduced.insert(layout.part(In::Register, partner));
  }
  return step;
}

std::vector<std::vector<int>> combinations(const RegisterStep &step) {
  const std::vector<uint32_t> partners = f2::images(step.partners);
  std::vector<std::vector<int>> all;
  for (uint32_t first : f2::images(step.keptIndex)) {
    std::vector<int> &sources = all.emplace_back();
    for (uint32_t partner : partners) sources.push_back(int(first ^ partner));
    std::sort(sources.begin(), sources.end());
  }
  return all;
}

[[noreturn]] void swizzled(const Layout &layout, int dim, const std::string &why) {
  throw std::invalid_argument("reduction over dimension " + std::to_string(dim) + " of " + layout.str() + ": " + why);
}

/// Adds the bits of `in` along `dim` to `gone`; gives the indices of those that added something.
std::vector<int> bitsAlong(const Layout &layout, In in, int dim, f2::Span &gone) {
  const uint32_t mask = layout.shape().mask(dim);
  std::vector<int> bits;
  for (int i = 0; i < layout.bases(in).size(); ++i) {
    const uint32_t basis = layout.bases(in)[i];
    if ((basis & mask) != 0 && (basis & ~mask) != 0)
      swizzled(layout, dim, "a lane or warp bit moves along another dimension too");
    if ((basis & mask) != 0 && gone.insert(basis)) bits.push_back(i);
  }
  return bits;
}

/// Bits of a tile in rising order take the places of bits that hold copies; the highest first.
void takeOver(Bases &hardware, Bases &bits) {
  const int copies = int(std::count(hardware.begin(), hardware.end(), 0u)), moved = std::min(copies, bits.size());
  const int stay = bits.size() - moved;
  for (int i = 0, next = stay; i < hardware.size() && next < stay + moved; ++i)
    if (hardware[i] == 0) hardware[i] = bits[next++];
  while (bits.size() > stay) bits.pop_back();
}

Bases sorted(const Bases &first, const Bases &second) {
  std::vector<uint32_t> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  std::sort(all.begin(), all.end());
  Bases out;
  for (uint32_t basis : all) out.push_back(basis);
  return out;
}

Layout exchangeFor(const Layout &partial, int dim) {
  const Shape &shape = partial.shape();
  const uint32_t mask = shape.mask(dim);
  Bases along, others, lane = partial.bases(In::Lane), warp;
  for (int bit = 0; bit < shape.log2(dim); ++bit) along.push_back(uint32_t(1) << (shape.shift(dim) + bit));
  for (uint32_t basis : partial.bases(In::Register)) others.push_back(basis & ~mask);
  for (uint32_t basis : partial.bases(In::Warp)) warp.push_back(basis & ~mask);
  others = sorted(others, {});
  takeOver(warp, others);
  if (along.size() > kMaxDimBitsInRegisters) takeOver(lane, along);
  takeOver(lane, others);
  return Layout(shape, sorted(others, along), lane, warp);
}

} // namespace

ReductionPlan plan_reduction(const Layout &layout, int dim) {
  if (dim < 0 || dim >= layout.shape().rank())
    throw std::invalid_argument("no dimension " + std::to_string(dim) + " to reduce in " + layout.shape().str());
  const RegisterStep step = registersAlong(layout, dim);
  f2::Span afterLanes = step.reduced;
  const std::vector<int> laneBits = bitsAlong(layout, In::Lane, dim, afterLanes);
  f2::Span afterWarps = afterLanes;
  bitsAlong(layout, In::Warp, dim, afterWarps);
  if (afterWarps.rank() != layout.shape().log2(dim))
    swizzled(layout, dim, "registers move along another dimension together with lanes or warps");

  auto modulo = [&](const f2::Span &gone) {
    Modulo map(gone, layout.shape(), dim);
    return Layout(map.to, map(step.kept), map(layout.bases(In::Lane)), map(layout.bases(In::Warp)));
  };
  ReductionPlan plan;
  plan.after_registers = modulo(step.reduced);
  plan.registers = combinations(step);
  for (int bit : laneBits) plan.lane_masks.push_back(1 << bit);
  plan.after_lanes = modulo(afterLanes);
  plan.across_warps = plan.after_lanes.shape().extent(dim) > 1;
  if (plan.across_warps) {
    plan.exchange = exchangeFor(plan.after_lanes, dim);
    plan.result = plan_reduction(plan.exchange, dim).result;
  } else {
    plan.result = slice(plan.after_lanes, dim);
  }
  return plan;
}

} // namespace tile::layout
