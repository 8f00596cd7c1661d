// Branches: every way they nest with loops, with reductions across warps and barriers inside them.
#include "tests/numeric/Launch.h"

namespace fla::test {
namespace {

using namespace tile;
using namespace tile::runtime;

class Branches : public testing::TestWithParam<std::string> {};

constexpr int64_t kCols = 1024; // a row of four warps

/// Row p: its sum where p is even, else its maximum, if it is not the third; then minus itself.
Kernel choose_reduction() {
  KernelBuilder k("choose_reduction", {.warps = 4});
  View x = k.input("x", f32, {k.runtime("rows"), kCols}), y = k.output("y", f32, {x.extent(0)});
  Index p = k.program_id(0);
  Tile v = x.load({p, 0}, {1, kCols});
  auto [result, sign] = k.when(
      p % 2 == 0, [&] { return std::tuple{sum(v, Axis(1)), Index(1)}; },
      [&] {
        Tile most = k.when((p >= 3) & (p < 4), [&] { return -max(v, Axis(1)); }, [&] { return max(v, Axis(1)); });
        return std::tuple{most, k.choose(p > 3, Index(2), p)};
      });
  k.when(!(p == 6), [&] { y.store({p}, result + sign.to(f32)); });
  return k.finish();
}

TEST_P(Branches, ReduceAcrossWarps) {
  MACHINE_OR_SKIP(GetParam());
  Launch launch(machine, choose_reduction());
  std::vector<float> x;
  for (float row = 0; row < 7; ++row)
    for (int64_t c = 0; c < kCols; ++c) x.push_back(row + float(c % 7));
  launch.tensor("x", x).tensor("y", std::vector<float>(7, -1)).number("rows", 7).run({7});
  std::vector<float> expected;
  for (size_t p = 0; p < 7; ++p) {
    float all = 0;
    for (int64_t c = 0; c < kCols; ++c) all += x[p * kCols + size_t(c)];
    float most = float(p) + 6;
    expected.push_back(p == 6 ? -1 : p % 2 == 0 ? all + 1 : p == 3 ? -most + 3 : most + (p > 3 ? 2 : float(p)));
  }
  EXPECT_EQ(launch.values<float>("y"), expected);
}

/// The condition comes from the data: rows are scaled down until their largest element is at most `limit`, in a loop in
/// a branch in a loop; what is left over is counted by a branch in the inner loop.
Kernel scale_down() {
  KernelBuilder k("scale_down", {.warps = 4});
  View x = k.input("x", f32, {k.runtime("rows"), kCols}), y = k.output("y", f32, {x.extent(0), kCols});
  View steps = k.output("steps", i32, {x.extent(0)});
  Scalar limit = k.scalar("limit", f32);
  auto largest = [](const Tile &t) { return max(max(t, Axis(1)), Axis(0)).to_scalar(); };
  k.loop(k.program_id(0), x.extent(0), k.num_programs(0))([&](Index row) {
    Tile v = x.load({row, 0}, {1, kCols});
    auto [scaled, n] = k.when(
        largest(v) > limit,
        [&] {
          return k.loop(0, 10, 1).carry(v, Index(0))([&](Index, Tile t, Index n) {
            return k.when(
                largest(t) > limit, [&] { return std::tuple{t * 0.5f, n + 1}; }, [&] { return std::tuple{t, n}; });
          });
        },
        [&] { return std::tuple{v, Index(0)}; });
    y.store({row, 0}, scaled);
    steps.store({row}, k.zeros({1}, i32) + n.to(i32));
  });
  return k.finish();
}

TEST_P(Branches, NestWithLoops) {
  MACHINE_OR_SKIP(GetParam());
  Launch launch(machine, scale_down());
  std::vector<float> x, expected;
  std::vector<int32_t> steps;
  for (float most : {1.f, 8.f, 100.f, 8.125f, 1e9f}) {
    float factor = 1;
    int32_t n = 0;
    for (; n < 10 && most * factor > 8; ++n) factor *= 0.5f;
    for (int64_t c = 0; c < kCols; ++c) {
      x.push_back(c == 700 ? most : float(c) / 1024);
      expected.push_back(x.back() * factor);
    }
    steps.push_back(n);
  }
  launch.tensor("x", x).tensor("y", std::vector<float>(x.size())).tensor("steps", std::vector<int32_t>(5));
  launch.number("rows", 5).number("limit", 8.0).run({2});
  EXPECT_EQ(launch.values<float>("y"), expected);
  EXPECT_EQ(launch.values<int32_t>("steps"), steps);
}

/// Sums in both branches and after them: scratch that one branch has used is used again.
Kernel reuse_scratch() {
  KernelBuilder k("reuse_scratch", {.warps = 8});
  View x = k.input("x", f32, {kCols}), y = k.output("y", f32, {k.runtime("n")});
  k.loop(0, y.extent(0), 1)([&](Index i) {
    Tile v = x.load({0}, {kCols}) + i.to(f32);
    Scalar s = k.when((i == 1) | (i == 4), [&] { return sum(v, Axis(0)).to_scalar(); },
                      [&] { return (sum(v * 2, Axis(0)) + max(v, Axis(0))).to_scalar(); });
    Tile shifted = v - s;
    std::vector<Tile> list = k.when(
        sum(shifted, Axis(0)) < 0.f, [&] { return std::vector{min(shifted, Axis(0))}; },
        [&] { return std::vector{max(shifted, Axis(0))}; });
    y.store({i}, list[0].expand(Axis(0)));
  });
  return k.finish();
}

TEST_P(Branches, ReuseScratch) {
  MACHINE_OR_SKIP(GetParam());
  Launch launch(machine, reuse_scratch());
  std::vector<float> x(kCols), expected;
  for (size_t c = 0; c < x.size(); ++c) x[c] = float(c % 5) - 2;
  for (int i = 0; i < 6; ++i) {
    double all = 0;
    for (float v : x) all += v + i;
    double s = i == 1 || i == 4 ? all : 2 * all + 2 + i, shifted = all - s * kCols;
    expected.push_back(float(shifted < 0 ? -2 + i - s : 2 + i - s));
  }
  launch.tensor("x", x).tensor("y", std::vector<float>(6)).number("n", 6).run();
  EXPECT_EQ(launch.values<float>("y"), expected);
}

INSTANTIATE_TEST_SUITE_P(On, Branches, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
