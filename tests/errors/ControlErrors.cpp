// Scalars, conditions and branches.
#include "Misuse.h"

#include <optional>

using namespace tile;

namespace {

struct ControlErrors : testing::Test {
  KernelBuilder k{"k"};
  Index n = k.runtime("n");
  View x = k.input("x", f32, {n, 64}), y = k.output("y", f32, {n, 64}), flags = k.input("flags", DType::i1, {n});
  Tile t = x.load({0, 0}, {4, 64});
  Scalar s = k.scalar("s", f32);
};

TEST_F(ControlErrors, ScalarLoads) {
  MISUSE(x.at({0}), "'x' of rank 2", "1 indices", "takes 2");
  MISUSE(y.at({0, 0}), "'y'", "output", "inout()");
  MISUSE(flags.at({0}), "'flags'", "i1", "load a tile");
  MISUSE(x.at({0, 0}).to_index(), "a Scalar of f32", "i32 or i64");
  MISUSE(t.to_scalar(), "f32[4, 64]", "rank 0");
  MISUSE((s < s).to_scalar(), "i1[]", "any dtype but i1");
}

TEST_F(ControlErrors, Conditions) {
  MISUSE(k.when(t < 0, [] {}), "i1[4, 64]", "i1 of rank 0", "where()");
  MISUSE(k.when(s + 1, [] {}), "f32[]", "i1 of rank 0");
  KernelBuilder other("other");
  Index m = other.runtime("m");
  MISUSE(n < m, "the Index", "'other'", "'k'");
  MISUSE((n < 1) & (m < 1), "the Condition", "'other'", "'k'");
  MISUSE(k.when(m < 1, [] {}), "the Condition", "'other'", "'k'");
  MISUSE(k.choose(m < 1, 1, 2), "the Condition", "'other'", "'k'");
  MISUSE(k.choose(n < 1, m, 2), "the Index", "'other'", "'k'");
}

TEST_F(ControlErrors, BranchesThatDisagree) {
  MISUSE(k.when(n < 1, [&] { return t; }, [&] { return t.to(f16); }), "value 0", "f32[4, 64]", "f16[4, 64]", "same");
  MISUSE(k.when(
             n < 1, [&] { return std::tuple{n, t}; }, [&] { return std::tuple{n, sum(t, Axis(0))}; }),
         "value 1", "f32[4, 64]", "f32[64]");
  MISUSE(k.when(n < 1, [&] { return s; }, [&] { return s.to(i32); }), "a Scalar of f32", "a Scalar of i32");
  MISUSE(k.when(n < 1, [&] { return std::vector{t, t}; }, [&] { return std::vector{t}; }), "2 values", "the other 1");
  y.store({0, 0}, t);
  Kernel kernel = k.finish();
  EXPECT_EQ(kernel.str().find("scf.if"), std::string::npos) << kernel.str();
}

TEST_F(ControlErrors, ValuesOfABranchOutsideIt) {
  Tile inner;
  Index at = 0;
  std::optional<Condition> holds;
  k.when(n < 1, [&] { inner = t + 1, at = n * 2, holds = n < 5; });
  MISUSE(inner + 1, "the Tile", "inside a branch", "returned");
  MISUSE(y.store({at, 0}, t), "the Index", "inside a branch");
  MISUSE(k.when(*holds, [] {}), "the Condition", "inside a branch");
  MISUSE(k.when(n < 1, [&] { inner = t + 1; }, [&] { inner + 1; }), "inside a branch");
  MISUSE(k.when(n < 1, [&] { k.finish(); }), "finish() inside the body", "branch");
}

TEST_F(ControlErrors, AfterTheEnd) {
  Condition c = n < 1;
  k.finish();
  MISUSE(n < 2, "'k' is finished");
  expectMisuse(__FILE__, int(c.loc().line()), [&] { !c; }, {"'k' is finished"});
  MISUSE(k.when(c, [] {}), "'k' is finished");
  MISUSE(k.choose(c, 1, 2), "'k' is finished");
  MISUSE(x.at({0, 0}), "'k' is finished");
}

TEST_F(ControlErrors, Points) {
  Tile i = k.iota(64), wide = k.zeros({4, 64}, i32);
  View z = k.inout("z", f32, {n}), h = k.inout("h", bf16, {n});
  MISUSE(x.gather({i}), "gather from", "'x' of rank 2", "1 indices", "takes 2");
  MISUSE(x.gather({0, 1}), "'x'", "one index at least is a tile");
  MISUSE(x.gather({0, t}), "indices of f32[4, 64]", "i32 or i64");
  MISUSE(x.gather({i, wide}), "[64] and [4, 64]", "ranks must be equal");
  MISUSE(y.gather({0, i}), "'y'", "output", "inout()");
  MISUSE(x.scatter({0, i}, k.zeros({64}, f32)), "scatter to", "'x'", "input");
  MISUSE(y.scatter({0, i}, k.zeros({64}, i32)), "'y'", "i32[64]", "holds f32", ".to(f32)");
  MISUSE(y.scatter({0, i}, k.zeros({32}, f32)), "[64] and [32]", "extents equal or 1");
  MISUSE(y.atomic_add({0, i}, k.zeros({64}, f32)), "atomic_add to 'y'", "output", "inout()");
  MISUSE(x.atomic_add({0, i}, k.zeros({64}, f32)), "atomic_add to 'x'", "input", "inout()");
  MISUSE(h.atomic_add({i}, k.zeros({64}, bf16)), "'h'", "bf16", "f32, i32 and i64");
  MISUSE(z.atomic_add({i}, k.zeros({64}, i32)), "'z'", "i32[64]", ".to(f32)");
  KernelBuilder other("other");
  MISUSE(z.gather({other.iota(64)}), "the Tile", "'other'", "'k'");
}

TEST_F(ControlErrors, Assumptions) {
  MISUSE(k.assume(n, {.divisible = 0}), "divisor of 0", "at least 1");
  MISUSE(k.assume(n, {.at_least = 4, .at_most = 3}), "at least 4 and at most 3");
  MISUSE(k.assume(12, {.divisible = 8}), "12", "not divisible by 8");
  MISUSE(k.assume(-1, {.at_least = 0}), "-1", "not at least 0");
  MISUSE(k.assume(9, {.at_most = 8}), "9", "not at most 8");
  EXPECT_EQ(k.assume(16, {.divisible = 8, .at_least = 16, .at_most = 16}).constant(), 16);
}

TEST_F(ControlErrors, PrintsAndRequirements) {
  MISUSE(k.print("{} {}", n), "print() of 1 values", "2 places");
  MISUSE(k.print("none", n, t), "print() of 2 values", "0 places");
  MISUSE(k.print("{} {}", t, k.iota(8)), "print()", "[4, 64] and [8]", "ranks must be equal");
  MISUSE(k.require(t, "positive"), "require() of f32[4, 64]", "i1");
  KernelBuilder other("other");
  MISUSE(k.print("{}", other.iota(8)), "the Tile", "'other'", "'k'");
  MISUSE(k.print("{}", other.runtime("i")), "the Index", "'other'", "'k'");
  MISUSE(k.print("{}", other.scalar("f", f32)), "the Scalar", "'other'", "'k'");
  MISUSE(k.print("{}", Tile()), "the Tile is empty");
  Index inner = 0;
  k.loop(0, 4, 1)([&](Index i) { inner = i; });
  MISUSE(k.print("{}", inner), "the Index", "inside a loop");
  MISUSE(k.require(other.runtime("m") < 1, "small"), "the Condition", "'other'", "'k'");
}

} // namespace
