// The README teaches with pictures: each must be what the code draws.
#include "Machine.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace tile::layout {
namespace {

/// The whole README; each drawing is a code block of its own.
std::string readme() {
  std::ifstream file(TILE_LAYOUT_README);
  EXPECT_TRUE(file.good()) << TILE_LAYOUT_README;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string block(const std::string &drawing) {
  return "```text\n" + drawing + "```\n";
}
std::string line(const Layout &layout) {
  return layout.str() + "\n";
}

class Readme : public testing::Test {
protected:
  const std::string text = readme();
  const Layout tile = for_access(Shape{4, 16}, {.lanes = 8, .warps = 2, .vector = 4});

  void expectDrawn(const std::string &drawing) { EXPECT_THAT(text, testing::HasSubstr(block(drawing))); }
};

TEST_F(Readme, DrawsTheTileAndItsSlices) {
  expectDrawn(line(tile));
  expectDrawn(tile.table());
  expectDrawn(line(slice(tile, 1)) + slice(tile, 1).table());
  expectDrawn(line(slice(tile, 0)) + slice(tile, 0).table());
  EXPECT_THAT(text, testing::HasSubstr("6 = 4 + 2 is held by register 2 of lane 1"));
  EXPECT_EQ(tile(2, 1, 0), 6u);
}

TEST_F(Readme, DrawsTheReductions) {
  expectDrawn(plan_reduction(tile, 1).str());
  expectDrawn(plan_reduction(tile, 0).str());
  expectDrawn(plan_reduction(tile, 0).result.table());
  expectDrawn(plan_reduction(for_access(Shape{1, 1024}, {.lanes = 32, .warps = 4, .vector = 8}), 1).str());
}

TEST_F(Readme, DrawsTheAccesses) {
  AccessFacts facts;
  facts.strides = {100, 1};
  facts.aligned = 4;
  facts.element_bytes = 2;
  expectDrawn(plan_access(tile, facts, false).str());
  facts.masked = {false, true};
  facts.extent_divisor = {1, 2};
  expectDrawn(plan_access(tile, facts, false).str());
  const Layout simd = for_access(Shape{4, 16}, {.lanes = 8, .lane_contiguous = true});
  expectDrawn(line(simd) + plan_access(simd, facts, true).str());
}

TEST_F(Readme, DrawsTheConversions) {
  const Layout renamed(Shape{4, 16}, {2, 1}, tile.bases(In::Lane), tile.bases(In::Warp));
  const Layout shuffled(Shape{4, 16}, tile.bases(In::Register), {16, 4, 8}, tile.bases(In::Warp));
  const Layout narrow = for_access(Shape{4, 16}, {.lanes = 8, .warps = 2, .vector = 1});
  expectDrawn(line(renamed) + plan_conversion(tile, renamed).str());
  expectDrawn(line(shuffled) + plan_conversion(tile, shuffled).str());
  expectDrawn(line(narrow) + plan_conversion(tile, narrow).str());
}

TEST_F(Readme, ShowsNothingThatIsNotCheckedHere) {
  size_t blocks = 0;
  for (size_t at = text.find("```text\n"); at != std::string::npos; at = text.find("```text\n", at + 1)) ++blocks;
  EXPECT_EQ(blocks, 4u + 4u + 3u + 3u);
}

} // namespace
} // namespace tile::layout
