// Gather, scatter, atomic addition, assumptions and uses of the caches: the IR they become.
#include "FileCheck.h"

using namespace tile;

namespace {

TEST(Points, TilesOfIndicesBroadcast) {
  KernelBuilder k("broadcast");
  Index row = k.runtime("row");
  View x = k.input("x", f32, {8, 32, 64}), y = k.output("y", f32, {64, 64});
  Tile a = k.iota(4).expand(Axis(1)), b = k.iota(16, i64).expand(Axis(0));
  y.scatter({a, b}, x.gather({row, a, b}, Cache::Keep));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: func.func @broadcast(%[[ROW:[^:]*]]: index
CHECK-DAG: %[[A:.*]] = tile.broadcast %{{.*}} : tensor<4x1xi32> -> tensor<4x16xi32>
CHECK-DAG: %[[B:.*]] = tile.broadcast %{{.*}} : tensor<1x16xi64> -> tensor<4x16xi64>
CHECK: %[[G:.*]] = tile.gather %{{.*}}[%[[ROW]], %[[A]], %[[B]]] {cache = #tile<cache keep>}
CHECK: tile.scatter %[[G]], %{{.*}}[%{{.*}}, %{{.*}}] : tensor<4x16xf32>
)"));
}

TEST(Points, OneNumberIsAddedInManyPlaces) {
  KernelBuilder k("count");
  View counts = k.inout("counts", i32, {16});
  counts.atomic_add({k.iota(16)}, k.full({}, 1, i32));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[ONES:.*]] = tile.broadcast %{{.*}} -> tensor<16xi32>
CHECK: tile.atomic_add %[[ONES]], %{{.*}}[%{{.*}}] : tensor<16xi32>, {{.*}}, (tensor<16xi32>)
)"));
}

TEST(Points, AssumptionsReachStrides) {
  KernelBuilder k("assume");
  Index stride = k.assume(k.runtime("stride"), {.divisible = 8, .at_least = 64});
  View x = k.input("x", f32, {4, 64}, {.strides = {stride, 1}}), y = k.output("y", f32, {4, 64});
  y.store({0, 0}, x.load({0, 0}, {4, 64}, Cache::EvictFirst), Cache::Streaming);
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[S:.*]] = tile.assume %{{.*}} {at_least = 64 : i64, divisible = 8 : i64}
CHECK: tile.make_view %{{.*}}, [], [%[[S]]] : {{.*}}divisible = 8>
CHECK: tile.load {{.*}}evict_first
CHECK: tile.store {{.*}}streaming
)"));
}

} // namespace
