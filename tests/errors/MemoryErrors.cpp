// Loads, stores, bounds.
#include "Misuse.h"

using namespace tile;

namespace {

struct MemoryErrors : testing::Test {
  KernelBuilder k{"k"};
  View x = k.input("x", f32, {k.runtime("rows"), 64}), y = k.output("y", bf16, {x.extent(0), 64});
  Tile t = x.load({0, 0}, {4, 64});
};

TEST_F(MemoryErrors, Ranks) {
  MISUSE(x.load({0}, {4, 64}), "'x' of rank 2", "1 indices");
  MISUSE(x.load({0, 0}, {64}), "'x' of rank 2", "a tile of rank 1");
  MISUSE(y.store({0, 0, 0}, t), "'y' of rank 2", "3 indices");
  MISUSE(y.store({0, 0}, k.zeros({64}, bf16)), "'y' of rank 2", "a tile of rank 1");
  MISUSE(x.extent(2), "rank 2", "no dimension 2", "0 to 1");
  MISUSE(x.extent(-1), "no dimension -1");
}

TEST_F(MemoryErrors, Shapes) {
  MISUSE(x.load({0, 0}, {4, 60}), "the extent 60", "[4, 60]", "power of two");
  MISUSE(x.load({0, 0}, {1024, 2048}), "2^21", "2^20");
}

TEST_F(MemoryErrors, Directions) {
  MISUSE(x.store({0, 0}, t), "'x'", "input", "output() or inout()");
  MISUSE(y.load({0, 0}, {4, 64}), "'y'", "output", "inout()");
}

TEST_F(MemoryErrors, PartsOfViews) {
  MISUSE(x.below(2, 4), "rank 2", "no dimension 2");
  MISUSE(x.below(-1, 4), "rank 2", "no dimension -1");
  MISUSE(x.below(1, 0), "'x' below 0", "at least 1");
  MISUSE(y.below(0, 4).load({0, 0}, {4, 64}), "'y'", "output");
  MISUSE(x.below(0, 4).store({0, 0}, t), "'x'", "input");
}

TEST_F(MemoryErrors, DTypes) {
  MISUSE(y.store({0, 0}, t), "f32[4, 64]", "'y'", "bf16", ".to(bf16)");
}

TEST_F(MemoryErrors, Bounds) {
  MISUSE((t + 1).in_bounds(), "in_bounds()", "load()", ".to()");
  MISUSE((t + 1).in_bounds(Axis(0)), "load()");
  MISUSE(t.in_bounds(Axis(2)), "Axis(2)", "-2 to 1");
  MISUSE(reshape(t, {64, 4}).in_bounds(), "load()");
  MISUSE(reshape(t, {1, 4, 64}).in_bounds(Axis(0)), "load()");
}

} // namespace
