// Conversions, carried out and compared; and that the cheapest way is found.
#include "Machine.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>

namespace tile::layout {
namespace {

using Kind = ConversionPlan::Kind;

Kind checkConversion(const Layout &from, const Layout &to, std::mt19937 &random) {
  SCOPED_TRACE(from.str() + " -> " + to.str());
  const test::Tile tile = test::randomTile(from.shape(), random);
  EXPECT_EQ(test::convert(from, to, test::distribute(from, tile)), test::distribute(to, tile));
  return plan_conversion(from, to).kind;
}

Bases shuffled(const Bases &bases, std::mt19937 &random) {
  std::vector<uint32_t> all(bases.begin(), bases.end());
  std::shuffle(all.begin(), all.end(), random);
  Bases out;
  for (uint32_t basis : all) out.push_back(basis);
  return out;
}

TEST(Conversion, BetweenAnyLayouts) {
  std::mt19937 random(13);
  std::map<Kind, int> kinds;
  for (int i = 0; i < 400; ++i) {
    const Layout from = test::randomLayout(random, i % 2);
    const int lanes = from.bases(In::Lane).size(), warps = from.bases(In::Warp).size();
    ++kinds[checkConversion(from, test::randomLayout(from.shape(), lanes, warps, random, i % 3 == 0), random)];
    EXPECT_EQ(checkConversion(from, from, random), Kind::Rename);
  }
  EXPECT_GT(kinds[Kind::Scratch], 50);
  EXPECT_GT(kinds[Kind::Shuffle], 10);
}

TEST(Conversion, OfRegistersIsARenaming) {
  std::mt19937 random(14);
  for (int i = 0; i < 200; ++i) {
    const Layout from = test::randomLayout(random, true);
    const Layout to(from.shape(), shuffled(from.bases(In::Register), random), from.bases(In::Lane),
                    from.bases(In::Warp));
    EXPECT_EQ(checkConversion(from, to, random), Kind::Rename);
  }
}

TEST(Conversion, OfLanesIsAShuffle) {
  std::mt19937 random(15);
  for (int i = 0; i < 200; ++i) {
    const Layout from = test::randomLayout(random, true);
    Bases lanes = shuffled(from.bases(In::Lane), random), registers = from.bases(In::Register);
    for (int r = 0; r < registers.size() && !lanes.empty(); ++r)
      registers[r] ^= lanes[int(random() % unsigned(lanes.size()))]; // a register may come from other lanes as a whole
    const Layout to(from.shape(), registers, lanes, from.bases(In::Warp));
    const Kind kind = checkConversion(from, to, random);
    EXPECT_NE(kind, Kind::Scratch) << from.str() << " -> " << to.str();
    if (lanes != from.bases(In::Lane)) {
      EXPECT_EQ(kind, Kind::Shuffle);
    }
  }
}

TEST(Conversion, LanesReadTheirOwnValueWhereTheyCan) {
  const Layout from(Shape{4, 4}, {1, 2}, {0, 4, 8}, {}), to(Shape{4, 4}, {1, 6}, {0, 4, 8}, {});
  const ConversionPlan plan = plan_conversion(from, to);
  ASSERT_EQ(plan.kind, Kind::Shuffle);
  EXPECT_EQ(plan.registers, (std::vector<int>{0, 1, 2, 3}));
  std::vector<int> own(8);
  std::iota(own.begin(), own.end(), 0);
  EXPECT_EQ(plan.source_lane[0], own);
  EXPECT_EQ(plan.source_lane[1], own);
  EXPECT_EQ(plan.source_lane[2], (std::vector<int>{2, 3, 0, 1, 6, 7, 4, 5}));
}

TEST(Conversion, ThatNeedsAnotherRegisterInEachLaneGoesThroughScratch) {
  const Layout registers(Shape{4}, {1}, {2}, {}), lanes(Shape{4}, {2}, {1}, {});
  EXPECT_EQ(plan_conversion(registers, lanes).kind, Kind::Scratch);
  EXPECT_EQ(plan_conversion(Layout(Shape{4}, {}, {1}, {2}), Layout(Shape{4}, {}, {2}, {1})).kind, Kind::Scratch);
  EXPECT_EQ(plan_conversion(Layout(Shape{2}, {1}, {0}, {}), Layout(Shape{2}, {}, {1}, {})).kind, Kind::Scratch);
}

TEST(Conversion, RefusesOtherTilesAndMachines) {
  const Layout layout = for_access(Shape{4, 8}, {.lanes = 8, .warps = 2});
  EXPECT_THROW(plan_conversion(layout, for_access(Shape{8, 4}, {.lanes = 8, .warps = 2})), std::invalid_argument);
  EXPECT_THROW(plan_conversion(layout, for_access(Shape{4, 8}, {.lanes = 16, .warps = 2})), std::invalid_argument);
  EXPECT_THROW(plan_conversion(layout, for_access(Shape{4, 8}, {.lanes = 8, .warps = 4})), std::invalid_argument);
}

} // namespace
} // namespace tile::layout
