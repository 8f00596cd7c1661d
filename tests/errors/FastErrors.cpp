// Approximations: what they take.
#include "compiler/dsl/Fast.h"

#include "Misuse.h"

using namespace tile;

namespace {

struct FastErrors : testing::Test {
  KernelBuilder k{"k"};
  Tile half = k.zeros({64}, f16), wide = k.zeros({64}, i64), flag = k.zeros({64}, DType::i1);
};

TEST_F(FastErrors, Logarithm) {
  MISUSE(fast_log2(half), "'log2' on f16", ".to(f32)");
  MISUSE(fast_log2(wide), "'log2' on i64", "it takes f32", ".to(f32)");
  MISUSE(fast_log2(flag), "'log2' on i1", ".to()");
  MISUSE(fast_log2(2.f), "'log2' of C++ numbers alone", "a Tile or a Scalar");
  MISUSE(fast_log2(Tile()), "the Tile is empty");
}

TEST_F(FastErrors, Reciprocal) {
  MISUSE(fast_reciprocal(half), "'fast_reciprocal' on f16", "it takes f32", ".to(f32)");
  MISUSE(fast_reciprocal(wide), "'fast_reciprocal' on i64", "it takes f32");
  MISUSE(fast_reciprocal(flag), "'fast_reciprocal' on i1", "it takes f32");
  MISUSE(fast_reciprocal(k.scalar("s", bf16)), "'fast_reciprocal' on bf16", "it takes f32");
  MISUSE(fast_reciprocal(2.f), "'/' of C++ numbers alone", "a Tile or a Scalar");
  MISUSE(fast_reciprocal(Tile()), "the Tile is empty");
}

TEST_F(FastErrors, Sigmoid) {
  MISUSE(fast_sigmoid(half), "'sigmoid' on f16", ".to(f32)");
  MISUSE(fast_sigmoid(wide), "'sigmoid' on i64", "it takes f32");
  MISUSE(fast_sigmoid(flag), "'sigmoid' on i1", ".to()");
  MISUSE(fast_sigmoid(2.f), "'sigmoid' of C++ numbers alone", "a Tile or a Scalar");
  MISUSE(fast_sigmoid(Tile()), "the Tile is empty");
}

TEST_F(FastErrors, AfterTheEnd) {
  Tile f = k.zeros({64}, f32);
  k.output("y", f32, {64}).store({0}, f);
  k.finish();
  MISUSE(fast_log2(f), "'k' is finished");
  MISUSE(fast_reciprocal(f), "'k' is finished");
  MISUSE(fast_sigmoid(f), "'k' is finished");
}

} // namespace
