// Reductions, carried out on registers of lanes of warps and compared with the sum.
#include "Machine.h"

#include <stdexcept>

namespace tile::layout {
namespace {

TEST(Reduction, OfEveryAccessLayout) {
  std::mt19937 random(9);
  test::forEachAccessLayout([&](const Layout &layout) {
    for (int dim = 0; dim < layout.shape().rank(); ++dim) test::checkReduction(layout, dim, random);
  });
}

TEST(Reduction, OfRandomLayouts) {
  std::mt19937 random(10);
  for (int i = 0; i < 400; ++i) {
    const Layout layout = test::randomLayout(random, false);
    for (int dim = 0; dim < layout.shape().rank(); ++dim) test::checkReduction(layout, dim, random);
  }
}

TEST(Reduction, OfSwizzledLayoutsIsRightOrRefused) {
  std::mt19937 random(11);
  int right = 0, refused = 0;
  for (int i = 0; i < 600; ++i) {
    const Layout layout = test::randomLayout(random, true);
    for (int dim = 0; dim < layout.shape().rank(); ++dim) {
      try {
        plan_reduction(layout, dim);
      } catch (const std::invalid_argument &) {
        ++refused;
        continue;
      }
      ++right;
      test::checkReduction(layout, dim, random);
    }
  }
  EXPECT_GT(right, 100);
  EXPECT_GT(refused, 100);
}

TEST(Reduction, LanesThatRepeatEachOtherAreCountedOnce) {
  std::mt19937 random(12);
  const Layout layout(Shape{2, 4}, {4}, {1, 2, 3, 1}, {2, 3});
  ASSERT_EQ(layout.verify(), std::nullopt);
  EXPECT_EQ(plan_reduction(layout, 1).lane_masks, (std::vector<int>{1, 2}));
  test::checkReduction(layout, 1, random);
  test::checkReduction(layout, 0, random);
}

TEST(Reduction, OfARowInOneBlock) {
  const Layout layout = for_access(Shape{1, 1024}, {.lanes = 32, .warps = 4, .vector = 8});
  const ReductionPlan plan = plan_reduction(layout, 1);
  EXPECT_EQ(plan.registers, (std::vector<std::vector<int>>{{0, 1, 2, 3, 4, 5, 6, 7}}));
  EXPECT_EQ(plan.after_registers.shape(), (Shape{1, 128}));
  EXPECT_EQ(plan.lane_masks, (std::vector<int>{1, 2, 4, 8, 16}));
  EXPECT_EQ(plan.after_lanes, Layout(Shape{1, 4}, {}, {0, 0, 0, 0, 0}, {1, 2}));
  ASSERT_TRUE(plan.across_warps);
  EXPECT_EQ(plan.exchange, Layout(Shape{1, 4}, {1, 2}, {0, 0, 0, 0, 0}, {0, 0}));
  EXPECT_EQ(plan.result, Layout(Shape{1}, {}, {0, 0, 0, 0, 0}, {0, 0})) << "every lane of every warp has the sum";
}

TEST(Reduction, OfManyWarpsPutsPartialSumsInLanes) {
  const ReductionPlan plan = plan_reduction(for_access(Shape{1, 4096}, {.lanes = 32, .warps = 32, .vector = 4}), 1);
  EXPECT_EQ(plan.exchange, Layout(Shape{1, 32}, {}, {1, 2, 4, 8, 16}, {0, 0, 0, 0, 0}));
  EXPECT_EQ(plan_reduction(plan.exchange, 1).lane_masks, (std::vector<int>{1, 2, 4, 8, 16}));
  const ReductionPlan eight = plan_reduction(for_access(Shape{1, 4096}, {.lanes = 32, .warps = 8, .vector = 4}), 1);
  EXPECT_EQ(eight.exchange, Layout(Shape{1, 8}, {1, 2, 4}, {0, 0, 0, 0, 0}, {0, 0, 0}));
}

// A weight's gradient: the sum over rows that lie on warps. The freed warps share the columns; each keeps the lowest
// column bits in registers, so that scratch is read in wide pieces.
TEST(Reduction, OverRowsSharesColumnsAmongWarps) {
  const Layout layout = for_access(Shape{64, 1024}, {.lanes = 32, .warps = 8, .vector = 4});
  const ReductionPlan plan = plan_reduction(layout, 0);
  EXPECT_TRUE(plan.lane_masks.empty());
  EXPECT_EQ(plan.after_lanes.shape(), (Shape{8, 1024}));
  EXPECT_EQ(plan.exchange,
            Layout(Shape{8, 1024}, {1, 2, 1 << 10, 2 << 10, 4 << 10}, {4, 8, 16, 32, 64}, {128, 256, 512}));
  EXPECT_EQ(plan.result, Layout(Shape{1024}, {1, 2}, {4, 8, 16, 32, 64}, {128, 256, 512}));
  AccessFacts scratch;
  scratch.strides = {1024, 1};
  scratch.aligned = 1024;
  EXPECT_EQ(plan_access(plan.exchange, scratch, false).width, 4);
  EXPECT_EQ(bank_conflicts(plan.exchange, 4, 4), 1);
}

TEST(Reduction, GivesWarpsTheHighestColumnsWhereverTheyLie) {
  const Layout layout(Shape{2, 16}, {8, 1, 4, 2}, {}, {16});
  EXPECT_EQ(plan_reduction(layout, 0).exchange, Layout(Shape{2, 16}, {1, 2, 4, 16}, {}, {8}));
}

TEST(Reduction, ForgetsThatRegistersAreSwizzledAlongWarps) {
  std::mt19937 random(18);
  const Layout layout(Shape{2, 2}, {3}, {}, {2});
  EXPECT_EQ(plan_reduction(layout, 0).exchange, Layout(Shape{2, 2}, {2}, {}, {1}));
  test::checkReduction(layout, 0, random);
}

TEST(Reduction, OfItsOwnStepsHasLessToDo) {
  test::forEachAccessLayout([](const Layout &layout) {
    for (int dim = 0; dim < layout.shape().rank(); ++dim) {
      const ReductionPlan plan = plan_reduction(layout, dim);
      const ReductionPlan lanes = plan_reduction(plan.after_registers, dim);
      EXPECT_EQ(lanes.after_registers, plan.after_registers);
      EXPECT_EQ(lanes.lane_masks, plan.lane_masks);
      const ReductionPlan warps = plan_reduction(plan.after_lanes, dim);
      EXPECT_EQ(warps.after_registers, plan.after_lanes);
      EXPECT_EQ(warps.after_lanes, plan.after_lanes);
      EXPECT_TRUE(warps.lane_masks.empty());
      EXPECT_EQ(warps.result, plan.result);
    }
  });
}

TEST(Reduction, RefusesWhatHasNoPartners) {
  EXPECT_THROW(plan_reduction(Layout(Shape{2, 2}, {1}, {3}, {}), 0), std::invalid_argument);
  EXPECT_THROW(plan_reduction(Layout(Shape{2, 2}, {1}, {}, {3}), 1), std::invalid_argument);
  EXPECT_THROW(plan_reduction(Layout(Shape{2, 2}, {3}, {1}, {}), 0), std::invalid_argument);
  EXPECT_NO_THROW(plan_reduction(Layout(Shape{2, 2}, {3}, {1}, {}), 1)) << "registers may be swizzled along lanes";
  EXPECT_THROW(plan_reduction(Layout(Shape{2}, {1}, {}, {}), 1), std::invalid_argument);
  EXPECT_THROW(plan_reduction(Layout(), 0), std::invalid_argument);
}

} // namespace
} // namespace tile::layout
