// What the operators build: splats, constants, broadcasts, conversions, reductions.
#include "FileCheck.h"

#include <cmath>

using namespace tile;

namespace {

TEST(Arithmetic, BroadcastsRowsAndColumns) {
  KernelBuilder k("outer");
  View x = k.input("x", f32, {4, 64}), r = k.input("r", f32, {4, 1}), c = k.input("c", f32, {1, 64});
  View y = k.output("y", f32, {4, 64});
  Tile column = r.load({0, 0}, {4, 1}), row = c.load({0, 0}, {1, 64});
  y.store({0, 0}, column * row + x.load({0, 0}, {4, 64}));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[R:.*]] = tile.load {{.*}} -> tensor<4x1xf32>
CHECK: %[[C:.*]] = tile.load {{.*}} -> tensor<1x64xf32>
CHECK-DAG: %[[RB:.*]] = tile.broadcast %[[R]] : tensor<4x1xf32> -> tensor<4x64xf32>
CHECK-DAG: %[[CB:.*]] = tile.broadcast %[[C]] : tensor<1x64xf32> -> tensor<4x64xf32>
CHECK: %[[P:.*]] = arith.mulf %[[RB]], %[[CB]] fastmath<contract> : tensor<4x64xf32>
CHECK: %[[X:.*]] = tile.load {{.*}} -> tensor<4x64xf32>
CHECK: arith.addf %[[P]], %[[X]] fastmath<contract> : tensor<4x64xf32>
)"));
}

TEST(Arithmetic, ScalarsAreSplatAndNumbersAreConstants) {
  KernelBuilder k("scalars");
  Scalar eps = k.scalar("eps", f32);
  View y = k.output("y", f32, {64});
  y.store({0}, k.zeros({64}, f32) + eps + 2);
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: func.func @scalars(%[[EPS:.*]]: f32 {tile.name = "eps"},
CHECK: %[[Z:.*]] = arith.constant dense<0.000000e+00> : tensor<64xf32>
CHECK: %[[S:.*]] = tile.splat %[[EPS]] : f32 -> tensor<64xf32>
CHECK: %[[A:.*]] = arith.addf %[[Z]], %[[S]]
CHECK: %[[TWO:.*]] = arith.constant dense<2.000000e+00> : tensor<64xf32>
CHECK: arith.addf %[[A]], %[[TWO]]
)"));
}

TEST(Arithmetic, TwoScalarsMakeATileOfRankZeroThatFitsAnyShape) {
  KernelBuilder k("rank0");
  Scalar a = k.scalar("a", f32), b = k.scalar("b", f32);
  Tile ab = a * b;
  EXPECT_EQ(ab.rank(), 0);
  k.output("y", f32, {4, 64}).store({0, 0}, k.zeros({4, 64}, f32) - ab);
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[P:.*]] = arith.mulf {{.*}} : tensor<f32>
CHECK: %[[E:.*]] = tile.expand_dims %[[P]] 0 : tensor<f32> -> tensor<1xf32>
CHECK: %[[F:.*]] = tile.expand_dims %[[E]] 1 : tensor<1xf32> -> tensor<1x1xf32>
CHECK: %[[B:.*]] = tile.broadcast %[[F]] : tensor<1x1xf32> -> tensor<4x64xf32>
CHECK: arith.subf %{{.*}}, %[[B]] fastmath<contract> : tensor<4x64xf32>
)"));
}

TEST(Arithmetic, DividesByANumberThroughItsReciprocal) {
  KernelBuilder k("divide");
  Tile x = k.input("x", f32, {64}).load({0}, {64});
  View y = k.output("y", f32, {64});
  y.store({0}, x / 1024);
  y.store({0}, x / 3.0);
  y.store({0}, x / 0.0);
  y.store({0}, 1.f / x);
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[X:.*]] = tile.load
CHECK: %[[R:.*]] = arith.constant dense<9.765625E-4>
CHECK: arith.mulf %[[X]], %[[R]]
CHECK: %[[T:.*]] = arith.constant dense<0.333333343>
CHECK: arith.mulf %[[X]], %[[T]]
CHECK: %[[Z:.*]] = arith.constant dense<0.000000e+00>
CHECK: arith.divf %[[X]], %[[Z]]
CHECK: %[[ONE:.*]] = arith.constant dense<1.000000e+00>
CHECK: arith.divf %[[ONE]], %[[X]]
)"));
}

TEST(Arithmetic, IntegersAndBits) {
  KernelBuilder k("integers");
  Tile i = k.iota(64);
  Tile odd = i % 2 == 1;
  View y = k.output("y", i32, {64});
  y.store({0}, where(odd & !(i < 7), -abs(i), i / 3));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[I:.*]] = tile.iota : tensor<64xi32>
