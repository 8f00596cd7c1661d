// Operators, conversions, shapes, reductions, indices.
#include "Misuse.h"
#include "compiler/dsl/Anew.h"

#include <cstdint>

using namespace tile;

namespace {

struct ArithmeticErrors : testing::Test {
  KernelBuilder k{"k"};
  Tile f = k.zeros({4, 64}, f32), row = k.zeros({64}, f32), half = k.zeros({4, 64}, f16), b = k.zeros({4, 64}, bf16);
  Tile i = k.zeros({4, 64}, i32), l = k.zeros({4, 64}, i64), flag = k.zeros({4, 64}, DType::i1);
  Scalar s = k.scalar("s", f32);
  Index n = k.runtime("n");
};

TEST_F(ArithmeticErrors, WideningAnewHasANumber) {
  MISUSE(widened_anew(b, 0), "for the 0th time", "from 1 to 4");
  MISUSE(widened_anew(b, 5), "for the 5th time", "from 1 to 4");
}

TEST_F(ArithmeticErrors, DTypes) {
  MISUSE(f + b, "'+'", "f32[4, 64] and bf16[4, 64]", ".to()");
  MISUSE(i * l, "'*'", "i32[4, 64] and i64[4, 64]");
  MISUSE(i < f, "'<'", "i32[4, 64] and f32[4, 64]");
  MISUSE(i + s, "'+'", "i32[4, 64] and a Scalar of f32");
  MISUSE(where(flag, f, i), "'where'", "f32[4, 64] and i32[4, 64]");
  MISUSE(f + Index(3).to(i32), "f32[4, 64] and a Scalar of i32");
}

TEST_F(ArithmeticErrors, NarrowFloats) {
  MISUSE(b + b, "'+' on bf16", "f32", ".to(f32)");
  MISUSE(half * 2.f, "'*' on f16", ".to(f32)");
  MISUSE(exp(b), "'exp' on bf16", ".to(f32)");
  MISUSE(-half, "'-' on f16", ".to(f32)");
  MISUSE(b < 0, "'<' on bf16", ".to(f32)");
  MISUSE(sum(b, Axis(1)), "sum of bf16[4, 64]", ".to(f32)");
  MISUSE(product(half, Axis(1)), "product of f16[4, 64]", ".to(f32)");
}

TEST_F(ArithmeticErrors, OperatorsThatDoNotFitTheDType) {
  MISUSE(f % 2.f, "'%' on f32", "integers");
  MISUSE(f & f, "'&' on f32", "integers");
  MISUSE(f << 1.f, "'<<' on f32", "integers");
  MISUSE(half >> half, "'>>' on f16", "integers");
  MISUSE(flag >> flag, "'>>' on i1", "&, |, ^, !");
  MISUSE(i << 1.5, "the number 1.5", "i32", "floats only");
  MISUSE(flag + flag, "'+' on i1", "&, |, ^, !");
  MISUSE(min(flag, flag), "'min' on i1");
  MISUSE(flag < flag, "'<' on i1");
  MISUSE(!f, "'!' on f32", "i1");
  MISUSE(-flag, "'-' on i1", ".to()");
  MISUSE(exp(i), "'exp' on i32", ".to(f32)");
  MISUSE(sum(flag, Axis(0)), "sum of i1[4, 64]", ".to(i32)");
  MISUSE(max(flag, Axis(0)), "max of i1[4, 64]");
  MISUSE(where(f, f, f), "condition", "f32[4, 64]", "i1");
  MISUSE(where(1, f, f), "condition", "the number 1");
}

TEST_F(ArithmeticErrors, Numbers) {
  MISUSE(i + 1.5, "the number 1.5", "i32", "floats only");
  MISUSE(i + 2.f, "the number 2", "i32", "floats only");
  MISUSE(i + (int64_t(1) << 31), "2147483648", "i32", "-2147483648 to 2147483647");
  MISUSE(l + UINT64_MAX, "18446744073709551615", "i64");
  MISUSE(f + 16777217, "16777217", "no exact value in f32");
  MISUSE(f / 16777217, "16777217", "no exact value in f32");
  MISUSE(f + 1e300, "1e+300", "beyond the range of f32", "up to 3.40282e+38");
  MISUSE(where(flag, half, 1e6), "1e+06", "beyond the range of f16", "up to 65504");
  MISUSE(flag & 2, "the number 2", "i1", "0 to 1");
  MISUSE(i / 0, "'/' by the number 0", "i32");
  MISUSE(i % 0, "'%' by the number 0");
  MISUSE(where(flag, 1.f, 0.f), "two C++ numbers", "full()");
  MISUSE(abs(Operand(3)), "'abs' of C++ numbers alone");
  MISUSE(k.full({64}, 0.5, i32), "0.5", "i32");
  MISUSE(k.full({64}, 1e300, i64), "1e+300", "i64");
  MISUSE(k.full({64}, UINT64_MAX, i64), "18446744073709551615", "i64", "-9223372036854775808 to 9223372036854775807");
  MISUSE(k.full({64}, int64_t(1) << 31, i32), "2147483648", "i32");
}

TEST_F(ArithmeticErrors, Shapes) {
  MISUSE(f + row, "'+'", "f32[4, 64] and f32[64]", "ranks must be equal", "expand()");
  MISUSE(f * k.zeros({4, 32}, f32), "f32[4, 64] and f32[4, 32]", "equal or 1");
  MISUSE(where(flag, f, k.zeros({8, 64}, f32)), "i1[4, 64] and f32[4, 64] and f32[8, 64]");
  MISUSE(f.broadcast({4, 128}), "f32[4, 64] to [4, 128]", "extent 1");
  MISUSE(row.broadcast({4, 64}), "f32[64] to [4, 64]", "expand()");
  MISUSE(k.zeros({4, 1}, f32).broadcast({4, 48}), "48", "power of two");
  MISUSE(k.zeros({2, 2, 2}, f32).expand(Axis(0)), "f32[2, 2, 2]", "at most 3");
  MISUSE(k.zeros({3}, f32), "the extent 3", "power of two");
  MISUSE(k.zeros({0}, f32), "the extent 0");
  MISUSE(k.zeros({2, 2, 2, 2}, f32), "4 dimensions", "at most 3");
  MISUSE(k.full({2048, 1024}, 1, f32), "2^21", "2^20");
  MISUSE(k.iota(100), "the extent 100", "power of two");
  MISUSE(k.iota(64, f32), "i32 or i64", "f32");
}

TEST_F(ArithmeticErrors, Axes) {
  MISUSE(sum(f, Axis(2)), "Axis(2)", "2 dimensions", "-2 to 1");
  MISUSE(sum(f, Axis(-3)), "Axis(-3)");
  MISUSE(max(s * s, Axis(0)), "Axis(0)", "rank 0");
  MISUSE(f.expand(Axis(3)), "Axis(3)", "-3 to 2");
}

TEST_F(ArithmeticErrors, Conversions) {
  MISUSE(f.to(DType::i1), "f32 to i1", "x != 0");
  MISUSE(s.to(DType::i1), "f32 to i1");
  MISUSE(n.to(DType::i1), "i64 to i1");
}

TEST_F(ArithmeticErrors, Indices) {
  MISUSE(n / 0, "Index / 0", "at least 1");
  MISUSE(n % -2, "Index % -2");
  MISUSE(Index(-1) / n, "-1 / an Index", "not negative");
  MISUSE(Index(INT64_MAX) + 1, "9223372036854775807 + 1", "64 bits");
  MISUSE(Index(INT64_MAX) * 2, "64 bits");
  MISUSE(n + UINT64_MAX, "the number 18446744073709551615", "an Index, which holds -9223372036854775808 to");
  MISUSE(n < (uint64_t(1) << 63), "the number 9223372036854775808", "an Index");
}

TEST_F(ArithmeticErrors, EachOnItsOwnLine) {
  Tile ok = f + 1;
  MISUSE(ok + i, "f32[4, 64] and i32[4, 64]");

  MISUSE(ok + l, "f32[4, 64] and i64[4, 64]");
}

} // namespace
