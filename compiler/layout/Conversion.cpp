// The plan of a conversion between two layouts of one tile: the cheapest of renaming registers, shuffling inside each
// warp, and going through scratch. Solved on the bases, then written out for each register and lane.
#include "compiler/layout/F2.h"

#include <stdexcept>

namespace tile::layout {
namespace {

/// A linear map from target bits to source bits; nothing where some target basis is no sum of source bases.
std::optional<Bases> solveAll(const f2::Span &source, const Bases &target, int tagShift) {
  Bases map;
  for (uint32_t basis : target) {
    auto tag = source.solve(basis);
    if (!tag) return std::nullopt;
    map.push_back(uint32_t(*tag >> tagShift));
  }
  return map;
}

std::vector<int> written(const Bases &map) {
  std::vector<uint32_t> all = f2::images(map);
  return {all.begin(), all.end()};
}

constexpr int kRegisterTag = 32; ///< tags: lane bits below, register bits from here on

std::optional<ConversionPlan> rename(const Layout &from, const Layout &to) {
  if (from.bases(In::Lane) != to.bases(In::Lane)) return std::nullopt;
  f2::Span registers;
  for (int i = 0; i < from.bases(In::Register).size(); ++i)
    registers.insert(from.bases(In::Register)[i], uint64_t(1) << i);
  auto map = solveAll(registers, to.bases(In::Register), 0);
  if (!map) return std::nullopt;
  return ConversionPlan{ConversionPlan::Kind::Rename, written(*map), {}};
}

/// For each lane bit of the target the source lanes to read from. A bit that means the same in both stays: a lane then
/// reads its own value wherever it can.
std::optional<Bases> laneMap(const f2::Span &lanes, const Layout &from, const Layout &to) {
  Bases map;
  for (int i = 0; i < to.bases(In::Lane).size(); ++i) {
    const uint32_t basis = to.bases(In::Lane)[i];
    auto source = basis == from.bases(In::Lane)[i] ? uint64_t(1) << i : lanes.solve(basis);
    if (!source) return std::nullopt;
    map.push_back(uint32_t(*source));
  }
  return map;
}

// Target register t, lane l holds R(t) + L(l). A source register of its own for each t (not for each lane) means: the
// source's lanes alone must give every L(l), and its registers and lanes together every R(t).
std::optional<ConversionPlan> shuffle(const Layout &from, const Layout &to) {
  f2::Span held;
  for (int i = 0; i < from.bases(In::Lane).size(); ++i) held.insert(from.bases(In::Lane)[i], uint64_t(1) << i);
  const std::optional<Bases> lanes = laneMap(held, from, to);
  for (int i = 0; i < from.bases(In::Register).size(); ++i)
    held.insert(from.bases(In::Register)[i], uint64_t(1) << (kRegisterTag + i));
  const std::optional<Bases> registers = solveAll(held, to.bases(In::Register), kRegisterTag);
  if (!lanes || !registers) return std::nullopt;

  const std::vector<uint32_t> laneSource = f2::images(*lanes);
  ConversionPlan plan{ConversionPlan::Kind::Shuffle, written(*registers), {}};
  for (uint32_t offset : f2::images(*solveAll(held, to.bases(In::Register), 0))) {
    std::vector<int> &sources = plan.source_lane.emplace_back();
    for (uint32_t lane : laneSource) sources.push_back(int(lane ^ offset));
  }
  return plan;
}

} // namespace

ConversionPlan plan_conversion(const Layout &from, const Layout &to) {
  if (from.shape() != to.shape() || from.lanes() != to.lanes() || from.warps() != to.warps())
    throw std::invalid_argument("conversion from " + from.str() + " to " + to.str() +
                                ": shapes, lanes and warps must be equal");
  if (from.bases(In::Warp) == to.bases(In::Warp)) {
    if (auto plan = rename(from, to)) return *plan;
    if (auto plan = shuffle(from, to)) return *plan;
  }
  return ConversionPlan{ConversionPlan::Kind::Scratch, {}, {}};
}

} // namespace tile::layout