CHECK: %[[REM:.*]] = arith.remsi %[[I]]
CHECK: %[[ODD:.*]] = arith.cmpi eq, %[[REM]]
CHECK: %[[LESS:.*]] = arith.cmpi slt, %[[I]]
CHECK: %[[TRUE:.*]] = arith.constant dense<true>
CHECK: %[[NOT:.*]] = arith.xori %[[LESS]], %[[TRUE]]
CHECK: %[[AND:.*]] = arith.andi %[[ODD]], %[[NOT]]
CHECK: %[[ABS:.*]] = math.absi %[[I]]
CHECK: %[[NEG:.*]] = arith.subi %{{.*}}, %[[ABS]]
CHECK: %[[DIV:.*]] = arith.divsi %[[I]]
CHECK: arith.select %[[AND]], %[[NEG]], %[[DIV]] : tensor<64xi1>, tensor<64xi32>
)"));
}

TEST(Arithmetic, ShiftsByAnyNumberOfPlaces) {
  KernelBuilder k("shifts");
  Tile i = k.iota(64);
  View y = k.output("y", i32, {64});
  y.store({0}, (i << 3) | (1 << i) | (i >> (i - 40)));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[I:.*]] = tile.iota : tensor<64xi32>
CHECK: %[[THREE:.*]] = arith.constant dense<3>
CHECK: arith.shli %[[I]], %[[THREE]]
CHECK: %[[MOST:.*]] = arith.minui %[[I]], %{{.*}}
CHECK: %[[ONE:.*]] = arith.shli %{{.*}}, %[[MOST]]
CHECK: %[[SOME:.*]] = arith.cmpi ult, %[[I]], %{{.*}}
CHECK: arith.select %[[SOME]], %[[ONE]], %{{.*}}
CHECK: %[[DISTANCE:.*]] = arith.minui
CHECK: arith.shrsi %[[I]], %[[DISTANCE]]
CHECK-NOT: arith.select
)"));
}

TEST(Arithmetic, ComparisonsOfFloatsAreFalseForNaNButUnequal) {
  KernelBuilder k("compare");
  Tile x = k.input("x", f32, {64}).load({0}, {64});
  View y = k.output("y", DType::i1, {64});
  y.store({0}, (x <= 1) ^ (x != x));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: arith.cmpf ole
CHECK: arith.cmpf une
CHECK: arith.xori
CHECK: tile.store {{.*}} : tensor<64xi1>, <64xi1, strides = [1], align = 16>
)"));
}

TEST(Arithmetic, EveryFunction) {
  KernelBuilder k("functions");
  Tile x = k.input("x", f32, {64}).load({0}, {64});
  View y = k.output("y", f32, {64});
  y.store({0}, erf(tanh(rsqrt(sqrt(log1p(log2(log(exp2(exp(abs(-x)))))))))));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: arith.negf
CHECK-NEXT: math.absf
CHECK-NEXT: math.exp %
CHECK-NEXT: math.exp2
CHECK-NEXT: math.log %
CHECK-NEXT: math.log2
CHECK-NEXT: math.log1p
CHECK-NEXT: math.sqrt
CHECK-NEXT: math.rsqrt
CHECK-NEXT: math.tanh
CHECK-NEXT: math.erf
)"));
}

TEST(Arithmetic, MinAndMaxOfTilesKeepNaNAndTakeNarrowFloats) {
  KernelBuilder k("minmax");
  Tile x = k.input("x", bf16, {64}).load({0}, {64});
  k.output("y", bf16, {64}).store({0}, min(max(x, 0), 6.f));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: arith.constant dense<0.000000e+00> : tensor<64xbf16>
CHECK: arith.maximumf {{.*}} : tensor<64xbf16>
CHECK: arith.constant dense<6.000000e+00> : tensor<64xbf16>
CHECK: arith.minimumf {{.*}} : tensor<64xbf16>
)"));
}

struct Case {
  DType from, to;
  const char *ops;
};

class Conversions : public testing::TestWithParam<Case> {};

TEST_P(Conversions, AreTheseOps) {
  auto [from, to, ops] = GetParam();
  KernelBuilder k("convert");
  Tile x = k.input("x", from, {64}).load({0}, {64});
  Tile y = x.to(to);
  EXPECT_EQ(y.dtype(), to);
  k.output("y", to, {64}).store({0}, y);
  EXPECT_TRUE(matches(k.finish(), std::string("CHECK: tile.load\n") + ops + "\nCHECK: tile.store\n"));
}

