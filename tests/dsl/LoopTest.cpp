// Loops: what they carry, how they nest, and that a builder survives a body that throws.
#include "FileCheck.h"

using namespace tile;

namespace {

TEST(Loop, CarriesTilesIndicesAndScalars) {
  KernelBuilder k("carry");
  Index n = k.runtime("n");
  Scalar start = k.scalar("start", f32);
  auto [sum, last, number] = k.loop(0, n, 64).carry(k.zeros({64}, f32), Index(7), start)(
      [&](Index i, Tile s, Index, Scalar e) { return std::tuple{s + e, i, e}; });
  k.output("y", f32, {64}).store({last}, sum + number);
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: func.func @carry(%[[N:.*]]: index {{.*}}, %[[START:.*]]: f32
CHECK: %[[Z:.*]] = arith.constant dense<0.0
CHECK: %[[SEVEN:.*]] = arith.constant 7 : index
CHECK: %[[FOR:.*]]:3 = scf.for %[[I:.*]] = %{{.*}} to %[[N]] step %{{.*}} iter_args(%[[S:.*]] = %[[Z]], %{{.*}} = %[[SEVEN]], %[[E:.*]] = %[[START]]) -> (tensor<64xf32>, index, f32)
CHECK: %[[SPLAT:.*]] = tile.splat %[[E]]
CHECK: %[[NEXT:.*]] = arith.addf %[[S]], %[[SPLAT]]
CHECK: scf.yield %[[NEXT]], %[[I]], %[[E]]
CHECK: tile.splat %[[FOR]]#2
CHECK: tile.store %{{.*}}[%[[FOR]]#1]
)"));
}

TEST(Loop, OneValueComesBackAsItself) {
  KernelBuilder k("one");
  Tile s = k.loop(0, 10, 1).carry(k.zeros({64}, f32))([&](Index, Tile s) { return s + 1; });
  k.output("y", f32, {64}).store({0}, s);
  EXPECT_TRUE(matches(k.finish(), "CHECK: %[[F:.*]] = scf.for\nCHECK: scf.yield\nCHECK: tile.store %[[F]]"));
}

TEST(Loop, AListOfTilesAndNesting) {
  KernelBuilder k("list");
  Index n = k.runtime("n");
  std::vector<Tile> sums(3, k.zeros({64}, f32));
  sums = k.loop(0, n, 1).carry_list(sums, [&](Index, std::vector<Tile> outer) {
    return k.loop(0, n, 1).carry_list(outer, [&](Index, std::vector<Tile> inner) {
      for (Tile &t : inner) t = t + 1;
      return inner;
    });
  });
  ASSERT_EQ(sums.size(), 3u);
  k.output("y", f32, {64}).store({0}, sums[0] + sums[1] + sums[2]);
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[O:.*]]:3 = scf.for
CHECK: %[[I:.*]]:3 = scf.for
CHECK: scf.yield %{{.*}}, %{{.*}}, %{{.*}} : tensor<64xf32>, tensor<64xf32>, tensor<64xf32>
CHECK: }
CHECK: scf.yield %[[I]]#0, %[[I]]#1, %[[I]]#2
CHECK: arith.addf %[[O]]#0, %[[O]]#1
)"));
}

TEST(Loop, SaysHowManyStagesItHas) {
  KernelBuilder k("stages");
  Index n = k.runtime("n");
  View x = k.input("x", f32, {n}), y = k.output("y", f32, {n});
  k.loop(0, n, 64).stages(3)([&](Index i) { y.store({i}, x.load({i}, {64})); });
  EXPECT_TRUE(matches(k.finish(), "CHECK: scf.for\nCHECK: } {tile.stages = 3 : i32}"));
}

TEST(Loop, CarriesNothing) {
  KernelBuilder k("nothing");
  View y = k.output("y", f32, {k.runtime("n")});
  k.loop(0, y.extent(0), 64)([&](Index i) { y.store({i}, k.zeros({64}, f32)); });
  EXPECT_TRUE(matches(k.finish(), "CHECK: scf.for\nCHECK-NOT: iter_args\nCHECK: tile.store\nCHECK-NEXT: }"));
}

TEST(Loop, ABodyThatThrowsLeavesTheBuilderAsItWas) {
  KernelBuilder k("throws");
  Tile x = k.zeros({64}, f32), inner;
  EXPECT_THROW(k.loop(0, 10, 1)([&](Index) {
    k.loop(0, 10, 1)([&](Index) {
      inner = x + 1;
      throw std::runtime_error("mine");
    });
  }),
               std::runtime_error);
  k.output("y", f32, {64}).store({0}, x);
  EXPECT_THROW(inner + 1, UserError);
  EXPECT_TRUE(matches(k.finish(), "CHECK: func.func\nCHECK-NOT: scf.for\nCHECK: tile.store"));
}

} // namespace
