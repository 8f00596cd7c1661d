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

INSTANTIATE_TEST_SUITE_P(Machines, Stages, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
