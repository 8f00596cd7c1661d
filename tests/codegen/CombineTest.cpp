// What reductions and scans by a function cost on a GPU and in compile time: shuffles, barriers, spills.
#include "compiler/Compiler.h"
#include "compiler/dsl/Kernel.h"
#include "tests/codegen/Ptxas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tile::test {
namespace {

/// A kernel that makes `y`, of the shape of x or of its rows, from a tile of rows of x.
template <class F> Kernel rows(int warps, std::vector<int64_t> shape, F f) {
  KernelBuilder k("rows", {.warps = warps});
  View x = k.input("x", f32, {shape[0], shape[1]});
  Tile y = f(x.load({0, 0}, shape));
  View out = k.output("y", y.dtype(), {y.shape().begin(), y.shape().end()});
  out.store(std::vector<Index>(size_t(y.rank()), 0), y);
  return k.finish();
}

/// Mean, sum of squares and count, combined pairwise.
Tile welford(const Tile &x) {
  auto moments = [](auto a, auto b) {
    auto [ma, sa, na] = a;
    auto [mb, sb, nb] = b;
    Tile n = na + nb, delta = mb - ma, share = nb / n;
    return std::tuple{ma + delta * share, sa + sb + delta * delta * na * share, n};
  };
  auto [mean, m2, n] = reduce(std::tuple{x, x * 0.f, x * 0.f + 1.f}, Axis(1), moments);
  return mean + m2 * n;
}

Tile argmaxOf(const Tile &x) {
  return argmax(x, Axis(1));
}
Tile cumsumOf(const Tile &x) {
  return cumsum(x, Axis(1));
}
Tile reversed(const Tile &x) {
  return cumprod(x, Axis(0), {.reverse = true, .exclusive = true});
}
/// Values narrower and wider than a word across lanes and warps.
Tile everyWidth(const Tile &x) {
  auto any = [](Tile a, Tile b) { return a | b; };
  Tile largest = max(x.to(f16), Axis(1)).to(f32) + max(x.to(bf16), Axis(1)).to(f32);
  Tile flags = reduce(x > 0, Axis(1), any).to(f32);
  return (largest + flags).expand(Axis(1)) + cumsum(x.to(i64), Axis(1)).to(f32);
}
Tile turned(const Tile &x) {
  return transpose(x, {1, 0});
}

int count(const std::string &text, const std::string &word) {
  int n = 0;
  for (size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) ++n;
  return n;
}

std::string ptx(const Kernel &kernel, const std::string &arch = "sm_90a") {
  return compile(kernel, Target::nvvm(arch)).code;
}

TEST(Combine, WelfordTakesAShuffleForEachLaneBitAndOperandAndOneBarrier) {
  std::string one = ptx(rows(4, {4, 1024}, welford)); // a warp a row
  EXPECT_EQ(count(one, "shfl.sync"), 3 * 5);
  EXPECT_EQ(count(one, "bar"), 0);
  std::string shared = ptx(rows(4, {1, 4096}, welford)); // four warps share a row
  EXPECT_EQ(count(shared, "shfl.sync"), 3 * 5);
  EXPECT_EQ(count(shared, "bar.sync"), 1);
}

TEST(Combine, ScansTakeOneShuffleForEachLaneBit) {
  std::string one = ptx(rows(4, {4, 128}, cumsumOf)); // four elements a lane: five sums, and what is before a lane
  EXPECT_EQ(count(one, "shfl.sync.up"), 6);
  EXPECT_EQ(count(one, "shfl.sync"), 6);
  EXPECT_EQ(count(one, "bar"), 0);
  std::string shared = ptx(rows(4, {1, 512}, cumsumOf)); // and the warp's total to all lanes
  EXPECT_EQ(count(shared, "shfl.sync"), 7);
  EXPECT_EQ(count(shared, "bar.sync"), 1);
}

TEST(Combine, AReductionInRegistersCrossesNoLane) {
  std::string text = ptx(rows(4, {16, 128}, [](const Tile &x) { return argmax(x.expand(Axis(0)), Axis(0)); }));
  EXPECT_EQ(count(text, "shfl"), 0);
  EXPECT_EQ(count(text, "bar"), 0);
}

TEST(Combine, ReshapeConcatAndSplitAreFree) {
  std::string text = ptx(rows(4, {4, 1024}, [](const Tile &x) {
    auto [low, high] = split(concat(reshape(x, {4096}), reshape(x * 2.f, {4096}), Axis(0)), Axis(0));
    return low + high;
  }));
  EXPECT_EQ(count(text, "shfl"), 0);
  EXPECT_EQ(count(text, "shared"), 0);
  EXPECT_EQ(count(text, "ld.global.v4"), count(text, "ld.global"));
}

// The largest tile: no stage may take time that grows with its square. Eight times the elements take at most sixteen
// times as long, measured at the best of three where a stage is long enough to be measured.
TEST(Combine, CompileTimeGrowsWithTheTile) {
  auto best = [](int64_t cols, auto f) {
    CompileTimes least{1e9, 1e9, 1e9, 1e9};
    for (int i = 0; i < 3; ++i) {
      CompileTimes t = compile(rows(8, {1, cols}, f), Target::nvvm("sm_90a")).times;
      least = {std::min(least.passes, t.passes), std::min(least.translate, t.translate),
               std::min(least.optimize, t.optimize), std::min(least.codegen, t.codegen)};
    }
    return least;
  };
  for (auto *f : {+[](const Tile &x) { return welford(x); }, +[](const Tile &x) { return cumsumOf(x); }}) {
    CompileTimes small = best(8192, f), large = best(65536, f);
    EXPECT_LT(large.passes, 16 * small.passes + 50);
    EXPECT_LT(large.translate, 16 * small.translate + 50);
    EXPECT_LT(large.optimize, 24 * small.optimize + 100); // LLVM's own
  }
}

struct CombinePtxas : testing::TestWithParam<const char *> {};

TEST_P(CombinePtxas, TakesTheCodeWithoutSpills) {
  if (!*ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  const std::string arch = GetParam();
  for (auto *f : {welford, argmaxOf, cumsumOf, reversed, everyWidth, turned})
    for (int warps : {1, 32})
      for (const std::vector<int64_t> &shape : {std::vector<int64_t>{16, 64}, {1, 1024}})
        EXPECT_EQ(complaints(ptx(rows(warps, shape, f), arch), arch), "") << warps << " warps, " << shape[0];
}

INSTANTIATE_TEST_SUITE_P(Some, CombinePtxas, testing::Values("sm_75", "sm_80", "sm_90a", "sm_100a", "sm_120"),
                         [](const auto &info) { return std::string(info.param); });

} // namespace
} // namespace tile::test
