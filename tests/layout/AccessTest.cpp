// Access plans: every access carried out on a simulated memory must be aligned, contiguous, in order, and wholly inside
// or outside the view; and nothing wider may be possible.
#include "Machine.h"

#include <gmock/gmock.h>

#include <set>
#include <stdexcept>

namespace tile::layout {
namespace {

using Kind = AccessPlan::Kind;

AccessFacts rowMajor(const Shape &shape, int64_t stride, int64_t aligned, int bytes) {
  AccessFacts facts;
  facts.aligned = aligned;
  facts.element_bytes = bytes;
  facts.masked.assign(size_t(shape.rank()), false);
  facts.extent_divisor.assign(size_t(shape.rank()), 1);
  for (int dim = 0; dim < shape.rank(); ++dim) facts.strides.push_back(dim + 1 == shape.rank() ? 1 : stride);
  return facts;
}

int64_t address(const Shape &shape, uint32_t packed, const AccessFacts &facts) {
  int64_t sum = 0;
  for (int dim = 0; dim < shape.rank(); ++dim) sum += shape.coord(packed, dim) * facts.strides[dim].value();
  return sum;
}

/// Every group of every lane: one aligned access, in memory order, not cut by the view's end on the last dimension.
void checkGroups(const Layout &layout, const AccessFacts &facts, const AccessPlan &plan, int64_t end) {
  const Shape &shape = layout.shape();
  const int last = shape.rank() - 1;
  std::set<int> seen;
  int wrong = 0;
  for (const std::vector<int> &group : plan.groups) {
    ASSERT_EQ(group.size(), size_t(plan.width));
    seen.insert(group.begin(), group.end());
    for (int warp = 0; warp < layout.warps(); ++warp)
      for (int lane = 0; lane < layout.lanes(); ++lane) {
        const uint32_t first = layout(group[0], lane, warp);
        wrong += address(shape, first, facts) % plan.width != 0;
        for (int i = 0; i < plan.width; ++i) {
          const uint32_t element = layout(group[i], lane, warp);
          wrong += address(shape, element, facts) != address(shape, first, facts) + i;
          wrong += last >= 0 && (shape.coord(element, last) < end) != (shape.coord(first, last) < end);
        }
      }
  }
  EXPECT_EQ(wrong, 0) << layout.str() << "\n" << plan.str();
  EXPECT_EQ(seen.size(), size_t(layout.registers())) << "every register is accessed once";
  EXPECT_EQ(plan.groups.size() * size_t(plan.width), size_t(layout.registers()));
  for (size_t i = 1; i < plan.groups.size(); ++i)
    EXPECT_LT(layout(plan.groups[i - 1].back(), 0, 0), layout(plan.groups[i].front(), 0, 0)) << "memory order";
}

TEST(Access, OfEveryLayoutIsAlignedAndWhole) {
  std::mt19937 random(16);
  std::vector<Layout> layouts;
  test::forEachAccessLayout([&](const Layout &layout) {
    if (layout.shape().size() <= 2048) layouts.push_back(layout);
  });
  for (int i = 0; i < 300; ++i) layouts.push_back(test::randomLayout(random, i % 2));
  std::set<int> widths;
  for (const Layout &layout : layouts)
    for (int64_t divisor : {1, 2, 8})
      for (int64_t aligned : {1, 4, 16}) {
        AccessFacts facts = rowMajor(layout.shape(), aligned * 5, aligned, 2);
        const int last = layout.shape().rank() - 1;
        int64_t end = 1;
        if (last >= 0) {
          facts.masked[last] = true;
          facts.extent_divisor[last] = divisor;
          end = divisor * int64_t(random() % 9);
        }
        const AccessPlan plan = plan_access(layout, facts, false);
        EXPECT_EQ(plan.kind, Kind::PerLane);
        EXPECT_LE(plan.width, std::min<int64_t>({aligned, divisor, 8}));
        checkGroups(layout, facts, plan, end);
        widths.insert(plan.width);
      }
  EXPECT_EQ(widths, (std::set<int>{1, 2, 4, 8}));
}

TEST(Access, IsAsWideAsTheHardwareAllows) {
  const Layout layout = for_access(Shape{4, 1024}, {.lanes = 32, .warps = 4, .vector = 8});
  const AccessPlan halves = plan_access(layout, rowMajor(layout.shape(), 4096, 4096, 2), false);
  EXPECT_EQ(halves.width, 8);
  EXPECT_EQ(halves.limit, "");
  EXPECT_EQ(halves.groups[1], (std::vector<int>{8, 9, 10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(plan_access(layout, rowMajor(layout.shape(), 4096, 4096, 4), false).width, 4);
  EXPECT_EQ(plan_access(layout, rowMajor(layout.shape(), 4096, 4096, 32), false).width, 1);
}

TEST(Access, SaysWhatKeepsItNarrow) {
  const Layout layout = for_access(Shape{4, 256}, {.lanes = 32, .warps = 4, .vector = 8});
  const AccessFacts good = rowMajor(layout.shape(), 4096, 4096, 2);
  auto planned = [&](auto &&change) {
    AccessFacts facts = good;
    change(facts);
    const AccessPlan plan = plan_access(layout, facts, false);
    return std::to_string(plan.width) + ": " + plan.limit;
  };
  EXPECT_EQ(planned([](AccessFacts &) {}), "8: ");
  EXPECT_EQ(planned([](AccessFacts &f) { f.strides[1] = 2; }), "1: stride of dimension 1 is 2");
  EXPECT_EQ(planned([](AccessFacts &f) { f.strides[1].reset(); }), "1: stride of dimension 1 is unknown");
  EXPECT_EQ(planned([](AccessFacts &f) { f.strides[0].reset(); }), "8: ");
  EXPECT_EQ(planned([](AccessFacts &f) { f.strides[0] = 1; }), "1: stride of dimension 0 is 1");
  EXPECT_EQ(planned([](AccessFacts &f) { f.aligned = 4; }), "4: rows are aligned to 4 elements");
  EXPECT_EQ(planned([](AccessFacts &f) { f.masked[0] = true; }), "8: ");
  EXPECT_EQ(planned([](AccessFacts &f) { f.masked[1] = true, f.extent_divisor[1] = 2; }),
            "2: the distance to the view's end on dimension 1 is known to be a multiple of 2 only");
  EXPECT_EQ(planned([](AccessFacts &f) { f.masked[1] = true, f.extent_divisor[1] = 64; }), "8: ");
  const Layout row = for_access(Shape{1, 256}, {.lanes = 32, .warps = 1, .vector = 8});
  EXPECT_EQ(plan_access(row, rowMajor(row.shape(), 1, 4096, 2), false).width, 8) << "one row has no next row";
  const Layout narrow = for_access(Shape{4, 256}, {.lanes = 32, .warps = 4, .vector = 2});
  EXPECT_EQ(plan_access(narrow, good, false).limit, "a lane holds 2 neighbours of dimension 1");
  const Layout single = for_access(Shape{4, 256}, {.lanes = 32, .warps = 4, .vector = 1});
  EXPECT_EQ(plan_access(single, good, false).limit, "a lane holds 1 element of dimension 1 at a time");
  EXPECT_EQ(plan_access(Layout(), AccessFacts{}, false).limit, "the tile is one element");
}

TEST(Access, FindsNeighboursAtAnyRegister) {
  const Layout layout(Shape{2, 16}, {16, 2, 8, 1}, {4}, {});
  const AccessPlan plan = plan_access(layout, rowMajor(layout.shape(), 64, 64, 4), false);
  EXPECT_EQ(plan.width, 4);
  EXPECT_EQ(plan.groups, (std::vector<std::vector<int>>{{0, 8, 2, 10}, {4, 12, 6, 14}, {1, 9, 3, 11}, {5, 13, 7, 15}}));
}

TEST(Access, OfSwizzledLanesKeepsToWhatAllLanesOrderAlike) {
  const Layout layout(Shape{8}, {1, 2}, {6}, {});
  EXPECT_EQ(plan_access(layout, rowMajor(layout.shape(), 1, 64, 4), false).width, 2);
}

TEST(Access, OfSimdLanes) {
  const Layout row = for_access(Shape{2, 64}, {.lanes = 16, .warps = 1, .lane_contiguous = true});
  AccessFacts facts = rowMajor(row.shape(), 100, 1, 4);
  facts.masked = {true, true};
  const AccessPlan contiguous = plan_access(row, facts, true);
  EXPECT_EQ(contiguous.kind, Kind::LaneContiguous);
  EXPECT_EQ(contiguous.groups.size(), 8u);
  EXPECT_EQ(contiguous.limit, "");
  EXPECT_EQ(plan_access(row, facts, false).kind, Kind::PerLane);

  EXPECT_EQ(plan_access(slice(row, 1), rowMajor(Shape{2}, 1, 1, 4), true).kind, Kind::Uniform);
  facts.strides[1] = 3;
  const AccessPlan strided = plan_access(row, facts, true);
  EXPECT_EQ(strided.kind, Kind::PerLane);
  EXPECT_EQ(strided.limit, "stride of dimension 1 is 3");

  const Layout copies = for_access(Shape{4}, {.lanes = 16, .lane_contiguous = true});
  EXPECT_EQ(plan_access(copies, rowMajor(Shape{4}, 1, 4, 4), true).kind, Kind::PerLane);
  const Layout swizzled(Shape{8}, {5}, {1, 2}, {});
  EXPECT_EQ(plan_access(swizzled, rowMajor(Shape{8}, 1, 8, 4), true).kind, Kind::PerLane);
}

TEST(Access, OfSimdLanesIsWhatItSays) {
  test::forEachAccessLayout([](const Layout &layout) {
    const AccessFacts facts = rowMajor(layout.shape(), 4096, 1, 4);
    const AccessPlan plan = plan_access(layout, facts, true);
    if (plan.kind == Kind::PerLane) return;
    EXPECT_EQ(plan.groups.size(), size_t(layout.registers()));
    for (const std::vector<int> &group : plan.groups)
      for (int lane = 0; lane < layout.lanes(); ++lane) {
        const int64_t base = address(layout.shape(), layout(group.at(0), 0, 0), facts);
        const int64_t here = address(layout.shape(), layout(group.at(0), lane, 0), facts);
        EXPECT_EQ(here, plan.kind == Kind::Uniform ? base : base + lane);
      }
  });
}

TEST(Access, RefusesFactsOfAnotherTile) {
  const Layout layout = for_access(Shape{4, 8}, {});
  EXPECT_THROW(plan_access(layout, AccessFacts{}, false), std::invalid_argument);
  AccessFacts facts = rowMajor(layout.shape(), 8, 3, 4);
  EXPECT_THROW(plan_access(layout, facts, false), std::invalid_argument);
  facts.aligned = 4;
  facts.extent_divisor = {1};
  EXPECT_THROW(plan_access(layout, facts, false), std::invalid_argument);
  facts.extent_divisor.clear();
  facts.masked.clear();
  EXPECT_NO_THROW(plan_access(layout, facts, false));
}

} // namespace
} // namespace tile::layout
