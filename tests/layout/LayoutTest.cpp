// The map, its invariants, the layouts that accesses want, and the pictures.
#include "Machine.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <unordered_set>

namespace tile::layout {
namespace {

using testing::HasSubstr;
using testing::Optional;

TEST(Layout, IsLinear) {
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    const Layout layout = test::randomLayout(random, true);
    auto any = [&](int n) { return uint32_t(random() % unsigned(n)); };
    const uint32_t r = any(layout.registers()), l = any(layout.lanes()), w = any(layout.warps());
    const uint32_t r2 = any(layout.registers()), l2 = any(layout.lanes()), w2 = any(layout.warps());
    EXPECT_EQ(layout(r ^ r2, l ^ l2, w ^ w2), layout(r, l, w) ^ layout(r2, l2, w2));
    EXPECT_EQ(layout.part(In::Lane, l), layout(0, l, 0));
    EXPECT_EQ(layout(0, 0, 0), 0u);
  }
}

TEST(Layout, VerifySaysWhatIsWrong) {
  const Shape shape{2, 4};
  EXPECT_EQ(Layout(shape, {1, 2}, {4}, {0}).verify(), std::nullopt);
  EXPECT_EQ(Layout(shape, {1, 2}, {4, 4}, {}).verify(), std::nullopt) << "lanes may repeat each other";
  EXPECT_THAT(Layout(shape, {1, 8}, {4}, {}).verify(),
              Optional(HasSubstr("register basis 1 = packed 8 lies outside the shape [2, 4]")));
  EXPECT_THAT(Layout(shape, {1, 2}, {4}, {16}).verify(), Optional(HasSubstr("warp basis 0")));
  EXPECT_THAT(Layout(shape, {1, 0}, {4, 2}, {}).verify(), Optional(HasSubstr("register basis 1 = [0,0] is zero")));
  EXPECT_THAT(Layout(shape, {1, 2, 3}, {4}, {}).verify(), Optional(HasSubstr("register basis 2 = [0,3] is a sum")));
  EXPECT_THAT(Layout(shape, {1, 2}, {4}, {2}).verify(), Optional(HasSubstr("register basis 1 = [0,2] is a sum")));
  EXPECT_THAT(Layout(shape, {1}, {4}, {0}).verify(), Optional(HasSubstr("element [0,2] is held by no lane")));
}

TEST(Layout, KnowsItsCopies) {
  const Layout layout(Shape{2, 4}, {1}, {0, 2, 0}, {4, 0});
  EXPECT_EQ(layout.free_bits(In::Lane), 0b101u);
  EXPECT_EQ(layout.free_bits(In::Warp), 0b10u);
  EXPECT_EQ(layout.free_bits(In::Register), 0u);
  EXPECT_FALSE(layout.uniform(In::Lane));
  EXPECT_TRUE(Layout(Shape{2}, {1}, {0, 0}, {}).uniform(In::Lane));
  EXPECT_TRUE(Layout(Shape{2}, {1}, {0, 0}, {}).uniform(In::Warp));
  EXPECT_EQ(layout.registers() * layout.lanes() * layout.warps(), 2 * 8 * 4);
}

TEST(Layout, KnowsWhatLiesSideBySide) {
  EXPECT_EQ(Layout(Shape{2, 8}, {1, 2}, {4}, {8}).neighbours(), 4);
  EXPECT_EQ(Layout(Shape{2, 8}, {2, 1}, {4}, {8}).neighbours(), 4) << "in whatever registers";
  EXPECT_EQ(Layout(Shape{2, 8}, {3, 2}, {4}, {8}).neighbours(), 4) << "or sums of them";
  EXPECT_EQ(Layout(Shape{2, 8}, {2, 4}, {1}, {8}).neighbours(), 1) << "the next one is another lane's";
  EXPECT_EQ(Layout(Shape{8, 2}, {1, 2, 4}, {8}, {}).neighbours(), 2) << "a row's end";
  EXPECT_EQ(Layout(Shape{}, {}, {0}, {}).neighbours(), 1);
}

TEST(Layout, HashesByValue) {
  std::mt19937 random(2);
  std::unordered_set<size_t> hashes;
  std::set<std::string> texts;
  for (int i = 0; i < 2000; ++i) {
    const Layout layout = test::randomLayout(random, true), copy = layout;
    EXPECT_EQ(layout.hash(), copy.hash());
    hashes.insert(layout.hash());
    texts.insert(layout.str());
  }
  EXPECT_EQ(hashes.size(), texts.size());
}

TEST(ForAccess, RowOfHalvesOverFourWarps) {
  const Layout layout = for_access(Shape{1, 1024}, {.lanes = 32, .warps = 4, .vector = 8});
  EXPECT_EQ(layout.str(), "[1, 1024] reg=[[0,1],[0,2],[0,4]] lane=[[0,8],[0,16],[0,32],[0,64],[0,128]] "
                          "warp=[[0,256],[0,512]]");
}

TEST(ForAccess, KeepsARowInOneWarp) {
  const Layout layout = for_access(Shape{8, 256}, {.lanes = 32, .warps = 4, .vector = 4});
  EXPECT_EQ(layout, Layout(Shape{8, 256}, {1, 2, 128, 4 << 8}, {4, 8, 16, 32, 64}, {1 << 8, 2 << 8}));
  EXPECT_FALSE(plan_reduction(layout, 1).across_warps);
}

TEST(ForAccess, GivesLeftoverLanesTheNextDimension) {
  const Layout layout = for_access(Shape{64, 16}, {.lanes = 32, .warps = 2, .vector = 4});
  EXPECT_EQ(layout, Layout(Shape{64, 16}, {1, 2, 16 << 4, 32 << 4}, {4, 8, 1 << 4, 2 << 4, 4 << 4}, {8 << 4}));
}

TEST(ForAccess, ShrinksTheVectorSoThatLanesHaveWork) {
  EXPECT_EQ(for_access(Shape{1, 64}, {.lanes = 32, .vector = 8}).bases(In::Register), (Bases{1}));
  EXPECT_EQ(for_access(Shape{1, 16}, {.lanes = 32, .vector = 8}), Layout(Shape{1, 16}, {}, {1, 2, 4, 8, 0}, {}));
  EXPECT_EQ(for_access(Shape{2, 128}, {.lanes = 32, .vector = 8}).bases(In::Register), (Bases{1, 2, 4}));
  // A warp without work of its own would repeat another's: 1200 columns as 5 x 256 over 4 warps took three times as
  // long.
  EXPECT_EQ(for_access(Shape{1, 256}, {.lanes = 32, .warps = 4, .vector = 8}),
            Layout(Shape{1, 256}, {1}, {2, 4, 8, 16, 32}, {64, 128}));
}

TEST(ForAccess, LaneContiguous) {
  const Layout layout = for_access(Shape{2, 64}, {.lanes = 16, .warps = 1, .vector = 8, .lane_contiguous = true});
  EXPECT_EQ(layout, Layout(Shape{2, 64}, {16, 32, 64}, {1, 2, 4, 8}, {}));
  EXPECT_EQ(for_access(Shape{2, 4}, {.lanes = 16, .lane_contiguous = true}), Layout(Shape{2, 4}, {}, {1, 2, 4, 0}, {}));
}

TEST(ForAccess, TilesOfOneElementAreCopies) {
  const Layout layout = for_access(Shape{}, {.lanes = 32, .warps = 4, .vector = 8});
  EXPECT_TRUE(layout.uniform(In::Lane) && layout.uniform(In::Warp));
  EXPECT_EQ(layout.verify(), std::nullopt);
}

TEST(ForAccess, AlwaysALayoutThatIdlesOnlyWhenAllIsTaken) {
  test::forEachAccessLayout([](const Layout &layout) {
    EXPECT_EQ(layout.verify(), std::nullopt) << layout.str();
    const bool idle = layout.free_bits(In::Warp) != 0 || layout.free_bits(In::Lane) != 0;
    int beyondVector = 0;
    for (uint32_t basis : layout.bases(In::Register)) beyondVector += basis >= 8;
    EXPECT_TRUE(!idle || beyondVector == 0) << layout.str();
  });
}

TEST(ForAccess, RefusesOddMachines) {
  EXPECT_THROW(for_access(Shape{4}, {.lanes = 24}), std::invalid_argument);
  EXPECT_THROW(for_access(Shape{4}, {.warps = 0}), std::invalid_argument);
  EXPECT_THROW(for_access(Shape{4}, {.vector = 3}), std::invalid_argument);
}

TEST(Table, NamesTheLowestHolderOfEachElement) {
  EXPECT_EQ(Layout(Shape{2, 4}, {2}, {1}, {4}).table(), "  |        0 |        1 |        2 |        3\n"
                                                        "0 | w0 l0 r0 | w0 l1 r0 | w0 l0 r1 | w0 l1 r1\n"
                                                        "1 | w1 l0 r0 | w1 l1 r0 | w1 l0 r1 | w1 l1 r1\n");
  EXPECT_EQ(Layout(Shape{2, 4}, {1, 4}, {2}, {}).table(), "  |     0-1 |     2-3\n"
                                                          "0 | l0 r0-1 | l1 r0-1\n"
                                                          "1 | l0 r2-3 | l1 r2-3\n");
  EXPECT_EQ(Layout(Shape{4}, {}, {1, 2, 0}, {0}).table(),
            "  |     0 |     1 |     2 |     3\n"
            "0 | w0 l0 | w0 l1 | w0 l2 | w0 l3\n"
            "each element is held 4 times; lane bits 2 hold copies; warp bits 0 hold copies\n");
  EXPECT_EQ(Layout().table(), "  |  0\n0 | r0\n");
}

TEST(Table, LeavesOutTheMiddleAndDrawsPlanes) {
  const std::string wide = for_access(Shape{1, 1024}, {}).table();
  EXPECT_THAT(wide, HasSubstr("0 | l00 r00 | l01 r00 | l02 r00 | l03 r00 | ... | l28 r31"));
  EXPECT_LT(wide.size(), 300u);
  const std::string deep = for_access(Shape{2, 2, 2}, {.lanes = 8}).table();
  EXPECT_THAT(deep, HasSubstr("plane 1\n  |  0 |  1\n0 | l4 | l5\n1 | l6 | l7\n"));
  const std::string tall = for_access(Shape{64, 1}, {}).table();
  EXPECT_EQ(std::count(tall.begin(), tall.end(), '\n'), 1 + 4 + 1 + 4);
}

TEST(Table, SaysWhatIsNoLayout) {
  EXPECT_EQ(Layout(Shape{4}, {1}, {}, {}).table(), "not a layout: element [2] is held by no lane\n");
}

} // namespace
} // namespace tile::layout
