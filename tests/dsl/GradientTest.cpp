// The code that gradient() writes: nothing that is multiplied by 1, added to 0, or not used; one select for both
// branches of a `where`; what is common to several inputs, once.
#include "FileCheck.h"

using namespace tile;

namespace {

struct GradientIr : testing::Test {
  KernelBuilder k{"grad"};
  Tile x = k.input("x", f32, {64}).load({0}, {64}), dy = k.input("dy", f32, {64}).load({0}, {64});
  View out = k.output("dx", f32, {64});

  testing::AssertionResult becomes(const Tile &y, std::string_view patterns) {
    out.store({0}, gradient(y, x, dy));
    return matches(k.finish(), patterns);
  }
};

TEST_F(GradientIr, OfASumIsDyItself) {
  EXPECT_TRUE(becomes(x + 3, R"(
CHECK: tile.load
CHECK: %[[DY:.*]] = tile.load
CHECK: arith.addf
CHECK-NEXT: arith.constant 0 : index
CHECK-NEXT: tile.store %[[DY]],
)"));
}

TEST_F(GradientIr, UsesTheResultOfExp) {
  EXPECT_TRUE(becomes(exp(x), R"(
CHECK: tile.load
CHECK: %[[DY:.*]] = tile.load
CHECK: %[[E:.*]] = math.exp
CHECK-NEXT: %[[D:.*]] = arith.mulf %[[DY]], %[[E]] fastmath<contract>
CHECK-NEXT: arith.constant 0 : index
CHECK-NEXT: tile.store %[[D]],
)"));
}

TEST_F(GradientIr, SignsBecomeSubtractions) {
  EXPECT_TRUE(becomes(exp(x) - x * 2, R"(
CHECK: tile.load
CHECK: %[[DY:.*]] = tile.load
CHECK: %[[E:.*]] = math.exp
CHECK: arith.subf
CHECK-NEXT: %[[A:.*]] = arith.mulf %[[DY]],
CHECK-NEXT: %[[B:.*]] = arith.mulf %[[DY]], %[[E]]
CHECK-NEXT: %[[D:.*]] = arith.subf %[[B]], %[[A]]
CHECK-NEXT: arith.constant 0 : index
CHECK-NEXT: tile.store %[[D]],
CHECK-NOT: arith.negf
)"));
}

TEST_F(GradientIr, BothBranchesMeetInOneSelect) {
  EXPECT_TRUE(becomes(where(x < 0, exp(x), x * 3), R"(
CHECK: tile.load
CHECK: %[[DY:.*]] = tile.load
CHECK: %[[C:.*]] = arith.cmpf olt
CHECK: %[[E:.*]] = math.exp
CHECK: arith.select %[[C]], %[[E]]
CHECK-NEXT: %[[B:.*]] = arith.mulf %[[DY]], %cst
CHECK-NEXT: %[[A:.*]] = arith.mulf %[[DY]], %[[E]]
CHECK-NEXT: %[[D:.*]] = arith.select %[[C]], %[[A]], %[[B]]
CHECK-NEXT: arith.constant 0 : index
CHECK-NEXT: tile.store %[[D]],
)"));
}

TEST_F(GradientIr, OfSiluIsFiveOpsAndAnFma) {
  EXPECT_TRUE(becomes(x * sigmoid(x), R"(
CHECK: tile.sigmoid
CHECK-NEXT: arith.mulf
CHECK-NEXT: arith.mulf
CHECK-NEXT: arith.mulf
CHECK-NEXT: arith.constant dense<1.0
CHECK-NEXT: arith.subf
CHECK-NEXT: arith.mulf
CHECK-NEXT: arith.mulf
CHECK-NEXT: arith.addf
CHECK-NEXT: arith.constant 0 : index
CHECK-NEXT: tile.store
)"));
}

TEST_F(GradientIr, SmallPowersAreProducts) {
  EXPECT_TRUE(becomes(pow(x, 4) + pow(x, 0) + pow(x, 1) + pow(x, -1), R"(
CHECK: %[[X:.*]] = tile.load
CHECK: %[[S:.*]] = arith.mulf %[[X]], %[[X]]
CHECK-NEXT: %[[P:.*]] = arith.mulf %[[S]], %[[S]]
CHECK-NOT: math.powf
CHECK: tile.store
)"));
}

TEST_F(GradientIr, ConversionsKeepTheAdjointInF32) {
  EXPECT_TRUE(becomes((x * 2).to(bf16), R"(
CHECK: arith.truncf
CHECK-NEXT: arith.mulf
CHECK-NEXT: arith.constant 0 : index
CHECK-NEXT: tile.store
)"));
}

TEST(Gradient, OfSeveralInputsSharesWhatIsCommon) {
  KernelBuilder k("shared");
  View in = k.input("x", f32, {64}), out = k.output("d", f32, {2, 64});
  Tile x = in.load({0}, {64}), y = in.load({0}, {64});
  std::vector<Tile> d = gradient(tanh(x * y), {x, y}, k.full({64}, 1, f32));
  out.store({0, 0}, d[0].expand(Axis(0)));
  out.store({1, 0}, d[1].expand(Axis(0)));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[X:.*]] = tile.load
CHECK: %[[Y:.*]] = tile.load
CHECK: %[[T:.*]] = math.tanh
CHECK: %[[S:.*]] = arith.mulf %[[T]], %[[T]]
CHECK-NEXT: %[[G:.*]] = arith.subf %{{.*}}, %[[S]]
CHECK-DAG: arith.mulf %[[G]], %[[Y]]
CHECK-DAG: arith.mulf %[[G]], %[[X]]
CHECK-NOT: arith.mulf
)"));
}

TEST(Gradient, OfAnIntermediateValueStopsThere) {
  KernelBuilder k("inner");
  View in = k.input("x", f32, {64}), out = k.output("d", f32, {64});
  Tile x = in.load({0}, {64}), inner = exp(x), y = inner * inner;
  out.store({0}, gradient(y, inner, in.load({0}, {64})));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[E:.*]] = math.exp
CHECK: %[[DY:.*]] = tile.load
CHECK: %[[H:.*]] = arith.mulf %[[DY]], %[[E]]
CHECK-NEXT: %[[D:.*]] = arith.addf %[[H]], %[[H]]
CHECK-NEXT: arith.constant 0 : index
CHECK-NEXT: tile.store %[[D]],
)"));
}

} // namespace
