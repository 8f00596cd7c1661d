// gradient(): what has no derivative, and what it is asked for wrongly.
#include "Misuse.h"

using namespace tile;

namespace {

struct GradientErrors : testing::Test {
  KernelBuilder k{"k"};
  View view = k.input("x", f32, {4, 64});
  Tile x = view.load({0, 0}, {4, 64}), other = view.load({0, 0}, {4, 64}), dy = k.zeros({4, 64}, f32);
  Tile half = x.to(bf16);
};

TEST_F(GradientErrors, OpsWithoutADerivative) {
  MISUSE(gradient(x * sum(x, Axis(1)).expand(Axis(1)), x, dy), "gradient() through the reduction 'sum'",
         "GradientErrors.cpp:", "+ - * / abs min max where");
  MISUSE(gradient(x - max(exp(x), Axis(0)).expand(Axis(0)), x, dy), "the reduction 'max'");
  MISUSE(gradient(x.to(i32).to(f32) * 2, x, dy), "the conversion f32[4, 64] to i32[4, 64]");
  MISUSE(gradient((x.to(i32) + 1).to(f32) * x, x, dy), "gradient() through");
}

TEST_F(GradientErrors, Loops) {
  Tile y = k.loop(0, 4, 1).carry(x)([&](Index, Tile v) { return v * 2; });
  MISUSE(gradient(y, x, dy), "gradient() through a");
  Tile z = k.loop(0, 4, 1).carry(dy)([&](Index, Tile v) { return v * x; });
  MISUSE(gradient(z, x, dy), "gradient() through a");
  k.loop(0, 4, 1).carry(dy)([&](Index, Tile v) {
    MISUSE(gradient(v * x, x, dy), "a value that a loop carries");
    Tile inside = view.load({0, 0}, {4, 64});
    gradient(v * inside, inside, dy); // v comes from an earlier iteration: a constant of this one
    return v * x;
  });
}

TEST_F(GradientErrors, LoopsThatAreOverAndDoNotUseX) {
  Tile sum = k.loop(0, 4, 1).carry(dy)([&](Index, Tile v) { return v + other; });
  gradient(sum * x, x, dy); // sum is a constant
  Tile loaded = sum * 2;
  gradient(loaded * loaded, loaded, dy);
}

TEST_F(GradientErrors, BranchesAndFunctions) {
  Index n = k.runtime("n");
  Tile y = k.when(n < 1, [&] { return x * 2; }, [&] { return x; });
  MISUSE(gradient(y, x, dy), "gradient() through a branch");
  Tile row = k.zeros({4}, f32);
  MISUSE(gradient(reduce(x, Axis(1), [](Tile a, Tile b) { return a + b; }), x, row), "a reduction by a function");
  MISUSE(gradient(cumsum(x, Axis(1)), x, dy), "gradient() through a scan");
  MISUSE(gradient(reshape(x, {64, 4}), x, k.zeros({64, 4}, f32)), "gradient() through 'reshape'");
}

TEST_F(GradientErrors, NoDependence) {
  MISUSE(gradient(other * 2, x, dy), "does not depend on x, f32[4, 64]", "conditions");
  MISUSE(gradient(other * 2, {x * 1}, dy), "does not depend on x");
  MISUSE(gradient(other * x, {x, dy}, dy), "does not depend on x number 1");
  MISUSE(gradient(where(x < 0, 1.f, other), x, dy), "conditions and comparisons carry no gradient");
  MISUSE(gradient((x < 0).to(f32) * other, x, dy), "does not depend on x");
  MISUSE(gradient(other, x, dy), "does not depend on x");
}

TEST_F(GradientErrors, Arguments) {
  MISUSE(gradient(half.to(f32), half, dy), "x of bf16[4, 64]", "x.to(f32)");
  MISUSE(gradient(x, x.to(i32), dy), "x of i32[4, 64]");
  MISUSE(gradient(x.to(i32), x, dy), "gradient() of i32[4, 64]", "only floats");
  MISUSE(gradient(x, x, k.zeros({4, 32}, f32)), "f32[4, 64] with dy of f32[4, 32]", "y's shape");
  MISUSE(gradient(x, x, k.zeros({4, 64}, i32)), "dy of i32[4, 64]", "floats");
  MISUSE(gradient(Tile(), x, dy), "y of gradient() is empty");
  MISUSE(gradient(x, Tile(), dy), "x of gradient() is empty");
  MISUSE(gradient(x, x, Tile()), "dy of gradient() is empty");
}

TEST_F(GradientErrors, SigmoidAndPow) {
  MISUSE(sigmoid(half), "'sigmoid' on bf16", ".to(f32)");
  MISUSE(sigmoid(x.to(i32)), "'sigmoid' on i32", ".to(f32)");
  MISUSE(pow(half, half), "'pow' on bf16", ".to(f32)");
  MISUSE(pow(x.to(i32), 2), "'pow' on i32", ".to(f32)");
  MISUSE(pow(x, x.to(i32)), "'pow'", "f32[4, 64] and i32[4, 64]");
  MISUSE(pow(x, k.zeros({64}, f32)), "'pow'", "ranks must be equal");
}

} // namespace
