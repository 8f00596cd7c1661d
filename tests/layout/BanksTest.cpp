// Bank conflicts: known cases, and all registers, warps and phases of random layouts counted one by one.
#include "Machine.h"

#include <map>
#include <set>
#include <stdexcept>

namespace tile::layout {
namespace {

TEST(Banks, KnownCases) {
  const Layout row = for_access(Shape{32, 32}, {.lanes = 32});
  EXPECT_EQ(bank_conflicts(row, 1, 4), 1) << "a row of words";
  EXPECT_EQ(bank_conflicts(Layout(Shape{32, 32}, {1, 2, 4, 8, 16}, {32, 64, 128, 256, 512}, {}), 1, 4), 32)
      << "a column of words";
  EXPECT_EQ(bank_conflicts(Layout(Shape{32, 32}, {1, 2, 4, 8, 16}, {33, 66, 132, 264, 528}, {}), 1, 4), 1)
      << "a swizzled diagonal";
  EXPECT_EQ(bank_conflicts(Layout(Shape{32}, {}, {0, 0, 0, 0, 0}, {1, 2, 4, 8, 16}), 1, 4), 1) << "one word for all";
  EXPECT_EQ(bank_conflicts(for_access(Shape{1, 256}, {.lanes = 32, .vector = 4}), 4, 4), 1) << "16 bytes a lane";
  EXPECT_EQ(bank_conflicts(for_access(Shape{1, 256}, {.lanes = 32, .vector = 4}), 1, 4), 4) << "every fourth word";
  EXPECT_EQ(bank_conflicts(for_access(Shape{1, 256}, {.lanes = 32, .vector = 1}), 1, 2), 1) << "two halves a word";
  EXPECT_EQ(bank_conflicts(for_access(Shape{1, 256}, {.lanes = 32, .vector = 1}), 1, 8), 1) << "doubles";
}

int countedOneByOne(const Layout &layout, int width, int bytes) {
  const int words = std::max(1, width * bytes / 4), lanes = std::max(1, 32 / words);
  size_t most = 0;
  for (int warp = 0; warp < layout.warps(); ++warp)
    for (int reg = 0; reg < layout.registers(); ++reg)
      for (int phase = 0; phase < layout.lanes(); phase += lanes) {
        std::map<uint32_t, std::set<uint32_t>> hit;
        for (int lane = phase; lane < std::min(layout.lanes(), phase + lanes); ++lane)
          for (int i = 0; i < width; ++i) {
            const uint32_t first = layout(reg, lane, warp) & ~uint32_t(width - 1);
            for (int byte = 0; byte < bytes; ++byte) {
              const uint32_t word = ((first + uint32_t(i)) * uint32_t(bytes) + uint32_t(byte)) / 4;
              hit[word % 32].insert(word);
            }
          }
        for (const auto &[bank, different] : hit) most = std::max(most, different.size());
      }
  return int(most);
}

TEST(Banks, OfRandomLayoutsCountedOneByOne) {
  std::mt19937 random(17);
  std::set<int> seen;
  for (int i = 0; i < 150; ++i) {
    const Layout layout = test::randomLayout(Shape{8, 64}, 5, int(random() % 3), random, i % 2);
    for (auto [width, bytes] : {std::pair(1, 1), {1, 2}, {2, 2}, {8, 2}, {1, 4}, {2, 4}, {4, 4}, {1, 8}, {2, 8}}) {
      const int counted = countedOneByOne(layout, width, bytes);
      EXPECT_EQ(bank_conflicts(layout, width, bytes), counted) << layout.str() << " " << width << " x " << bytes;
      seen.insert(counted);
    }
  }
  EXPECT_GE(seen.size(), 4u);
}

TEST(Banks, RefuseWhatIsNoAccess) {
  const Layout layout = for_access(Shape{32}, {});
  EXPECT_THROW(bank_conflicts(layout, 8, 4), std::invalid_argument);
  EXPECT_THROW(bank_conflicts(layout, 3, 4), std::invalid_argument);
  EXPECT_THROW(bank_conflicts(layout, 0, 4), std::invalid_argument);
}

} // namespace
} // namespace tile::layout
