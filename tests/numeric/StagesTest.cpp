// Loops of several stages give what loops of one give, however many iterations they have.
#include "tests/numeric/Launch.h"

namespace fla::test {
namespace {

using namespace tile;

class Stages : public testing::TestWithParam<std::string> {};

constexpr int64_t kCols = 200; // less than a tile: columns are masked

/// y[c] = the sum over rows from, from + step, ... of x[row, c] * (x[row + 1, c] + row); rows beyond the view count 0.
Kernel weighted_sum(int stages) {
  KernelBuilder k("weighted_sum", {.warps = 2});
  View x = k.input("x", f32, {k.runtime("rows"), kCols}), y = k.output("y", f32, {kCols});
  Index from = k.runtime("from"), to = k.runtime("to"), step = k.runtime("step");
  Tile sums = k.loop(from, to, step).stages(stages).carry(k.zeros({1, 256}, f32))([&](Index row, Tile sums) {
    Tile a = x.load({row, 0}, {1, 256}), b = x.load({row + 1, 0}, {1, 256});
    return sums + a * (b + row.to(f32));
  });
  y.store({0}, sum(sums, Axis(0)));
  return k.finish();
}

TEST_P(Stages, AnyNumberOfIterations) {
  MACHINE_OR_SKIP(GetParam());
  constexpr int64_t kRows = 12;
  std::vector<float> x(kRows * kCols);
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(int64_t(i * 37 % 23) - 11);
  auto at = [&](int64_t row, int64_t col) { return row < kRows ? x[size_t(row * kCols + col)] : 0.f; };
  for (int stages : {1, 2, 3, 5}) {
    Launch launch(machine, weighted_sum(stages));
    launch.tensor("x", x).tensor("y", std::vector<float>(kCols, -1)).number("rows", kRows);
    for (int64_t from : {0, 5})
      for (int64_t to : {0, 1, 2, 5, 6, 7, 12})
        for (int64_t step : {1, 4}) {
          std::vector<float> expected(kCols, 0.f);
          for (int64_t row = from; row < to; row += step)
            for (int64_t c = 0; c < kCols; ++c) expected[size_t(c)] += at(row, c) * (at(row + 1, c) + float(row));
          launch.number("from", from).number("to", to).number("step", step).run();
          EXPECT_EQ(launch.values<float>("y"), expected)
              << stages << " stages, " << from << " to " << to << " step " << step;
        }
  }
}

// A step promised to be a multiple of 8 may be 0, which counts as 1: no row is skipped, and no load counts on the 8.
TEST_P(Stages, AStepOfNothingCountsAsOne) {
  MACHINE_OR_SKIP(GetParam());
  KernelBuilder k("steps", {.warps = 1});
  Index step = k.runtime("step", 8);
  View x = k.input("x", f32, {128}), y = k.output("y", f32, {64});
  y.store({0},
          k.loop(0, 17, step).carry(k.zeros({64}, f32))([&](Index i, Tile sum) { return sum + x.load({i}, {64}); }));
  std::vector<float> x_of(128), expected(64);
  for (size_t i = 0; i < x_of.size(); ++i) x_of[i] = float(i * i % 31);
  Launch launch(machine, k.finish());
  launch.tensor("x", x_of).tensor("y", std::vector<float>(64, -1));
  for (int64_t given : {0, 8}) {
    for (size_t c = 0; c < expected.size(); ++c) {
      expected[c] = 0;
      for (size_t i = 0; i < 17; i += size_t(std::max<int64_t>(given, 1))) expected[c] += x_of[i + c];
    }
    launch.number("step", given).run();
    EXPECT_EQ(launch.values<float>("y"), expected) << "step " << given;
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, Stages, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
