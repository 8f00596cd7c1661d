// The README's examples build.
#include "FileCheck.h"

tile::Kernel softmax(tile::DType dtype, int64_t cols);
tile::Kernel log_sum_exp(int64_t cols);
tile::Kernel mean_and_square(int64_t tile, int64_t stride_divisor);
tile::Kernel sum_of_segments();

namespace {

TEST(Readme, Softmax) {
  EXPECT_TRUE(tile::matches(softmax(tile::bf16, 1000), R"(
CHECK: func.func @softmax
CHECK: tile.in_bounds
CHECK: tile.reduce max {{.*}} : tensor<1x1024xf32> -> tensor<1xf32>
CHECK: math.exp
CHECK: tile.reduce sum
CHECK: arith.divf
CHECK: tile.store {{.*}} : tensor<1x1024xbf16>, <?x1000xbf16, strides = [1000, 1], align = 16>
)"));
}

TEST(Readme, Loop) {
  EXPECT_TRUE(tile::matches(mean_and_square(512, 8), R"(
CHECK: func.func @mean_and_square
CHECK: <?x?xbf16, strides = [?, 1], align = 16, divisible = 8>
CHECK: scf.for {{.*}} -> (tensor<1x512xf32>, tensor<1x512xf32>)
CHECK-COUNT-2: tile.store
)"));
}

TEST(Readme, SumOfSegments) {
  EXPECT_TRUE(tile::matches(sum_of_segments(), R"(
CHECK: func.func @sum_of_segments
CHECK: %[[FROM:.*]] = arith.index_cast %{{.*}} : i64 to index
CHECK: %[[TO:.*]] = arith.index_cast %{{.*}} : i64 to index
CHECK: scf.for %{{.*}} = %[[FROM]] to %[[TO]]
CHECK: %[[IF:.*]] = scf.if
CHECK: scf.yield %[[IF]]
)"));
}

TEST(Readme, LogSumExp) {
  EXPECT_TRUE(tile::matches(log_sum_exp(1024), R"(
CHECK: func.func @log_sum_exp
CHECK: tile.reduce_with {{.*}} axis 1 : (tensor<1x1024xf32>, tensor<1x1024xf32>) -> (tensor<1xf32>, tensor<1xf32>)
CHECK-COUNT-2: math.exp {{.*}} : tensor<f32>
CHECK: tile.yield {{.*}} : tensor<f32>, tensor<f32>
)"));
}

} // namespace
