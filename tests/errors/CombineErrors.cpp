// Reductions and scans by the author's function, and changes of shape.
#include "Misuse.h"

using namespace tile;

namespace {

struct CombineErrors : testing::Test {
  KernelBuilder k{"k"};
  View view = k.input("x", f32, {64});
  Tile f = k.zeros({4, 64}, f32), row = k.zeros({64}, f32), i = k.zeros({4, 64}, i32), half = k.zeros({4, 64}, f16);
  Tile flag = k.zeros({4, 64}, DType::i1), one = k.zeros({}, f32);
  Scalar s = k.scalar("s", f32);
};

Tile add(Tile a, Tile b) {
  return a + b;
}

TEST_F(CombineErrors, Operands) {
  MISUSE(reduce(std::tuple{f, row}, Axis(0), [](auto a, auto) { return a; }), "reduce() of f32[4, 64] and f32[64]",
         "equal");
  MISUSE(reduce(std::vector<Tile>{}, Axis(0), [](auto a, auto) { return a; }), "reduce() of no tile");
  MISUSE(reduce(f, Axis(2), add), "Axis(2)", "2 dimensions");
  MISUSE(scan(one, Axis(0), add), "Axis(0)", "rank 0");
  MISUSE(reduce(half, Axis(0), [](Tile a, Tile b) { return a + b; }), "'+' on f16", ".to(f32)");
}

TEST_F(CombineErrors, WhatTheFunctionReturns) {
  MISUSE(reduce(std::vector{f, f}, Axis(0), [](auto a, auto) { return std::vector{a[0]}; }), "reduce()",
         "takes elements of 2 tiles and returns 1", "one of each");
  MISUSE(scan(f, Axis(0), [](Tile a, Tile b) { return a < b; }), "scan() returns i1[] for a tile of f32");
  MISUSE(reduce(f, Axis(0), [&](Tile, Tile) { return f; }), "returns f32[4, 64] for a tile of f32", "one element");
  MISUSE(reduce(f, Axis(0), [&](Tile, Tile) { return Tile(); }), "what the combine function returns is empty");
}

TEST_F(CombineErrors, WhatTheFunctionMayUse) {
  MISUSE(reduce(f, Axis(0), [&](Tile a, Tile b) { return a + b * one; }), "reduce() uses a tile of the kernel, f32[]",
         "Scalars");
  MISUSE(reduce(f, Axis(0), [&](Tile, Tile) { return one; }), "reduce() uses a tile of the kernel, f32[]");
  MISUSE(scan(f, Axis(0), [&](Tile a, Tile b) { return a + b + sum(row, Axis(0)); }),
         "scan() uses a tile of the kernel");
  MISUSE(reduce(f, Axis(0), [&](Tile a, Tile b) { return a + b + sum(view.load({0}, {64}), Axis(0)); }),
         "reduce() has load()", "single elements");
  MISUSE(reduce(f, Axis(0), [&](Tile a, Tile b) { return sum(a.expand(Axis(0)), Axis(0)) + b; }),
         "reduce() has expand()");
  MISUSE(reduce(f, Axis(0),
                [&](Tile a, Tile b) { return k.loop(0, 4, 1).carry(a)([&](Index, Tile c) { return c + b; }); }),
         "reduce() has a loop");
}

TEST_F(CombineErrors, WhatTheFunctionDidIsNamed) {
  View out = k.output("y", f32, {64}), both = k.inout("z", f32, {64});
  Tile at = k.iota(64);
  auto doing = [&](auto f) {
    return [f](Tile a, Tile b) {
      f(a);
      return a + b;
    };
  };
  MISUSE(reduce(f, Axis(0), doing([&](Tile) { out.store({0}, row); })), "uses a tile of the kernel, f32[64]");
  MISUSE(reduce(f, Axis(0), doing([&](Tile) { out.store({0}, k.zeros({64}, f32)); })), "has full()");
  MISUSE(reduce(f, Axis(0), doing([&](Tile) { view.prefetch({0}, {64}); })), "has prefetch()", "single elements");
  MISUSE(reduce(f, Axis(0), doing([&](Tile) { view.gather({at}); })), "uses a tile of the kernel, i32[64]");
  MISUSE(reduce(f, Axis(0), doing([&](Tile a) { both.scatter({a.to(i32)}, a); })), "has scatter()");
  MISUSE(reduce(f, Axis(0), doing([&](Tile a) { both.atomic_add({a.to(i32)}, a); })), "has atomic_add()");
  MISUSE(scan(f, Axis(0), doing([&](Tile a) { view.gather({a.to(i32)}); })), "scan() has gather()");
  MISUSE(reduce(f, Axis(0), doing([&](Tile) { k.iota(4); })), "has iota()");
  MISUSE(reduce(f, Axis(0), doing([&](Tile a) { a.broadcast({4}); })), "has expand()");
  MISUSE(reduce(f, Axis(0), doing([&](Tile a) { reshape(a, {1}); })), "has reshape()");
  MISUSE(reduce(f, Axis(0), doing([&](Tile a) { transpose(a, {}); })), "has transpose()");
  MISUSE(reduce(f, Axis(0), doing([&](Tile a) { a.to_scalar(); })), "has to_scalar()");
  MISUSE(reduce(f, Axis(0), doing([&](Tile a) { Condition(a < 1); })), "has to_scalar() or a Condition");
  Tile loaded = view.load({0}, {64});
  MISUSE(reduce(f, Axis(0), doing([&](Tile) { loaded.in_bounds(); })), "has in_bounds()");
}

TEST_F(CombineErrors, ABuilderIsUsableAfterwards) {
  MISUSE(reduce(f, Axis(0), [&](Tile, Tile b) { return b * f; }), "f32[4, 64]");
  Tile leaked;
  MISUSE(reduce(f, Axis(0),
                [&](Tile a, Tile b) {
                  leaked = a;
                  return a < b;
                }),
         "i1[]");
  MISUSE(leaked + 1, "the Tile", "inside a combine function and used outside it", "returned");
  scan(f, Axis(0), [&](Tile a, Tile b) { return leaked = a + b; });
  MISUSE(leaked + 1, "inside a combine function");
  Tile fine = reduce(f * s, Axis(0), [&](Tile a, Tile b) { return a + b * s; });
  EXPECT_EQ(fine.shape(), std::vector<int64_t>{64});
  EXPECT_NE(k.finish().str().find("captures"), std::string::npos);
}

TEST_F(CombineErrors, Identities) {
  MISUSE(scan_exclusive(f, f, Axis(0), add), "identity of scan_exclusive() is a tile");
  MISUSE(scan_exclusive(i, s, Axis(0), add), "a Scalar of f32 for a tile of i32", ".to()");
  MISUSE(scan_exclusive(i, 0.5, Axis(0), add), "the number 0.5", "i32");
  MISUSE(scan_exclusive(std::tuple{f, f}, std::tuple{0}, Axis(0), [](auto a, auto) { return a; }),
         "2 tiles has 1 identities");
}

TEST_F(CombineErrors, Derived) {
  MISUSE(cumsum(flag, Axis(0)), "cumsum() of i1[4, 64]", ".to(i32)");
  MISUSE(cumprod(half, Axis(0)), "cumprod() of f16[4, 64]", ".to(f32)");
  MISUSE(argmax(one, Axis(0)), "Axis(0)", "rank 0");
  MISUSE(argmin(f, Axis(-3)), "Axis(-3)");
}

TEST_F(CombineErrors, Shapes) {
  MISUSE(reshape(f, {4, 32}), "reshape() of f32[4, 64] to [4, 32]", "number of elements");
  MISUSE(reshape(f, {3, 64}), "the extent 3", "power of two");
  MISUSE(reshape(f, {2, 2, 2, 32}), "4 dimensions");
  MISUSE(transpose(f, {0}), "transpose() of f32[4, 64] in the order [0]", "2 dimensions once");
  MISUSE(transpose(f, {0, 0}), "[0, 0]");
  MISUSE(transpose(f, {1, 2}), "[1, 2]");
  MISUSE(concat(f, i, Axis(0)), "concat() of f32[4, 64] and i32[4, 64]");
  MISUSE(concat(f, row, Axis(0)), "f32[4, 64] and f32[64]");
  MISUSE(concat(k.zeros({1024, 1024}, f32), k.zeros({1024, 1024}, f32), Axis(1)), "2^21", "2^20");
  MISUSE(split(k.zeros({4, 1}, f32), Axis(1)), "split() of f32[4, 1]", "extent is 1", "2 or more");
}

} // namespace
