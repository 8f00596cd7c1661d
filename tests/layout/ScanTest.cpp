// Plans of scans, and layouts under other coordinates, against the definition of a layout.
#include "compiler/layout/Layout.h"

#include <array>
#include <gtest/gtest.h>
#include <set>
#include <stdexcept>

namespace tile::layout {
namespace {

const Shape kShapes[] = {{1}, {64}, {4096}, {4, 256}, {256, 4}, {1, 1024}, {8, 8, 32}, {32, 2, 1}};

std::vector<Layout> layouts(const Shape &shape) {
  std::vector<Layout> all;
  for (int warps : {1, 4, 32})
    for (int vector : {1, 4}) all.push_back(for_access(shape, {.lanes = 32, .warps = warps, .vector = vector}));
  all.push_back(for_access(shape, {.lanes = 16, .warps = 1, .lane_contiguous = true}));
  return all;
}

TEST(Scan, StepsCoverTheDimensionOnce) {
  for (const Shape &shape : kShapes)
    for (const Layout &l : layouts(shape))
      for (int dim = 0; dim < shape.rank(); ++dim) {
        ScanPlan plan = plan_scan(l, dim);
        uint32_t low = 0;
        for (const ScanPlan::Step &step : plan.steps)
          for (int bit : step.bits) {
            EXPECT_EQ(l.bases(step.in)[bit], uint32_t(1) << (shape.shift(dim) + int(low))) << l.str();
            ++low;
          }
        EXPECT_EQ(plan.totals.shape().extent(dim), shape.extent(dim) >> low);
        EXPECT_EQ(plan.totals.verify(), std::nullopt);
        EXPECT_EQ(plan.across_warps, !plan.warp_bits.empty());
        if (plan.across_warps) EXPECT_EQ(plan.exchange.verify(), std::nullopt) << plan.exchange.str();
      }
}

// For every element of every lane, the register that `before` names holds the neighbouring block of the same line.
TEST(Scan, BeforeNamesTheNeighbouringBlock) {
  for (const Shape &shape : kShapes)
    for (const Layout &l : layouts(shape))
      for (int dim = 0; dim < shape.rank(); ++dim)
        for (bool reverse : {false, true}) {
          ScanPlan plan = plan_scan(l, dim, reverse);
          if (!plan.across_warps) continue;
          const Shape &blocks = plan.totals.shape();
          const int64_t size = shape.extent(dim) / blocks.extent(dim);
          for (uint32_t reg = 0; reg < uint32_t(l.registers()); ++reg)
            for (uint32_t lane : {0u, 5u, uint32_t(l.lanes() - 1)})
              for (uint32_t warp = 0; warp < uint32_t(l.warps()); ++warp) {
                uint32_t number = 0;
                for (size_t i = 0; i < plan.warp_bits.size(); ++i) number |= (warp >> plan.warp_bits[i] & 1) << i;
                const int64_t block = shape.coord(l(reg, lane, warp), dim) / size + (reverse ? 1 : -1);
                const int source = plan.before[reg][number];
                if (block < 0 || block >= blocks.extent(dim)) {
                  EXPECT_EQ(source, -1);
                  continue;
                }
                ASSERT_GE(source, 0);
                const uint32_t held = plan.exchange(uint32_t(source), lane, warp);
                EXPECT_EQ(blocks.coord(held, dim), block);
                for (int other = 0; other < shape.rank(); ++other)
                  if (other != dim) EXPECT_EQ(blocks.coord(held, other), shape.coord(l(reg, lane, warp), other));
              }
        }
}

TEST(Scan, RefusesLayoutsWithoutAnOrder) {
  EXPECT_THROW(plan_scan(Layout({4}, {}, {2, 1}, {}), 0), std::invalid_argument);  // lanes out of order
  EXPECT_THROW(plan_scan(Layout({4}, {}, {2}, {1}), 0), std::invalid_argument);    // lanes above warps
  EXPECT_THROW(plan_scan(Layout({8}, {2}, {}, {1, 4}), 0), std::invalid_argument); // warps apart
  EXPECT_THROW(plan_scan(Layout({4}, {1}, {3}, {}), 0), std::invalid_argument);    // swizzled
  EXPECT_THROW(plan_scan(Layout({2, 2}, {1}, {3}, {}), 1), std::invalid_argument); // along two dimensions
  EXPECT_THROW(plan_scan(Layout({4}, {1}, {2, 2}, {}), 0), std::invalid_argument); // one bit twice
  EXPECT_THROW(plan_scan(Layout({4}, {1}, {2}, {}), 1), std::invalid_argument);
}

TEST(Rearrange, EachHolderKeepsItsElements) {
  for (const Shape &shape : kShapes)
    for (const Layout &l : layouts(shape)) {
      const Shape flat{shape.size()};
      const Layout reshaped = reshape(l, flat);
      std::vector<int64_t> order;
      for (int d = shape.rank(); d-- > 0;) order.push_back(d);
      const Layout turned = transpose(l, order);
      EXPECT_EQ(turned.verify(), std::nullopt);
      for (uint32_t reg = 0; reg < uint32_t(l.registers()); ++reg)
        for (uint32_t lane = 0; lane < uint32_t(l.lanes()); lane += 3)
          for (uint32_t warp = 0; warp < uint32_t(l.warps()); ++warp) {
            const uint32_t at = l(reg, lane, warp);
            EXPECT_EQ(reshaped(reg, lane, warp), at);
            for (int d = 0; d < shape.rank(); ++d)
              EXPECT_EQ(turned.shape().coord(turned(reg, lane, warp), d), shape.coord(at, int(order[size_t(d)])));
          }
      EXPECT_EQ(transpose(turned, order), l);
      EXPECT_EQ(reshape(reshaped, shape), l);
    }
  const std::array<int64_t, 2> twice{0, 0};
  EXPECT_THROW(transpose(Layout({2, 2}, {1, 2}, {}, {}), twice), std::invalid_argument);
  EXPECT_THROW(reshape(Layout({2, 2}, {1, 2}, {}, {}), {8}), std::invalid_argument);
}

TEST(Rearrange, HalvesOfADoubledLayout) {
  for (const Shape &shape : kShapes)
    for (const Layout &l : layouts(shape))
      for (int dim = 0; dim < shape.rank(); ++dim) {
        const Layout whole = doubled(l, dim);
        EXPECT_EQ(whole.verify(), std::nullopt);
        EXPECT_EQ(whole.shape().extent(dim), 2 * shape.extent(dim));
        EXPECT_EQ(halving_register(whole, dim), l.bases(In::Register).size());
        EXPECT_EQ(half(whole, dim), l);
      }
  EXPECT_EQ(half(Layout({4}, {1}, {2}, {}), 0), std::nullopt); // lanes tell the halves apart
  EXPECT_EQ(half(Layout({4}, {1, 2}, {}, {}), 0), Layout({2}, {1}, {}, {}));
  EXPECT_EQ(half(Layout({4}, {2, 1}, {}, {}), 0), Layout({2}, {1}, {}, {}));
  EXPECT_EQ(half(Layout({1}, {}, {}, {}), 0), std::nullopt);
}

} // namespace
} // namespace tile::layout
