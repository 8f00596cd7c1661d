// Values used where they can't be: outside their loop, in another kernel, after the end; and loops themselves.
#include "Misuse.h"

#include <optional>

using namespace tile;

namespace {

TEST(LifetimeErrors, ValuesOfALoopOutsideIt) {
  KernelBuilder k("k");
  View y = k.output("y", f32, {64});
  Tile inner;
  Index at = 0;
  k.loop(0, 10, 1)([&](Index i) { inner = k.zeros({64}, f32), at = i * 2; });
  MISUSE(inner + 1, "the Tile", "inside a loop", "carry");
  MISUSE(exp(inner), "inside a loop");
  MISUSE(sum(inner, Axis(0)), "inside a loop");
  MISUSE(inner.to(f16), "inside a loop");
  MISUSE(y.store({0}, inner), "the Tile", "inside a loop");
  MISUSE(y.store({at}, k.zeros({64}, f32)), "the Index", "inside a loop");
  MISUSE(at + 1, "the Index", "inside a loop");
  MISUSE(at + 0, "the Index", "inside a loop");
  MISUSE(at.to(f32), "inside a loop");
  MISUSE(k.loop(0, at, 1)([](Index) {}), "inside a loop");
}

TEST(LifetimeErrors, ViewsAndOriginsOfALoopOutsideIt) {
  KernelBuilder k("k");
  std::optional<View> inner;
  k.loop(0, 10, 1)([&](Index) { inner = k.input("x", f32, {64}); });
  MISUSE(inner->load({0}, {64}), "the View", "inside a loop");
  View outer = k.input("z", f32, {64});
  Tile t = k.loop(0, 10, 1).carry(k.zeros({64}, f32))([&](Index i, Tile) { return outer.load({i}, {64}); });
  MISUSE(t.in_bounds(), "in_bounds()", "load()");
}

TEST(LifetimeErrors, MixedBuilders) {
  KernelBuilder a("one"), b("two");
  Tile x = a.zeros({64}, f32), y = b.zeros({64}, f32);
  Index n = a.runtime("n"), m = b.runtime("m");
  View out = b.output("out", f32, {64});
  MISUSE(x + y, "the Tile", "'two'", "'one'", "builder");
  MISUSE(n + m, "the Index", "'two'", "'one'");
  MISUSE(out.store({0}, x), "the Tile", "'one'", "'two'");
  MISUSE(out.store({n}, y), "the Index", "'one'", "'two'");
  MISUSE(b.input("in", f32, {n}), "the Index", "'one'", "'two'");
  MISUSE(b.loop(0, n, 1)([](Index) {}), "the Index", "'one'", "'two'");
  MISUSE(b.loop(0, m, 1).carry(x)([](Index, Tile t) { return t; }), "carried value 0", "'one'", "'two'");
}

TEST(LifetimeErrors, AfterTheEnd) {
  KernelBuilder k("k");
  Tile x = k.zeros({64}, f32);
  View y = k.output("y", f32, {64});
  Index n = k.runtime("n");
  y.store({0}, x);
  Kernel kernel = k.finish();
  MISUSE(k.finish(), "'k' is finished");
  MISUSE(x + 1, "'k' is finished");
  MISUSE(n + 1, "'k' is finished");
  MISUSE(y.load({0}, {64}), "'k' is finished");
  MISUSE(k.runtime("m"), "'k' is finished");
  MISUSE(k.input("x", f32, {64}), "'k' is finished");
  MISUSE(k.program_id(0), "'k' is finished");
  MISUSE(k.iota(64), "'k' is finished");
  MISUSE(k.zeros({64}, f32), "'k' is finished");
  MISUSE(k.loop(0, 1, 1)([](Index) {}), "'k' is finished");
}

TEST(LifetimeErrors, AfterTheBuilder) {
  Tile x;
  Index n = 0;
  {
    KernelBuilder k("k");
    x = k.zeros({64}, f32), n = k.runtime("n");
  }
  KernelBuilder other("other"); // may well live at the same address
  MISUSE(x + 1, "the Tile", "builder is gone");
  MISUSE(n + 1, "the Index", "builder is gone");
}

TEST(LifetimeErrors, EmptyHandles) {
  KernelBuilder k("k");
  Tile none, x = k.zeros({64}, f32);
  MISUSE(none + x, "the Tile is empty");
  MISUSE(x + none, "the Tile is empty");
  MISUSE(none.to(f16), "the Tile is empty");
  MISUSE(none.in_bounds(), "the Tile is empty");
  MISUSE(none.in_bounds(Axis(0)), "the Tile is empty");
  MISUSE(sum(none, Axis(0)), "the Tile is empty");
  MISUSE(k.output("y", f32, {64}).store({0}, none), "the Tile is empty");
  MISUSE(k.loop(0, 1, 1).carry(none)([](Index, Tile t) { return t; }), "carried value 0 is empty");
  Kernel kernel;
  auto refusal = [&](auto use) {
    try {
      use();
    } catch (const UserError &e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  const std::string words = "an empty Kernel: it was declared but never given one that KernelBuilder::finish() made";
  EXPECT_EQ(refusal([&] { kernel.name(); }), words);
  EXPECT_EQ(refusal([&] { kernel.warps(); }), words);
  EXPECT_EQ(refusal([&] { kernel.str(); }), words);
}

TEST(LifetimeErrors, Loops) {
  KernelBuilder k("k");
  Tile x = k.zeros({64}, f32), w = k.zeros({128}, f32), i = k.zeros({64}, i32);
  auto one = [&](const Tile &t) { return [&](Index, Tile) { return t; }; };
  MISUSE(k.loop(0, 10, 0)([](Index) {}), "step is 0", "at least 1");
  MISUSE(k.loop(0, 10, -1)([](Index) {}), "step is -1");
  MISUSE(k.loop(0, 9, 1).carry(x)(one(w)), "carried value 0", "f32[64]", "f32[128]", "must stay the same");
  MISUSE(k.loop(0, 9, 1).carry(x)(one(i)), "carried value 0", "f32[64]", "i32[64]");
  auto wide = [](Index, Tile a, Tile b) { return std::tuple{a, b.to(i64)}; };
  MISUSE(k.loop(0, 9, 1).carry(x, i)(wide), "carried value 1", "i32[64]", "i64[64]");
  MISUSE(k.loop(0, 9, 1).carry(x, i)([&](Index, Tile t, Tile) { return t; }), "carries 2 values", "returns 1",
         "one for each");
  MISUSE(k.loop(0, 9, 1).carry(x)([](Index n, Tile) { return n; }), "carried value 0", "f32[64]", "an Index");
  auto shorter = [&](Index, std::vector<Tile>) { return std::vector{x}; };
  MISUSE(k.loop(0, 9, 1).carry_list({x, x}, shorter), "carries 2 values", "returns 1");
  MISUSE(k.loop(0, 9, 1)([&](Index) { k.finish(); }), "finish() inside the body of a loop");
  k.output("y", f32, {64}).store({0}, x);
  EXPECT_EQ(k.finish().str().find("scf.for"), std::string::npos); // what was refused left nothing behind
}

TEST(LifetimeErrors, StagesOfLoops) {
  KernelBuilder k("k");
  MISUSE(k.loop(0, 10, 1).stages(0), "0 stages", "accepted: 1 to 8");
  MISUSE(k.loop(0, 10, 1).stages(9), "9 stages", "accepted: 1 to 8");
}

TEST(LifetimeErrors, ViewFromNothing) {
  MISUSE(View({}, f32, {Index(64)}).load({0}, {64}), "the View is empty");
}

} // namespace
