// Scalar loads, conditions and branches: the IR they become, and what is known before the kernel runs.
#include "FileCheck.h"

using namespace tile;

namespace {

TEST(Branch, ReturnsWhatItsBodiesReturn) {
  KernelBuilder k("returns");
  Index n = k.runtime("n");
  View x = k.input("x", f32, {n}), y = k.output("y", f32, {64});
  Scalar s = k.scalar("s", f32);
  auto [tile, at, number] = k.when(
      n < 10, [&] { return std::tuple{x.load({0}, {64}), Index(3), s}; },
      [&] { return std::tuple{k.zeros({64}, f32), n, Index(7).to(f32)}; });
  y.store({at}, tile + number);
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: func.func @returns(%[[N:[^:]*]]: index {{.*}}, %[[S:[^:]*]]: f32 {{{[^}]*}}})
CHECK: %[[C:.*]] = arith.cmpi slt, %[[N]], %{{.*}} : index
CHECK: %[[IF:.*]]:3 = scf.if %[[C]] -> (tensor<64xf32>, index, f32) {
CHECK:   %[[T:.*]] = tile.load
CHECK:   %[[THREE:.*]] = arith.constant 3 : index
CHECK:   scf.yield %[[T]], %[[THREE]], %[[S]]
CHECK: } else {
CHECK:   scf.yield %{{.*}}, %[[N]], %{{.*}}
CHECK: tile.splat %[[IF]]#2
CHECK: tile.store %{{.*}}[%[[IF]]#1]
)"));
}

TEST(Branch, OneBodyAlone) {
  KernelBuilder k("alone");
  View y = k.output("y", f32, {k.runtime("n")});
  k.when(y.extent(0) >= 64, [&] { y.store({0}, k.zeros({64}, f32)); });
  EXPECT_TRUE(matches(k.finish(), "CHECK: arith.cmpi sge\nCHECK: scf.if\nCHECK: tile.store\nCHECK: }"));
}

TEST(Branch, ConditionsOfScalarsAndOfData) {
  KernelBuilder k("conditions");
  Scalar s = k.scalar("s", f32);
  View x = k.input("x", i32, {k.runtime("n")}), y = k.output("y", i32, {64});
  Scalar v = x.at({2});
  k.when(!((s > 0.5f) & (v == 3)) | (v.to_index() != x.extent(0)), [&] { y.store({0}, k.iota(64) + v); });
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[V:.*]] = tile.load_scalar %{{.*}}[%{{.*}}] : <?xi32, strides = [1], align = 16> -> i32
CHECK-DAG: arith.cmpf ogt, %{{.*}} : tensor<f32>
CHECK-DAG: arith.cmpi eq, %{{.*}} : tensor<i32>
CHECK-DAG: tile.to_scalar %{{.*}} : tensor<i1> -> i1
CHECK-DAG: arith.index_cast %[[V]] : i32 to index
CHECK-DAG: arith.cmpi ne, %{{.*}} : index
CHECK: %[[C:.*]] = arith.ori
CHECK: scf.if %[[C]] {
)"));
}

TEST(Branch, WhatIsKnownBeforehand) {
  Index two = 2;
  EXPECT_FALSE((two < 3).value());
  EXPECT_TRUE((two < 3).constant());
  EXPECT_FALSE((two >= 3).constant());
  EXPECT_TRUE((two != 3).constant());
  KernelBuilder k("known");
  Index n = k.runtime("n");
  EXPECT_TRUE(((two == 3) & (n < 3)).value().ir == nullptr);
  EXPECT_FALSE(((two == 3) & (n < 3)).constant());
  EXPECT_TRUE(((n < 3) | (two <= 2)).constant());
  EXPECT_TRUE((!(two > 2)).constant());
  EXPECT_EQ(k.choose(two < 3, 5, n).constant(), 5);
  k.when(two < 3, [&] { k.output("y", f32, {64}).store({0}, k.zeros({64}, f32)); });
  EXPECT_TRUE(matches(k.finish(), "CHECK: %[[YES:.*]] = arith.constant true\nCHECK: scf.if %[[YES]]"));
}

TEST(Branch, ABodyThatThrowsLeavesTheBuilderAsItWas) {
  KernelBuilder k("throws");
  Index n = k.runtime("n");
  Tile x = k.zeros({64}, f32), inner;
  for (bool second : {false, true})
    EXPECT_THROW(k.loop(0, 10, 1)([&](Index) {
      k.when(
          n < 3,
          [&] {
            inner = x + 1;
            if (!second) throw std::runtime_error("mine");
          },
          [&] {
            inner = x + 2;
            throw std::runtime_error("mine");
          });
    }),
                 std::runtime_error);
  k.output("y", f32, {64}).store({0}, x);
  EXPECT_THROW(inner + 1, UserError);
  EXPECT_TRUE(matches(k.finish(), "CHECK: func.func\nCHECK-NOT: scf.\nCHECK: tile.store"));
}

} // namespace
