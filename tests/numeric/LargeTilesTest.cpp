// Tiles of more vectors than the host unrolls, which it cuts into strips: what crosses from one loop over strips to the
// next, and from one iteration of a kernel's own loop to the next, must be the same as if the tile were whole.
#include "tests/numeric/Launch.h"
#include "tests/numeric/Shapes.h"

#include "modules/common/Random.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace fla::test {
namespace {

using namespace tile;

class LargeTiles : public testing::TestWithParam<std::string> {
protected:
  /// A GPU keeps tiles in registers and shared memory, so its tiles are an eighth of the host's.
  int64_t columns() const { return GetParam() == "host" ? 4096 : 512; }
};

std::vector<float> random(std::string_view name, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  fill_normal(random_key(21, name), 0.5, 1, values);
  return {values.begin(), values.end()};
}

void expect_near(const std::vector<float> &y, const std::vector<double> &expected, double tolerance) {
  ASSERT_EQ(y.size(), expected.size());
  for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], tolerance) << "element " << i;
}

TEST_P(LargeTiles, ElementwiseWithMaskedEdges) {
  MACHINE_OR_SKIP(GetParam());
  const int64_t rows = 7, cols = columns() - 37;
  KernelBuilder k("chain");
  View x = k.input("x", f32, {k.runtime("rows"), k.runtime("cols")}), y = k.output("y", f32, {rows, cols});
  Tile t = x.load({0, 0}, {8, columns()});
  y.store({0, 0}, exp(-t * t) + t * 3.0);
  const auto in = random("x", rows * cols);
  Launch run(machine, k.finish());
  run.number("rows", rows).number("cols", cols).tensor("x", in).tensor("y", std::vector<float>(in.size(), -1)).run();
  std::vector<double> expected;
  for (double v : in) expected.push_back(std::exp(-v * v) + v * 3);
  expect_near(run.values<float>("y"), expected, 2e-6 * 10);
}

/// Rows (axis 1) or columns (axis 0) are centred and scaled: two reductions, each of which needs what the one before
/// gives.
class LargeNorm : public testing::TestWithParam<std::tuple<std::string, test::Extents, int>> {};

TEST_P(LargeNorm, EveryElement) {
  const auto &[name, shape, axis] = GetParam();
  MACHINE_OR_SKIP(name);
  const int64_t rows = shape[0], cols = shape[1], n = shape[size_t(axis)];
  KernelBuilder k("norm");
  View x = k.input("x", f32, {rows, cols}), y = k.output("y", f32, {rows, cols});
  View means = k.output("means", f32, {axis ? rows : cols});
  Tile t = x.load({0, 0}, shape);
  Tile mean = sum(t, Axis(axis)) * (1.0 / double(n));
  Tile c = t - mean.expand(Axis(axis));
  Tile r = rsqrt(sum(c * c, Axis(axis)) * (1.0 / double(n)) + 1e-5);
  y.store({0, 0}, c * r.expand(Axis(axis)));
  means.store({0}, mean);
  const auto in = random("norm", rows * cols);
  Launch run(machine, k.finish());
  run.tensor("x", in)
      .tensor("y", std::vector<float>(in.size(), -9))
      .tensor("means", std::vector<float>(size_t(axis ? rows : cols), -9));
  run.run();
  std::vector<double> expected(in.size()), expected_means;
  for (int64_t g = 0; g < (axis ? rows : cols); ++g) {
    auto at = [&](int64_t i) { return size_t(axis ? g * cols + i : i * cols + g); };
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; ++i) sum += in[at(i)];
    for (int64_t i = 0; i < n; ++i) squares += std::pow(in[at(i)] - sum / double(n), 2);
    for (int64_t i = 0; i < n; ++i)
      expected[at(i)] = (in[at(i)] - sum / double(n)) / std::sqrt(squares / double(n) + 1e-5);
    expected_means.push_back(sum / double(n));
  }
  expect_near(run.values<float>("y"), expected, 2e-5);
  expect_near(run.values<float>("means"), expected_means, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(Host, LargeNorm,
                         testing::Combine(testing::Values("host"),
                                          testing::Values(Extents{64, 1024}, Extents{1, 32768}, Extents{4, 4096},
                                                          Extents{2048, 8}, Extents{8192, 1}),
                                          testing::Values(0, 1)));

/// What a loop carries, stores and gives, with a reduction of it in every iteration.
TEST_P(LargeTiles, CarriedThroughALoop) {
  MACHINE_OR_SKIP(GetParam());
  const int64_t rows = 5, cols = columns();
  KernelBuilder k("carried");
  View x = k.input("x", f32, {rows * 2, cols}), y = k.output("y", f32, {rows * 2, cols});
  View last = k.output("last", f32, {2, cols});
  Tile zero = k.zeros({2, cols}, f32);
  auto [a, b] = k.loop(0, rows, 1).carry(zero, zero + 1.0)([&](Index i, Tile a, Tile b) {
    Tile t = x.load({i * 2, 0}, {2, cols});
    Tile mean = (sum(b + t, Axis(1)) * (1.0 / double(cols))).expand(Axis(1));
    y.store({i * 2, 0}, a + mean);
    return std::tuple{b, a * 0.5 + t}; // the two change places
  });
  last.store({0, 0}, a - b);
  const auto in = random("carried", rows * 2 * cols);
  Launch run(machine, k.finish());
  run.tensor("x", in)
      .tensor("y", std::vector<float>(in.size(), -9))
      .tensor("last", std::vector<float>(size_t(2 * cols), -9));
  run.run();
  std::vector<double> expected(in.size()), s(size_t(2 * cols), 0), t(size_t(2 * cols), 1);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t r = 0; r < 2; ++r) {
      double mean = 0;
      for (int64_t c = 0; c < cols; ++c) mean += t[size_t(r * cols + c)] + in[size_t((i * 2 + r) * cols + c)];
      for (int64_t c = 0; c < cols; ++c)
        expected[size_t((i * 2 + r) * cols + c)] = s[size_t(r * cols + c)] + mean / double(cols);
    }
    for (size_t e = 0; e < s.size(); ++e) {
      const double next = s[e] * 0.5 + in[size_t(i * 2 * cols) + e];
      s[e] = t[e];
      t[e] = next;
    }
  }
  for (size_t e = 0; e < s.size(); ++e) s[e] -= t[e];
  expect_near(run.values<float>("y"), expected, 2e-5);
  expect_near(run.values<float>("last"), s, 2e-5);
}

