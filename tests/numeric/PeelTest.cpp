// Loops that the host splits into whole steps and a rest: wherever they begin and end, and wherever the view does, they
// touch what the loop as written would.
#include "tests/numeric/Launch.h"

#include <fmt/format.h>

namespace fla::test {
namespace {

using namespace tile;

constexpr int64_t kStep = 128;

struct Range {
  int64_t from, to, extent;
};

/// Nothing; less than a step; whole steps; more; an end before, at and behind that of the view.
const Range kRanges[] = {{0, 0, 1000},     {300, 5, 1000},    {0, 1000, 1000}, {0, 1024, 1024}, {0, 100, 1000},
                         {0, 700, 1000},   {0, 2000, 1000},   {5, 1000, 1000}, {5, 901, 1000},  {5, 389, 389},
                         {990, 1000, 995}, {1200, 1500, 995}, {0, 5000, 4999}};

std::vector<float> numbers(int64_t count) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(float(i % 37 - 11));
  return values;
}

/// Calls `touch` for each element the loop gets to.
template <class F> void each(const Range &r, F touch) {
  for (int64_t i = r.from; i < r.to; i += kStep)
    for (int64_t j = i; j < std::min(i + kStep, r.extent); ++j) touch(size_t(j), size_t(j - i));
}

class Peeled : public testing::TestWithParam<std::string> {};

TEST_P(Peeled, EachElementByItself) {
  MACHINE_OR_SKIP(GetParam());
  KernelBuilder k("each");
  Index extent = k.runtime("extent"), from = k.runtime("from"), to = k.runtime("to");
  View x = k.input("x", f32, {extent}), y = k.output("y", f32, {extent});
  Scalar a = k.scalar("a", f32);
  k.loop(from, to, kStep)([&](Index i) {
    Tile t = x.load({i}, {kStep});
    y.store({i}, where(t.in_bounds(Axis(0)), t * t + a, 7.f) * 2.f);
  });
  const Kernel kernel = k.finish();
  for (const Range &r : kRanges) {
    const auto in = numbers(r.extent);
    std::vector<float> expected(in.size(), -1);
    each(r, [&](size_t j, size_t) { expected[j] = (in[j] * in[j] + 3) * 2; });
    Launch run(machine, kernel);
    run.number("extent", r.extent).number("from", r.from).number("to", r.to).number("a", 3.0);
    run.tensor("x", in).tensor("y", std::vector<float>(in.size(), -1)).run();
    EXPECT_EQ(run.values<float>("y"), expected) << fmt::format("{} to {} of {}", r.from, r.to, r.extent);
  }
}

TEST_P(Peeled, CarriedSums) {
  MACHINE_OR_SKIP(GetParam());
  KernelBuilder k("sums");
  Index extent = k.runtime("extent"), from = k.runtime("from"), to = k.runtime("to");
  View x = k.input("x", f32, {extent}), y = k.output("y", f32, {kStep});
  Tile sums = k.loop(from, to, kStep).carry(k.zeros({kStep}, f32))([&](Index i, Tile s) {
    Tile t = x.load({i}, {kStep});
    return s + where(t.in_bounds(Axis(0)), t + 1.f, 0.f);
  });
  y.store({0}, sums);
  const Kernel kernel = k.finish();
  for (const Range &r : kRanges) {
    const auto in = numbers(r.extent);
    std::vector<float> expected(kStep, 0);
    each(r, [&](size_t j, size_t lane) { expected[lane] += in[j] + 1; });
    Launch run(machine, kernel);
    run.number("extent", r.extent).number("from", r.from).number("to", r.to);
    run.tensor("x", in).tensor("y", std::vector<float>(kStep, -1)).run();
    EXPECT_EQ(run.values<float>("y"), expected) << fmt::format("{} to {} of {}", r.from, r.to, r.extent);
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, Peeled, testing::Values("host", "simt", "cuda"));

} // namespace
} // namespace fla::test