constexpr DType i1 = DType::i1;
INSTANTIATE_TEST_SUITE_P(
    All, Conversions,
    testing::Values(Case{f32, f32, "CHECK-NOT: arith.{{ext|trunc}}"}, Case{bf16, f32, "CHECK: arith.extf"},
                    Case{f32, f16, "CHECK: arith.truncf"},
                    Case{f16, bf16,
                         "CHECK: arith.extf {{.*}} to tensor<64xf32>\nCHECK: arith.truncf {{.*}} to tensor<64xbf"},
                    Case{f32, i32, "CHECK: arith.fptosi {{.*}} to tensor<64xi32>"},
                    Case{bf16, i64, "CHECK: arith.extf\nCHECK: arith.fptosi {{.*}} to tensor<64xi64>"},
                    Case{i32, f32, "CHECK: arith.sitofp"},
                    Case{i64, bf16, "CHECK: arith.sitofp {{.*}} to tensor<64xf32>\nCHECK: arith.truncf"},
                    Case{i32, i64, "CHECK: arith.extsi"}, Case{i64, i32, "CHECK: arith.trunci"},
                    Case{i1, i32, "CHECK: arith.extui"}, Case{i1, f32, "CHECK: arith.uitofp"}),
    [](const auto &info) { return std::string(name_of(info.param.from)) + "_" + std::string(name_of(info.param.to)); });

TEST(Arithmetic, IndicesBecomeNumbers) {
  KernelBuilder k("columns");
  Index column = k.program_id(1) * 64;
  View y = k.output("y", i32, {64});
  y.store({0}, k.iota(64) + column.to(i32));
  y.store({0}, k.iota(64) + Index(5).to(i32));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[C:.*]] = arith.muli {{.*}} overflow<nsw> : index
CHECK: %[[I:.*]] = arith.index_cast %[[C]] : index to i32
CHECK: tile.splat %[[I]] : i32 -> tensor<64xi32>
CHECK: arith.constant dense<5> : tensor<64xi32>
)"));
}

TEST(Arithmetic, IndexArithmeticIsFoldedWhereItCanBe) {
  Index known = (Index(7) + 5) * 3 / 2 % 10;
  EXPECT_FALSE(bool(known.value()));
  EXPECT_EQ(known.constant(), 8);
  KernelBuilder k("indices");
  Index p = k.program_id(0);
  EXPECT_EQ((p * 1 + 0).value().ir, p.value().ir);
  EXPECT_EQ((p * 0).constant(), 0);
  Index q = max(min(p - 1, 9), k.num_programs(2)) / 4 % 3;
  k.output("y", i64, {1}).store({0}, k.zeros({1}, i64) + q.to(i64));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: tile.program_id 0
CHECK: arith.subi {{.*}} overflow<nsw> : index
CHECK: arith.minsi
CHECK: tile.num_programs 2
CHECK: arith.maxsi
CHECK: arith.divui
CHECK: arith.remui
)"));
}

TEST(Arithmetic, Reductions) {
  KernelBuilder k("reductions");
  Tile x = k.input("x", f32, {4, 8, 16}).load({0, 0, 0}, {4, 8, 16});
  Tile s = sum(x, Axis(-1)), m = max(s, Axis(0)), p = product(m, Axis(0));
  EXPECT_EQ(s.shape(), (std::vector<int64_t>{4, 8}));
  EXPECT_EQ(p.rank(), 0);
  k.output("y", f32, {1}).store({0}, p.expand(Axis(-1)));
  k.output("z", i64, {1}).store({0}, min(k.iota(64, i64).expand(Axis(0)), Axis(1)));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: tile.reduce sum %{{.*}} 2 : tensor<4x8x16xf32> -> tensor<4x8xf32>
CHECK: tile.reduce max %{{.*}} 0 : tensor<4x8xf32> -> tensor<8xf32>
CHECK: tile.reduce product %{{.*}} 0 : tensor<8xf32> -> tensor<f32>
CHECK: tile.expand_dims %{{.*}} 0 : tensor<f32> -> tensor<1xf32>
CHECK: tile.expand_dims %{{.*}} 0 : tensor<64xi64> -> tensor<1x64xi64>
CHECK: tile.reduce min %{{.*}} 1 : tensor<1x64xi64> -> tensor<1xi64>
)"));
}

TEST(Arithmetic, ExpandAtTheEndAndBroadcast) {
  KernelBuilder k("expand");
  Tile i = k.iota(4).expand(Axis(-1));
  EXPECT_EQ(i.shape(), (std::vector<int64_t>{4, 1}));
  k.output("y", i32, {4, 64}).store({0, 0}, i.broadcast({4, 64}));
  EXPECT_TRUE(matches(k.finish(), "CHECK: tile.broadcast %{{.*}} : tensor<4x1xi32> -> tensor<4x64xi32>"));
}

} // namespace
