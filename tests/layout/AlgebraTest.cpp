// Composition, inverse, product and quotient, against their definitions.
#include "Machine.h"

#include <stdexcept>

namespace tile::layout {
namespace {

int hardwareBits(const Layout &layout) {
  return layout.bases(In::Register).size() + layout.bases(In::Lane).size() + layout.bases(In::Warp).size();
}

uint32_t at(const Layout &layout, uint32_t hardware) {
  const int regBits = layout.bases(In::Register).size(), laneBits = layout.bases(In::Lane).size();
  return layout(hardware & uint32_t(layout.registers() - 1), hardware >> regBits & uint32_t(layout.lanes() - 1),
                hardware >> (regBits + laneBits));
}

TEST(Compose, IsInnerThenOuter) {
  std::mt19937 random(6);
  for (int i = 0; i < 200; ++i) {
    const Layout outer = test::randomLayout(random, true);
    if (hardwareBits(outer) > 12) continue;
    const Layout inner = test::randomLayout(Shape{int64_t(1) << hardwareBits(outer)}, 3, 2, random, true);
    const Layout both = compose(inner, outer);
    EXPECT_EQ(both.shape(), outer.shape());
    for (uint32_t hardware = 0; hardware < uint32_t(1) << hardwareBits(inner); ++hardware)
      EXPECT_EQ(at(both, hardware), at(outer, at(inner, hardware)));
  }
}

TEST(Compose, WithAPermutationRenamesRegisters) {
  const Layout outer(Shape{2, 4}, {1, 2}, {4}, {});
  const Layout swap(Shape{8}, {2, 1}, {4}, {});
  EXPECT_EQ(compose(swap, outer), Layout(Shape{2, 4}, {2, 1}, {4}, {}));
  EXPECT_THROW(compose(Layout(Shape{4}, {1, 2}, {}, {}), outer), std::invalid_argument);
}

TEST(Invert, FindsTheLowestHolder) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    const Layout layout = test::randomLayout(random, i % 2);
    if (hardwareBits(layout) > 14) continue;
    const std::vector<uint32_t> inverse = invert(layout);
    ASSERT_EQ(inverse.size(), size_t(layout.shape().bits()));
    std::vector<std::optional<uint32_t>> lowest(size_t(layout.shape().size()));
    for (uint32_t hardware = 0; hardware < uint32_t(1) << hardwareBits(layout); ++hardware)
      if (auto &holder = lowest[at(layout, hardware)]; !holder) holder = hardware;
    for (uint32_t packed = 0; packed < lowest.size(); ++packed) {
      uint32_t holder = 0;
      for (int bit = 0; bit < layout.shape().bits(); ++bit) holder ^= packed >> bit & 1 ? inverse[bit] : 0;
      EXPECT_EQ(lowest[packed], holder) << layout.str();
    }
  }
}

TEST(Invert, RefusesWhatHoldsNotAll) {
  EXPECT_THROW(invert(Layout(Shape{4}, {1}, {}, {})), std::invalid_argument);
}

TEST(Product, LaysInnerTilesOutByOuter) {
  std::mt19937 random(8);
  int tried = 0;
  for (int i = 0; i < 300; ++i) {
    const Layout inner = test::randomLayout(random, true), outer = test::randomLayout(random, true);
    if (inner.shape().rank() != outer.shape().rank() || inner.shape().bits() + outer.shape().bits() > 14) continue;
    ++tried;
    const Layout whole = product(inner, outer);
    EXPECT_EQ(whole.verify(), std::nullopt) << whole.str();
    EXPECT_EQ(quotient(whole, inner), outer);
    auto any = [&](int n) { return uint32_t(random() % unsigned(n)); };
    const uint32_t ri = any(inner.registers()), li = any(inner.lanes()), wi = any(inner.warps());
    const uint32_t ro = any(outer.registers()), lo = any(outer.lanes()), wo = any(outer.warps());
    const uint32_t in = inner(ri, li, wi), out = outer(ro, lo, wo);
    const uint32_t packed = whole(ri + ro * uint32_t(inner.registers()), li + lo * uint32_t(inner.lanes()),
                                  wi + wo * uint32_t(inner.warps()));
    for (int dim = 0; dim < whole.shape().rank(); ++dim)
      EXPECT_EQ(whole.shape().coord(packed, dim),
                outer.shape().coord(out, dim) * inner.shape().extent(dim) + inner.shape().coord(in, dim));
  }
  EXPECT_GT(tried, 30);
}

TEST(Quotient, IsNoneWhereInnerIsNoPart) {
  const Layout whole(Shape{2, 8}, {1, 4}, {2, 8}, {});
  EXPECT_EQ(quotient(whole, Layout(Shape{1, 4}, {1}, {2}, {})), Layout(Shape{2, 2}, {1}, {2}, {}));
  EXPECT_EQ(quotient(whole, Layout(Shape{1, 4}, {2}, {1}, {})), std::nullopt) << "another order inside";
  EXPECT_EQ(quotient(whole, Layout(Shape{4, 1}, {1, 2}, {}, {})), std::nullopt) << "larger than the whole";
  EXPECT_EQ(quotient(whole, Layout(Shape{4}, {1, 2}, {}, {})), std::nullopt) << "another rank";
  EXPECT_EQ(quotient(Layout(Shape{4}, {1, 3}, {}, {}), Layout(Shape{2}, {1}, {}, {})), std::nullopt) << "swizzled";
  EXPECT_THROW(product(Layout(Shape{2}, {1}, {}, {}), whole), std::invalid_argument);
}

} // namespace
} // namespace tile::layout
