// Slices, inserted dimensions and broadcasts: nothing moves, and every lane can tell what it holds.
#include "Machine.h"

#include <stdexcept>

namespace tile::layout {
namespace {

uint32_t withoutDim(const Shape &shape, uint32_t packed, int dim) {
  const uint32_t below = packed & ((uint32_t(1) << shape.shift(dim)) - 1);
  return packed >> (shape.shift(dim) + shape.log2(dim)) << shape.shift(dim) | below;
}

void checkSlice(const Layout &layout, int dim) {
  const Layout sliced = slice(layout, dim);
  EXPECT_EQ(sliced.shape(), layout.shape().without(dim));
  EXPECT_EQ(sliced.verify(), std::nullopt) << sliced.str();
  for (int lane = 0; lane < layout.lanes(); ++lane)
    EXPECT_EQ(sliced(0, lane, 0), withoutDim(layout.shape(), layout(0, lane, 0), dim)) << "the lane moved";
  for (int warp = 0; warp < layout.warps(); ++warp)
    EXPECT_EQ(sliced(0, 0, warp), withoutDim(layout.shape(), layout(0, 0, warp), dim)) << "the warp moved";
}

/// Every register of the result finds the very element it needs in its own lane.
void checkBroadcast(const Layout &result, const Shape &shape) {
  SCOPED_TRACE(result.str() + " from " + shape.str());
  const Layout operand = before_broadcast(result, shape);
  const std::vector<int> registers = broadcast_registers(result, shape);
  EXPECT_EQ(operand.verify(), std::nullopt) << operand.str();
  ASSERT_EQ(registers.size(), size_t(result.registers()));
  int wrong = 0;
  for (int warp = 0; warp < result.warps(); ++warp)
    for (int lane = 0; lane < result.lanes(); ++lane)
      for (int reg = 0; reg < result.registers(); ++reg) {
        const uint32_t wide = result(reg, lane, warp), narrow = operand(registers[reg], lane, warp);
        for (int dim = 0; dim < shape.rank(); ++dim)
          wrong += shape.coord(narrow, dim) != (shape.extent(dim) == 1 ? 0 : result.shape().coord(wide, dim));
      }
  EXPECT_EQ(wrong, 0);
}

std::vector<Shape> operandShapes(const Shape &shape) {
  std::vector<Shape> all{shape};
  for (int dim = 0; dim < shape.rank(); ++dim)
    for (size_t i = 0, n = all.size(); i < n; ++i) all.push_back(all[i].replaced(dim, 1));
  return all;
}

TEST(Slice, KeepsEveryLaneInPlace) {
  test::forEachAccessLayout([](const Layout &layout) {
    for (int dim = 0; dim < layout.shape().rank(); ++dim) checkSlice(layout, dim);
  });
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    const Layout layout = test::randomLayout(random, i % 2);
    for (int dim = 0; dim < layout.shape().rank(); ++dim) checkSlice(layout, dim);
  }
}

TEST(Slice, DropsRegistersThatBecameCopies) {
  const Layout layout(Shape{4, 8}, {1, 2, 8}, {4, 16}, {0});
  EXPECT_EQ(slice(layout, 1), Layout(Shape{4}, {1}, {0, 2}, {0}));
  EXPECT_EQ(slice(layout, 0), Layout(Shape{8}, {1, 2}, {4, 0}, {0}));
  EXPECT_EQ(slice(slice(layout, 1), 0), Layout(Shape{}, {}, {0, 0}, {0}));
}

TEST(Expand, UndoesASlice) {
  std::mt19937 random(4);
  for (int i = 0; i < 100; ++i) {
    const Layout layout = test::randomLayout(random, true);
    if (layout.shape().rank() == kMaxRank) continue;
    for (int dim = 0; dim <= layout.shape().rank(); ++dim) {
      EXPECT_EQ(expand(layout, dim).shape(), layout.shape().with(dim, 1));
      EXPECT_EQ(slice(expand(layout, dim), dim), layout);
    }
  }
}

TEST(Broadcast, FindsEveryElementInTheSameLane) {
  test::forEachAccessLayout([](const Layout &layout) {
    for (const Shape &shape : operandShapes(layout.shape())) checkBroadcast(layout, shape);
  });
}

TEST(Broadcast, OfSwizzledLayoutsIsRightOrRefused) {
  std::mt19937 random(5);
  int right = 0, refused = 0;
  for (int i = 0; i < 300; ++i) {
    const Layout layout = test::randomLayout(random, true);
    for (const Shape &shape : operandShapes(layout.shape())) {
      try {
        before_broadcast(layout, shape);
      } catch (const std::invalid_argument &) {
        ++refused;
        continue;
      }
      ++right;
      checkBroadcast(layout, shape);
    }
  }
  EXPECT_GT(right, 100);
  EXPECT_GT(refused, 100);
}

// What a reduction that stays in its warp leaves behind can be broadcast back as it is: x - sum(x) needs no conversion.
TEST(Broadcast, TakesAReductionsResultAsItIs) {
  test::forEachAccessLayout([](const Layout &layout) {
    for (int dim = 0; dim < layout.shape().rank(); ++dim) {
      const ReductionPlan plan = plan_reduction(layout, dim);
      if (plan.across_warps) continue;
      EXPECT_EQ(expand(plan.result, dim), before_broadcast(layout, layout.shape().replaced(dim, 1)));
      EXPECT_EQ(plan.result, slice(layout, dim));
    }
  });
}

TEST(Broadcast, RefusesOtherShapes) {
  const Layout layout = for_access(Shape{4, 8}, {});
  EXPECT_THROW(before_broadcast(layout, Shape{8}), std::invalid_argument);
  EXPECT_THROW(before_broadcast(layout, Shape{2, 8}), std::invalid_argument);
  EXPECT_THROW(broadcast_registers(layout, Shape{4, 16}), std::invalid_argument);
  EXPECT_THROW(slice(layout, 2), std::invalid_argument);
  EXPECT_THROW(expand(layout, 3), std::invalid_argument);
}

} // namespace
} // namespace tile::layout
