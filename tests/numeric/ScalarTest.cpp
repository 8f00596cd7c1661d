// Scalar loads: every dtype, inside the view and outside of it, and as what loops, addresses and branches go by.
#include "tests/numeric/Launch.h"

#include <numeric>

namespace fla::test {
namespace {

using namespace tile;
using namespace tile::runtime;

class Scalars : public testing::TestWithParam<std::string> {};

/// y[p] = x[p + shift, 2] of a view of `rows` rows and 3 columns, as f32.
Kernel pick(DType dtype, bool is_static) {
  KernelBuilder k("pick", {.warps = 2});
  Index rows = is_static ? Index(5) : k.runtime("rows"), shift = k.runtime("minus");
  View x = k.input("x", dtype, {rows, 3}, {.align = int(size_of(dtype))});
  View y = k.output("y", f32, {k.runtime("programs")});
  Index p = k.program_id(0);
  y.store({p}, k.zeros({1}, f32) + x.at({p - shift, 2}).to(f32));
  return k.finish();
}

template <class T> void expect_picked(Machine &machine, DType dtype, bool is_static, const std::vector<T> &x) {
  Launch launch(machine, pick(dtype, is_static));
  launch.tensor("x", x).tensor("y", std::vector<float>(9, -1)).number("minus", 2).number("programs", 9);
  if (!is_static) launch.number("rows", 5);
  launch.run({9});
  // Rows -2 to 6; row r holds r + 1 in its last column.
  EXPECT_EQ(launch.values<float>("y"), (std::vector<float>{0, 0, 1, 2, 3, 4, 5, 0, 0})) << name_of(dtype) << is_static;
}

TEST_P(Scalars, OfEveryDType) {
  MACHINE_OR_SKIP(GetParam());
  auto rows = [](auto... last) {
    std::vector<std::common_type_t<decltype(last)...>> x;
    for (auto v : {last...}) x.insert(x.end(), {decltype(v)(77), decltype(v)(78), v});
    return x;
  };
  for (bool is_static : {false, true}) {
    expect_picked(machine, f32, is_static, rows(1.f, 2.f, 3.f, 4.f, 5.f));
    expect_picked(machine, i32, is_static, rows(1, 2, 3, 4, 5));
    expect_picked(machine, i64, is_static, rows(int64_t(1), int64_t(2), int64_t(3), int64_t(4), int64_t(5)));
    expect_picked(machine, bf16, is_static,
                  rows(uint16_t(0x3F80), uint16_t(0x4000), uint16_t(0x4040), uint16_t(0x4080), uint16_t(0x40A0)));
    expect_picked(machine, f16, is_static,
                  rows(uint16_t(0x3C00), uint16_t(0x4000), uint16_t(0x4200), uint16_t(0x4400), uint16_t(0x4500)));
  }
}

/// y[p] = p / by, y[programs + p] = p % by, and how often a loop from 0 to 3 by `step` turns.
Kernel promises() {
  KernelBuilder k("promises", {.warps = 1});
  Index by = k.runtime("by"), step = k.runtime("step"), programs = k.runtime("programs");
  View y = k.output("y", i32, {3, programs});
  Index p = k.program_id(0);
  auto store = [&](int64_t row, const Tile &t) { y.store({row, p}, t); };
  store(0, k.zeros({1, 1}, i32) + (p / by).to(i32));
  store(1, k.zeros({1, 1}, i32) + (p % by).to(i32));
  Tile turns = k.loop(0, 3, step).carry(k.zeros({1, 1}, i32))([&](Index, Tile n) { return n + 1; });
  store(2, turns);
  return k.finish();
}

// A caller that breaks them gets numbers that mean nothing; his process goes on.
TEST_P(Scalars, DivisorsAndStepsOfZeroCountAsOne) {
  MACHINE_OR_SKIP(GetParam());
  for (int64_t zero : {1, 0}) {
    Launch launch(machine, promises());
    launch.tensor("y", std::vector<int32_t>(6, -1)).number("by", zero).number("step", zero).number("programs", 2);
    launch.run({2});
    EXPECT_EQ(launch.values<int32_t>("y"), (std::vector<int32_t>{0, 1, 0, 0, 3, 3})) << zero;
  }
}

/// Packed sequences: y[s] = the sum of x[begin[s]] to x[begin[s + 1]], by tiles.
Kernel sum_segments(DType offsets) {
  KernelBuilder k("sum_segments", {.warps = 4});
  Index segments = k.runtime("segments");
  View begin = k.input("begin", offsets, {segments + 1});
  View x = k.input("x", f32, {k.runtime("total")}), y = k.output("y", f32, {segments});
  Index s = k.program_id(0);
  Index from = begin.at({s}).to_index(), to = begin.at({s + 1}).to_index();
  Tile all = k.loop(from, to, 256).carry(k.zeros({256}, f32))([&](Index i, Tile sum) {
    Tile inside = k.iota(256) + i.to(i32) < to.to(i32);
    return sum + where(inside, x.load({i}, {256}), 0.f);
  });
  y.store({s}, sum(all, Axis(0)).expand(Axis(0)));
  return k.finish();
}

TEST_P(Scalars, BoundLoopsAndAddresses) {
  MACHINE_OR_SKIP(GetParam());
  const std::vector<int32_t> begin = {0, 0, 1, 257, 256 * 3 + 257, 1100};
  std::vector<float> x(1100);
  std::iota(x.begin(), x.end(), 1.f);
  std::vector<float> expected;
  for (size_t s = 0; s + 1 < begin.size(); ++s)
    expected.push_back(std::accumulate(x.begin() + begin[s], x.begin() + begin[s + 1], 0.f));
  Launch narrow(machine, sum_segments(i32)), wide(machine, sum_segments(i64));
  narrow.tensor("begin", begin);
  wide.tensor("begin", std::vector<int64_t>(begin.begin(), begin.end()));
  for (Launch *launch : {&narrow, &wide}) {
    launch->tensor("x", x).tensor("y", std::vector<float>(5)).number("segments", 5).number("total", 1100).run({5});
    EXPECT_EQ(launch->values<float>("y"), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(On, Scalars, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
