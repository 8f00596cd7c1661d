// See Machine.h.
#include "Machine.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace tile::layout::test {
namespace {

int pick(std::mt19937 &random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

Registers emptyRegisters(const Layout &layout) {
  return Registers(layout.warps(), std::vector(layout.lanes(), std::vector<uint64_t>(size_t(layout.registers()), 0)));
}

template <typename Visit> void forEachHolder(const Layout &layout, Visit &&visit) {
  for (int warp = 0; warp < layout.warps(); ++warp)
    for (int lane = 0; lane < layout.lanes(); ++lane)
      for (int reg = 0; reg < layout.registers(); ++reg)
        visit(warp, lane, reg, layout(uint32_t(reg), uint32_t(lane), uint32_t(warp)));
}

} // namespace

Tile randomTile(const Shape &shape, std::mt19937 &random) {
  Tile tile(size_t(shape.size()));
  for (uint64_t &value : tile) value = uint64_t(random()) << 32 | random();
  return tile;
}

Registers distribute(const Layout &layout, const Tile &tile) {
  Registers registers = emptyRegisters(layout);
  forEachHolder(layout, [&](int w, int l, int r, uint32_t at) { registers[w][l][r] = tile.at(at); });
  return registers;
}

Tile collect(const Layout &layout, const Registers &registers) {
  Tile tile(size_t(layout.shape().size()));
  std::vector<bool> held(tile.size());
  int differing = 0;
  forEachHolder(layout, [&](int w, int l, int r, uint32_t at) {
    differing += held[at] && tile[at] != registers.at(w).at(l).at(r);
    tile[at] = registers.at(w).at(l).at(r);
    held[at] = true;
  });
  EXPECT_EQ(differing, 0) << "holders of one element differ in " << layout.str();
  EXPECT_TRUE(std::all_of(held.begin(), held.end(), [](bool b) { return b; })) << layout.str();
  return tile;
}

Tile summed(const Shape &shape, const Tile &tile, int dim) {
  Tile out(tile.size() >> shape.log2(dim));
  for (uint32_t at = 0; at < tile.size(); ++at) {
    const uint32_t below = at & ((uint32_t(1) << shape.shift(dim)) - 1);
    const uint32_t above = at >> (shape.shift(dim) + shape.log2(dim));
    out[above << shape.shift(dim) | below] += tile[at];
  }
  return out;
}

Registers convert(const Layout &from, const Layout &to, const Registers &registers) {
  const ConversionPlan plan = plan_conversion(from, to);
  if (plan.kind == ConversionPlan::Kind::Scratch) return distribute(to, collect(from, registers));
  Registers out = emptyRegisters(to);
  forEachHolder(to, [&](int w, int l, int r, uint32_t) {
    const bool shuffle = plan.kind == ConversionPlan::Kind::Shuffle;
    out[w][l][r] = registers.at(w).at(shuffle ? plan.source_lane.at(r).at(l) : l).at(plan.registers.at(r));
  });
  return out;
}

namespace {

Registers combined(const ReductionPlan &plan, const Registers &registers) {
  Registers out = emptyRegisters(plan.after_registers);
  EXPECT_EQ(plan.registers.size(), size_t(plan.after_registers.registers()));
  forEachHolder(plan.after_registers, [&](int w, int l, int r, uint32_t) {
    for (int source : plan.registers.at(r)) out[w][l][r] += registers.at(w).at(l).at(source);
  });
  return out;
}

Registers butterfly(const ReductionPlan &plan, Registers registers) {
  for (int mask : plan.lane_masks) {
    const Registers before = registers;
    forEachHolder(plan.after_registers,
                  [&](int w, int l, int r, uint32_t) { registers[w][l][r] += before.at(w).at(l ^ mask).at(r); });
  }
  return registers;
}

void expectSum(const Layout &layout, int dim, const Registers &registers, const Tile &expected) {
  EXPECT_EQ(layout.verify(), std::nullopt) << layout.str();
  EXPECT_EQ(summed(layout.shape(), collect(layout, registers), dim), expected) << layout.str();
}

/// The exchange: no fewer warps at work than could be, no more registers than that takes.
void checkExchange(const ReductionPlan &plan, int dim) {
  const Layout &exchange = plan.exchange;
  EXPECT_EQ(exchange.shape(), plan.after_lanes.shape());
  for (uint32_t basis : exchange.bases(In::Warp))
    EXPECT_EQ(basis & exchange.shape().mask(dim), 0u) << "a warp lies along the dimension";
  const bool idle = exchange.free_bits(In::Warp) != 0 || exchange.free_bits(In::Lane) != 0;
  for (uint32_t basis : exchange.bases(In::Register)) {
    const bool along = (basis & exchange.shape().mask(dim)) != 0;
    EXPECT_TRUE(along || !idle) << "a copy could have taken a register's work: " << exchange.str();
    EXPECT_TRUE(!along || exchange.shape().log2(dim) <= 3 || exchange.free_bits(In::Lane) == 0) << exchange.str();
  }
  EXPECT_FALSE(plan_reduction(exchange, dim).across_warps);
  EXPECT_EQ(plan_reduction(exchange, dim).result, plan.result);
}

} // namespace

void checkReduction(const Layout &layout, int dim, std::mt19937 &random) {
  SCOPED_TRACE(layout.str() + " over dimension " + std::to_string(dim));
  const ReductionPlan plan = plan_reduction(layout, dim);
  const Tile tile = randomTile(layout.shape(), random);
  const Tile expected = summed(layout.shape(), tile, dim);

  Registers registers = combined(plan, distribute(layout, tile));
  expectSum(plan.after_registers, dim, registers, expected);
  registers = butterfly(plan, registers);
  expectSum(plan.after_lanes, dim, registers, expected);
  EXPECT_EQ(plan.across_warps, plan.after_lanes.shape().extent(dim) > 1);

  Layout last = plan.after_lanes;
  if (plan.across_warps) {
    checkExchange(plan, dim);
    registers = convert(plan.after_lanes, plan.exchange, registers);
    expectSum(plan.exchange, dim, registers, expected);
    const ReductionPlan again = plan_reduction(plan.exchange, dim);
    registers = butterfly(again, combined(again, registers));
    last = again.after_lanes;
  }
  EXPECT_EQ(last.shape().extent(dim), 1);
  EXPECT_EQ(plan.result.verify(), std::nullopt);
  EXPECT_EQ(plan.result.shape(), layout.shape().without(dim));
  EXPECT_EQ(plan.result.registers(), last.registers());
  EXPECT_EQ(collect(plan.result, registers), expected);
}

void forEachAccessLayout(const std::function<void(const Layout &)> &check) {
  for (int64_t rows : {1, 2, 4, 16, 64})
    for (int64_t columns : {1, 2, 8, 32, 64, 256, 1024, 4096}) {
      if (rows * columns > 16384) continue;
      const Shape shape{rows, columns};
      for (int warps : {1, 4, 8, 32})
        for (int vector : {1, 4, 8}) check(for_access(shape, {.lanes = 32, .warps = warps, .vector = vector}));
      check(for_access(shape, {.lanes = 16, .warps = 1, .lane_contiguous = true}));
      // Rows in registers and columns over the warps: what a block for each row makes of several rows.
      check(before_broadcast(for_access(shape, {.lanes = 32, .warps = 1, .vector = 2}), shape));
    }
  for (int64_t size : {1, 16, 128, 4096})
    for (int warps : {1, 8}) {
      check(for_access(Shape{size}, {.lanes = 32, .warps = warps, .vector = 4}));
      check(for_access(Shape{4, 2, size}, {.lanes = 32, .warps = warps, .vector = 2}));
    }
}

namespace {

Shape randomShape(std::mt19937 &random) {
  std::vector<int64_t> extents(size_t(pick(random, 0, kMaxRank)));
  for (int64_t &extent : extents) extent = int64_t(1) << pick(random, 0, 4);
  return Shape(extents);
}

} // namespace

Layout randomLayout(const Shape &shape, int laneBits, int warpBits, std::mt19937 &random, bool swizzled) {
  std::vector<uint32_t> bits;
  for (int bit = 0; bit < shape.bits(); ++bit) bits.push_back(uint32_t(1) << bit);
  for (int i = 0; swizzled && i < 2 * int(bits.size()); ++i) {
    const int to = pick(random, 0, int(bits.size()) - 1), from = pick(random, 0, int(bits.size()) - 1);
    bits[to] ^= to == from ? 0 : bits[from]; // an elementary row operation: the bits stay a basis
  }
  std::shuffle(bits.begin(), bits.end(), random);
  Bases lane, warp, reg;
  auto deal = [&](Bases &bases, int count) {
    for (int i = 0; i < count; ++i) {
      const bool copy = bits.empty() || pick(random, 0, 4) == 0;
      bases.push_back(copy ? 0 : bits.back());
      if (!copy) bits.pop_back();
    }
  };
  deal(lane, laneBits);
  deal(warp, warpBits);
  for (uint32_t bit : bits) reg.push_back(bit);
  return Layout(shape, reg, lane, warp);
}

Layout randomLayout(std::mt19937 &random, bool swizzled) {
  const Shape shape = randomShape(random);
  return randomLayout(shape, pick(random, 0, 5), pick(random, 0, 5), random, swizzled);
}

} // namespace tile::layout::test
