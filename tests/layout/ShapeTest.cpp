// Shapes and packed coordinates.
#include "Machine.h"

#include <stdexcept>

namespace tile::layout {
namespace {

TEST(Shape, PacksRowMajor) {
  const Shape shape{4, 8, 16};
  EXPECT_EQ(shape.bits(), 9);
  EXPECT_EQ(shape.size(), 512);
  EXPECT_EQ(shape.shift(2), 0);
  EXPECT_EQ(shape.shift(0), 7);
  EXPECT_EQ(shape.mask(1), 0x70u);
  EXPECT_EQ(shape.pack(std::vector<int64_t>{3, 5, 9}), 3u * 128 + 5 * 16 + 9);
  for (uint32_t packed = 0; packed < 512; ++packed)
    EXPECT_EQ(shape.pack(std::vector<int64_t>{shape.coord(packed, 0), shape.coord(packed, 1), shape.coord(packed, 2)}),
              packed);
  EXPECT_EQ(shape.coordinate(3 * 128 + 5 * 16 + 9), "[3,5,9]");
}

TEST(Shape, OfOneElement) {
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_EQ(Shape().size(), 1);
  EXPECT_EQ(Shape().str(), "[]");
  EXPECT_EQ((Shape{1, 1}).bits(), 0);
  EXPECT_EQ((Shape{1, 1}).mask(0), 0u);
}

TEST(Shape, ChangesOneDimension) {
  EXPECT_EQ((Shape{4, 8}).without(0), Shape{8});
  EXPECT_EQ((Shape{4, 8}).with(1, 2), (Shape{4, 2, 8}));
  EXPECT_EQ((Shape{4, 8}).with(2, 2), (Shape{4, 8, 2}));
  EXPECT_EQ((Shape{4, 8}).replaced(1, 1), (Shape{4, 1}));
}

TEST(Shape, RefusesWhatIsNoTile) {
  EXPECT_THROW(Shape({3}), std::invalid_argument);
  EXPECT_THROW(Shape({0}), std::invalid_argument);
  EXPECT_THROW(Shape({-4}), std::invalid_argument);
  EXPECT_THROW(Shape({2, 2, 2, 2}), std::invalid_argument);
  EXPECT_THROW(Shape({2048, 1024}), std::invalid_argument);
  EXPECT_NO_THROW(Shape({1024, 1024}));
  EXPECT_THROW((Shape{4, 8}).without(2), std::invalid_argument);
  EXPECT_THROW((Shape{4, 8}).with(3, 1), std::invalid_argument);
  EXPECT_THROW((Shape{2, 4, 8}).with(0, 1), std::invalid_argument);
  EXPECT_THROW((Shape{4, 8}).pack(std::vector<int64_t>{4, 0}), std::invalid_argument);
  EXPECT_THROW((Shape{4, 8}).pack(std::vector<int64_t>{0}), std::invalid_argument);
}

TEST(Bases, HoldSoMany) {
  Bases bases;
  for (int i = 0; i < kMaxBases; ++i) bases.push_back(1u);
  EXPECT_EQ(bases.size(), kMaxBases);
  EXPECT_THROW(bases.push_back(1u), std::invalid_argument);
  bases.pop_back();
  EXPECT_EQ(bases.size(), kMaxBases - 1);
  Bases one{7}, emptied{7, 9};
  emptied.pop_back();
  EXPECT_EQ(one, emptied) << "what was popped must not be compared";
}

} // namespace
} // namespace tile::layout