/// Ops that need the tile whole, between ops that are cut; and a branch that gives a large tile.
TEST_P(LargeTiles, WholeAndBranched) {
  MACHINE_OR_SKIP(GetParam());
  const int64_t n = columns();
  KernelBuilder k("whole");
  View x = k.input("x", i32, {n}), y = k.output("y", i32, {n});
  Index flag = k.runtime("flag");
  Tile t = x.load({0}, {n}) * 3 + k.iota(n, i32);
  Tile sums = cumsum(t, Axis(0));
  Tile chosen = k.when(flag > 0, [&] { return sums + t; }, [&] { return sums - t; });
  y.store({0}, chosen + max(t, Axis(0)).expand(Axis(0)));
  std::vector<int32_t> in;
  for (float v : random("whole", n)) in.push_back(int32_t(v * 1000));
  Launch run(machine, k.finish());
  for (int64_t flag : {0, 1}) {
    run.number("flag", flag).tensor("x", in).tensor("y", std::vector<int32_t>(in.size(), -1)).run();
    const auto out = run.values<int32_t>("y");
    std::vector<int32_t> values;
    for (size_t i = 0; i < in.size(); ++i) values.push_back(in[i] * 3 + int32_t(i));
    const int32_t largest = *std::max_element(values.begin(), values.end());
    int32_t sum = 0;
    for (size_t i = 0; i < in.size(); ++i) {
      sum += values[i];
      ASSERT_EQ(out[i], (flag ? sum + values[i] : sum - values[i]) + largest) << "element " << i << ", flag " << flag;
    }
  }
}

/// Loads and stores of one tensor: what is loaded first is not what the kernel stores meanwhile.
TEST_P(LargeTiles, InPlace) {
  MACHINE_OR_SKIP(GetParam());
  const int64_t cols = columns();
  KernelBuilder k("in_place");
  View x = k.inout("x", f32, {2, cols});
  Tile a = x.load({0, 0}, {1, cols}), b = x.load({1, 0}, {1, cols});
  x.store({0, 0}, b * 2.0);
  x.store({1, 0}, a + sum(b, Axis(1)).expand(Axis(1)) * (1.0 / double(cols)));
  x.store({0, 0}, x.load({0, 0}, {1, cols}) + a);
  const auto in = random("in place", 2 * cols);
  Launch run(machine, k.finish());
  run.tensor("x", in).run();
  std::vector<double> expected(in.size());
  double mean = 0;
  for (int64_t c = 0; c < cols; ++c) mean += in[size_t(cols + c)] / double(cols);
  for (int64_t c = 0; c < cols; ++c) {
    expected[size_t(c)] = in[size_t(cols + c)] * 2.0 + in[size_t(c)];
    expected[size_t(cols + c)] = in[size_t(c)] + mean;
  }
  expect_near(run.values<float>("x"), expected, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Machines, LargeTiles, testing::Values("host", "simt", "cuda"));

} // namespace
} // namespace fla::test
