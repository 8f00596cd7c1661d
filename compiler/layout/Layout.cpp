// The map itself: evaluation, its invariants, its hash.
#include "compiler/layout/F2.h"

namespace tile::layout {

uint32_t Layout::part(In in, uint32_t index) const {
  return f2::apply(bases(in), index);
}

uint32_t Layout::operator()(uint32_t reg, uint32_t lane, uint32_t warp) const {
  return part(In::Register, reg) ^ part(In::Lane, lane) ^ part(In::Warp, warp);
}

uint32_t Layout::free_bits(In in) const {
  uint32_t free = 0;
  for (int i = 0; i < bases(in).size(); ++i) free |= uint32_t(bases(in)[i] == 0) << i;
  return free;
}

bool Layout::uniform(In in) const {
  return std::popcount(free_bits(in)) == bases(in).size();
}

namespace {

constexpr std::array<const char *, 3> kInNames = {"register", "lane", "warp"};

std::string describe(const Layout &layout, In in, int i) {
  uint32_t basis = layout.bases(in)[i];
  bool inside = basis < layout.shape().size();
  return std::string(kInNames[int(in)]) + " basis " + std::to_string(i) + " = " +
         (inside ? layout.shape().coordinate(basis) : "packed " + std::to_string(basis));
}

std::optional<std::string> outside(const Layout &layout) {
  for (In in : {In::Register, In::Lane, In::Warp})
    for (int i = 0; i < layout.bases(in).size(); ++i)
      if (layout.bases(in)[i] >= layout.shape().size())
        return describe(layout, in, i) + " lies outside the shape " + layout.shape().str();
  return std::nullopt;
}

} // namespace

std::optional<std::string> Layout::verify() const {
  if (auto wrong = outside(*this)) return wrong;
  if (bases(In::Register).size() + bases(In::Lane).size() + bases(In::Warp).size() > 32)
    return "more than 32 bits of register, lane and warp";
  f2::Span held;
  for (In in : {In::Lane, In::Warp})
    for (uint32_t basis : bases(in)) held.insert(basis);
  for (int i = 0; i < bases(In::Register).size(); ++i) {
    uint32_t basis = bases(In::Register)[i];
    if (!held.insert(basis))
      return describe(*this, In::Register, i) + (basis == 0 ? " is zero" : " is a sum of other bases");
  }
  for (int bit = 0; bit < shape_.bits(); ++bit)
    if (!held.contains(uint32_t(1) << bit))
      return "element " + shape_.coordinate(uint32_t(1) << bit) + " is held by no lane";
  return std::nullopt;
}

size_t Layout::hash() const {
  uint64_t h = 0x9e3779b97f4a7c15;
  auto mix = [&h](uint64_t v) {
    h = (h ^ v) * 0xff51afd7ed558ccd;
    h ^= h >> 32;
  };
  mix(uint64_t(shape_.rank()));
  for (int dim = 0; dim < shape_.rank(); ++dim) mix(uint64_t(shape_.log2(dim)));
  for (const Bases &bases : bases_) {
    mix(uint64_t(bases.size()));
    for (uint32_t basis : bases) mix(basis);
  }
  return size_t(h);
}

} // namespace tile::layout
