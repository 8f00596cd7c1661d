// Mistakes at the edges: handles of other kernels in every family of operations, debugging aids inside combine
// functions, numbers that no dtype holds.
#include "Misuse.h"

#include <cmath>

using namespace tile;

namespace {

struct LimitErrors : testing::Test {
  KernelBuilder k{"k"}, other{"other"};
  Index n = k.runtime("n"), m = other.runtime("m");
  View x = k.input("x", f32, {n, 64}), y = k.output("y", f32, {n, 64}), z = k.inout("z", i32, {n});
  Tile t = x.load({0, 0}, {4, 64}), foreign = other.zeros({4, 64}, f32), i = k.iota(64);
  Scalar s = k.scalar("s", f32), r = other.scalar("r", f32);
};

TEST_F(LimitErrors, HandlesOfAnotherKernel) {
  MISUSE(x.load({m, 0}, {4, 64}), "the Index", "'other'", "'k'");
  MISUSE(x.at({m, 0}), "the Index", "'other'", "'k'");
  MISUSE(x.prefetch({m, 0}, {4, 64}), "the Index", "'other'", "'k'");
  MISUSE(x.below(0, m), "the Index", "'other'", "'k'");
  MISUSE(k.input("w", f32, {n, 64}, {.strides = {m, 1}}), "the Index", "'other'", "'k'");
  MISUSE(z.scatter({i}, other.iota(64)), "the Tile", "'other'", "'k'");
  MISUSE(z.atomic_add({i}, other.iota(64)), "the Tile", "'other'", "'k'");
  MISUSE(t + r, "the Scalar", "'other'", "'k'");
  MISUSE(s + r, "the Scalar", "'other'", "'k'");
  MISUSE(where(t < 0, foreign, t), "the Tile", "'other'", "'k'");
  MISUSE(concat(t, foreign, Axis(0)), "the Tile", "'other'", "'k'");
  MISUSE(gradient(t, t, foreign), "dy of gradient()", "'other'", "'k'");
  MISUSE(gradient(t, foreign, t), "x of gradient()", "'other'", "'k'");
  MISUSE(reduce(std::tuple{t, foreign}, Axis(0), [](auto a, auto) { return a; }), "the Tile", "'other'", "'k'");
  MISUSE(reduce(t, Axis(0), [&](Tile a, Tile) { return a + r; }), "the Scalar", "'other'", "'k'");
  MISUSE(scan_exclusive(t, r, Axis(0), [](Tile a, Tile b) { return a + b; }), "the Scalar", "'other'", "'k'");
  MISUSE(k.assume(m, {.divisible = 8}), "the Index", "'other'", "'k'");
  MISUSE(k.loop(0, n, m)([](Index) {}), "the Index", "'other'", "'k'");
  MISUSE(k.loop(0, n, 1).carry(m)([](Index, Index j) { return j; }), "carried value 0", "'other'", "'k'");
  MISUSE(k.when(n < 1, [&] { return t; }, [&] { return foreign; }), "value 0", "'other'", "'k'");
}

TEST_F(LimitErrors, AfterTheEnd) {
  y.store({0, 0}, t);
  k.finish();
  MISUSE(x.at({0, 0}), "'k' is finished");
  MISUSE(x.gather({0, i}), "'k' is finished");
  MISUSE(z.scatter({i}, i), "'k' is finished");
  MISUSE(z.atomic_add({i}, i), "'k' is finished");
  MISUSE(x.prefetch({0, 0}, {1, 1}), "'k' is finished");
  MISUSE(x.below(0, 4), "'k' is finished");
  MISUSE(y.store({0, 0}, t), "'k' is finished");
  MISUSE(t.expand(Axis(0)), "'k' is finished");
  MISUSE(t.broadcast({4, 64}), "'k' is finished");
  MISUSE(t.in_bounds(), "'k' is finished");
  MISUSE(n.to(i32), "'k' is finished");
  MISUSE(s.to(f16), "'k' is finished");
  MISUSE(transpose(t, {1, 0}), "'k' is finished");
  MISUSE(reshape(t, {256}), "'k' is finished");
  MISUSE(split(t, Axis(0)), "'k' is finished");
  MISUSE(cumsum(t, Axis(0)), "'k' is finished");
  MISUSE(argmax(t, Axis(0)), "'k' is finished");
  MISUSE(reduce(t, Axis(0), [](Tile a, Tile) { return a; }), "'k' is finished");
  MISUSE(gradient(t, t, t), "'k' is finished");
  MISUSE(k.print("{}", n), "'k' is finished");
  MISUSE(k.require(n < 1, "few"), "'k' is finished");
  MISUSE(k.require(t < 1, "few"), "'k' is finished");
  MISUSE(k.assume(n, {}), "'k' is finished");
  MISUSE(k.scalar("w", f32), "'k' is finished");
  MISUSE(k.num_programs(0), "'k' is finished");
}

TEST_F(LimitErrors, CombineFunctionsThatDoMoreThanCombine) {
  auto with = [&](auto f) {
    return [f](Tile a, Tile b) {
      f(a);
      return a + b;
    };
  };
  MISUSE(reduce(t, Axis(0), with([&](Tile) { x.at({0, 0}); })), "reduce() has at()", "single elements");
  MISUSE(reduce(t, Axis(0), with([&](Tile) { x.gather({0, k.iota(8)}); })), "reduce() has ");
  MISUSE(reduce(t, Axis(0), with([&](Tile a) { y.store({0, 0}, t * a); })), "uses a tile of the kernel");
  MISUSE(reduce(t, Axis(0), with([&](Tile) { z.scatter({0}, k.zeros({}, i32)); })), "at no tile");
  MISUSE(reduce(t, Axis(0), with([&](Tile) { k.when(n < 1, [] {}); })), "reduce() has a branch");
  MISUSE(reduce(t, Axis(0), with([&](Tile) { k.finish(); })), "finish() inside", "combine function");
  MISUSE(reduce(t, Axis(0), with([&](Tile a) { cumsum(a.expand(Axis(0)), Axis(0)); })), "reduce() has expand()");
  KernelBuilder loud("loud", {.debug = true});
  Tile u = loud.zeros({4, 64}, f32);
  MISUSE(reduce(u, Axis(0), with([&](Tile a) { loud.print("{}", a); })), "reduce() has print()");
  MISUSE(reduce(u, Axis(0), with([&](Tile a) { loud.require(a < 0, "negative"); })), "reduce() has require()");
  reduce(u, Axis(0), [](Tile a, Tile b) { return a + b; });
  loud.finish();
}

TEST_F(LimitErrors, NumbersThatNoElementHolds) {
  MISUSE(k.full({64}, NAN, i32), "the number nan", "i32");
  MISUSE(k.full({64}, INFINITY, i64), "the number inf", "i64");
  MISUSE(k.full({64}, 2, DType::i1), "the number 2", "i1", "0 to 1");
  MISUSE(k.full({64}, 0x1p40, i32), "1099511627776", "i32");
  MISUSE(k.full({64}, 1e39, f32), "beyond the range of f32");
  MISUSE(i + INT64_MIN, "-9223372036854775808", "i32");
  MISUSE(t + (int64_t(1) << 24) + 1 + 16777217, "16777217", "no exact value in f32");
  MISUSE(where(t < 0, k.zeros({4, 64}, f16), 65536), "65536", "f16");
}

TEST_F(LimitErrors, ConstantIndicesConvertLikeOthers) {
  auto text = [&](Scalar c, DType dtype) {
    KernelBuilder b("b");
    b.output("o", dtype, {4}).store({0}, b.zeros({4}, dtype) + c);
    return b.finish().str();
  };
  EXPECT_NE(text(Index((int64_t(1) << 32) + 5).to(i32), i32).find("dense<5>"), std::string::npos);
  EXPECT_NE(text(Index(16777217).to(f32), f32).find("dense<0x4B800000>"), std::string::npos)
      << text(Index(16777217).to(f32), f32);
  Index n = INT64_MAX;
  MISUSE(t + n.to(f32), "9223372036854775807", "no exact value in f32");
}

// As a run-time Index does, by way of f32.
TEST_F(LimitErrors, ConstantIndicesAreRoundedToNarrowFloats) {
  auto chosen = [&](Index n, DType dtype) {
    KernelBuilder b("b");
    Tile some = b.zeros({4}, dtype);
    b.output("o", dtype, {4}).store({0}, where(b.iota(4) < 2, some, n.to(dtype)));
    return b.finish().str();
  };
  EXPECT_NE(chosen(2049, f16).find("dense<2.048000e+03> : tensor<4xf16>"), std::string::npos) << chosen(2049, f16);
  EXPECT_NE(chosen(100001, bf16).find("dense<9.984000e+04> : tensor<4xbf16>"), std::string::npos)
      << chosen(100001, bf16);
  MISUSE(where(t < 0, t.to(f16), Index(70000).to(f16)), "70000", "f16");
}

// A double has 53 bits of them.
TEST_F(LimitErrors, FullTakesAllBitsOfAnInteger) {
  KernelBuilder b("b");
  b.output("o", i64, {4}).store({0}, b.full({4}, (int64_t(1) << 53) + 1, i64));
  EXPECT_NE(b.finish().str().find("dense<9007199254740993>"), std::string::npos);
}

TEST_F(LimitErrors, ShapesAndPlaces) {
  MISUSE(x.load({0, 0}, {-4, 64}), "the extent -4", "power of two");
  MISUSE(x.load({0, 0}, {4, 0}), "the extent 0", "power of two");
  MISUSE(x.load({}, {}), "'x' of rank 2", "0 indices");
  MISUSE(y.store({0, 0}, k.zeros({}, f32)), "a tile of rank 0");
  MISUSE(x.prefetch({0}, {1, 1}), "prefetch", "'x' of rank 2", "1 indices");
  MISUSE(x.prefetch({0, 0}, {1}), "prefetch", "rank 1");
  MISUSE(x.prefetch({0, 0}, {1, 0}), "prefetch of the extent 0", "at least 1");
  MISUSE(x.prefetch({0, 0}, {1024, 1025}), "prefetch of [1024, 1025] elements", "at most 2^20");
  MISUSE(x.prefetch({0, 0}, {INT64_MAX, INT64_MAX}), "at most 2^20");
  MISUSE(z.gather({}), "'z'", "0 indices");
  MISUSE(x.gather({UINT64_MAX, i}), "the number 18446744073709551615", "an Index");
  MISUSE(k.iota(-4), "the extent -4");
  MISUSE(k.iota(int64_t(1) << 21), "2^21", "2^20");
  MISUSE(sum(t, Axis(INT32_MIN)), "Axis(-2147483648)");
  MISUSE(concat(k.zeros({}, f32), k.zeros({}, f32), Axis(0)), "rank 0");
  MISUSE(split(k.zeros({}, f32), Axis(0)), "rank 0");
  MISUSE(split(t, Axis(5)), "Axis(5)");
  MISUSE(concat(t, t, Axis(5)), "Axis(5)");
  MISUSE(argmax(t, Axis(5)), "Axis(5)");
  MISUSE(cumprod(t, Axis(-9)), "Axis(-9)");
  MISUSE(n / Index(0), "Index / 0", "at least 1");
  MISUSE(Index(INT64_MIN) - 1, "64 bits");
}

TEST_F(LimitErrors, Branches) {
  MISUSE(k.when(n < 1, [&] { return Tile(); }, [&] { return t; }), "value 0", "empty");
  Tile inner;
  k.loop(0, 4, 1)([&](Index) { inner = t + 1; });
  MISUSE(k.when(n < 1, [&] { return inner; }, [&] { return t; }), "value 0", "inside a loop");
  MISUSE(k.when(Condition(true), [&] { return n; }, [&] { return m; }), "value 0", "'other'");
  y.store({0, 0}, t);
  EXPECT_EQ(k.finish().str().find("scf.if"), std::string::npos);
}

} // namespace
