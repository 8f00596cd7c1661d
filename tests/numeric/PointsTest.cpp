// Gather, scatter and atomic addition: every dtype, ranks, indices outside of the view on either side, and places that
// many elements share.
#include "tests/numeric/Launch.h"

#include "compiler/support/Error.h"

#include <fmt/format.h>
#include <numeric>

namespace fla::test {
namespace {

using namespace tile;
using namespace tile::runtime;

/// Where, and whether the view's extents and strides are known when the kernel is compiled.
class Points : public testing::TestWithParam<std::tuple<std::string, bool>> {
protected:
  static bool is_static() { return std::get<1>(GetParam()); }
};

template <class T> std::vector<T> cycle(size_t n, int64_t first, int64_t step, int64_t period) {
  std::vector<T> v(n);
  for (size_t i = 0; i < n; ++i) v[i] = T(first + int64_t(i) * step % period);
  return v;
}

/// y[i] = x[row, columns[i]] by tiles of `tile` elements; x is rows x cols.
Kernel take(DType dtype, DType indices, int64_t tile, bool is_static, int64_t rows, int64_t cols, Cache cache) {
  KernelBuilder k("take", {.warps = 2});
  Index n = k.runtime("n"), height = is_static ? Index(rows) : k.runtime("rows"),
        width = is_static ? Index(cols) : k.runtime("cols");
  View x = k.input("x", dtype, {height, width}, {.align = int(size_of(dtype))});
  View columns = k.input("columns", indices, {n});
  View y = k.output("y", dtype, {n});
  Index row = k.program_id(1) - 1, i = k.program_id(0) * tile;
  k.when(row == 1, [&] { y.store({i}, x.gather({row, columns.load({i}, {tile})}, cache)); });
  return k.finish();
}

template <class T, class I>
void expect_taken(Machine &machine, DType dtype, DType indices, bool is_static, Cache cache = Cache::Default) {
  const int64_t rows = 3, cols = 37, n = 301;
  std::vector<T> x(size_t(rows * cols)), expected;
  for (size_t i = 0; i < x.size(); ++i) x[i] = T(i % 100 + 1); // as bits: it is only moved
  std::vector<I> columns = cycle<I>(size_t(n), -5, 11, 48);
  for (I c : columns) expected.push_back(c >= 0 && c < cols ? x[size_t(cols + int64_t(c))] : T(0));
  for (int64_t tile : {1, 16, 256}) { // of one element; with copies in other lanes; with registers
    Launch launch(machine, take(dtype, indices, tile, is_static, rows, cols, cache));
    launch.tensor("x", x).tensor("columns", columns).tensor("y", std::vector<T>(size_t(n), T(7))).number("n", n);
    if (!is_static) launch.number("rows", rows).number("cols", cols);
    launch.run({uint32_t((n + tile - 1) / tile), 5});
    EXPECT_EQ(launch.values<T>("y"), expected) << name_of(dtype) << " at " << name_of(indices) << " by " << tile;
  }
}

TEST_P(Points, GatherOfEveryDType) {
  MACHINE_OR_SKIP(std::get<0>(GetParam()));
  expect_taken<float, int32_t>(machine, f32, i32, is_static());
  expect_taken<float, int64_t>(machine, f32, i64, is_static(), Cache::EvictFirst);
  expect_taken<int32_t, int32_t>(machine, i32, i32, is_static(), Cache::Keep);
  expect_taken<int64_t, int64_t>(machine, i64, i64, is_static(), Cache::Streaming);
  expect_taken<uint16_t, int32_t>(machine, bf16, i32, is_static());
  expect_taken<uint16_t, int64_t>(machine, f16, i64, is_static());
}

/// y[7 - r, cols[c]] = x[r, c] in a view of 6 x 40 with columns apart: a scatter of a tile of rank 2 by two tiles of
/// indices that broadcast, of which some lie outside.
Kernel spread(bool is_static) {
  KernelBuilder k("spread", {.warps = 4});
  Index rows = is_static ? Index(6) : k.runtime("rows"), stride = is_static ? Index(3) : k.runtime("stride");
  View x = k.input("x", f32, {8, 32}), cols = k.input("cols", i64, {32});
  View y = k.output("y", f32, {rows, 40}, {.strides = {Index(128), stride}});
  Tile to = (7 - k.iota(8)).expand(Axis(1)) - 1;
  y.scatter({to, cols.load({0}, {32}).expand(Axis(0))}, x.load({0, 0}, {8, 32}));
  return k.finish();
}

TEST_P(Points, ScatterOfRankTwo) {
  MACHINE_OR_SKIP(std::get<0>(GetParam()));
  std::vector<float> x(8 * 32), y(6 * 128, -1), expected = y;
  std::iota(x.begin(), x.end(), 1.f);
  std::vector<int64_t> cols;
  for (int64_t c = 0; c < 32; ++c) cols.push_back(c * 3 % 32 * 2 - 10); // each once, -10 to 52
  for (int64_t r = 0; r < 8; ++r)
    for (size_t c = 0; c < 32; ++c)
      if (int64_t row = 6 - r; row >= 0 && row < 6 && cols[c] >= 0 && cols[c] < 40)
        expected[size_t(row * 128 + cols[c] * 3)] = x[size_t(r) * 32 + c];
  Launch launch(machine, spread(is_static()));
  launch.tensor("x", x).tensor("cols", cols).tensor("y", y);
  if (!is_static()) launch.number("rows", 6).number("stride", 3);
  EXPECT_EQ(launch.run().values<float>("y"), expected);
}

/// counts[bin[i]] += weight[i], by programs of `tile` elements.
Kernel histogram(DType dtype, int64_t tile, bool is_static) {
  KernelBuilder k("histogram", {.warps = 2});
  Index n = k.runtime("n"), bins = is_static ? Index(11) : k.runtime("bins");
  View bin = k.input("bin", i32, {n}), weight = k.input("weight", dtype, {n});
  View counts = k.inout("counts", dtype, {bins});
  Index i = k.program_id(0) * tile;
  Tile b = bin.load({i}, {tile});
  counts.atomic_add({where(b.in_bounds(), b, -1)}, weight.load({i}, {tile}));
  return k.finish();
}

template <class T> void expect_counted(Machine &machine, DType dtype, bool is_static) {
  const size_t n = 1003;
  std::vector<int32_t> bin = cycle<int32_t>(n, -2, 7, 15);
  std::vector<T> weight = cycle<T>(n, 1, 3, 8), expected(11, T(100));
  for (size_t i = 0; i < n; ++i)
    if (bin[i] >= 0 && bin[i] < 11) expected[size_t(bin[i])] += weight[i];
  for (int64_t tile : {1, 8, 512}) {
    Launch launch(machine, histogram(dtype, tile, is_static));
    launch.tensor("bin", bin).tensor("weight", weight).tensor("counts", std::vector<T>(11, T(100))).number("n", n);
    if (!is_static) launch.number("bins", 11);
    launch.run({uint32_t((n + size_t(tile) - 1) / size_t(tile))});
    EXPECT_EQ(launch.values<T>("counts"), expected) << name_of(dtype) << " by " << tile; // small integers: exact
  }
}

TEST_P(Points, AtomicAddOfEveryDType) {
  MACHINE_OR_SKIP(std::get<0>(GetParam()));
  expect_counted<float>(machine, f32, is_static());
  expect_counted<int32_t>(machine, i32, is_static());
  expect_counted<int64_t>(machine, i64, is_static());
}

// A tile that all lanes and warps hold, and a row of which each lane holds a column: every element is added once.
TEST_P(Points, CopiesAddOnce) {
  MACHINE_OR_SKIP(std::get<0>(GetParam()));
  KernelBuilder k("copies", {.warps = 4});
  Index cols = is_static() ? Index(300) : k.runtime("cols");
  View x = k.input("x", f32, {4, 512}), sums = k.inout("sums", f32, {4}), all = k.inout("all", i64, {2});
  View row = k.inout("row", f32, {cols});
  Tile v = x.load({0, 0}, {4, 512});
  sums.atomic_add({k.iota(4)}, sum(v, Axis(1)));
  all.atomic_add({k.full({}, 1, i32)}, k.full({}, 5, i64));
  row.atomic_add({k.iota(512)}, sum(v, Axis(0)));
  Launch launch(machine, k.finish());
  launch.tensor("x", std::vector<float>(4 * 512, 2)).tensor("sums", std::vector<float>(4, 1));
  launch.tensor("all", std::vector<int64_t>{3, 4}).tensor("row", std::vector<float>(300, 1));
  if (!is_static()) launch.number("cols", 300);
  launch.run({6});
  EXPECT_EQ(launch.values<float>("sums"), std::vector<float>(4, 1 + 6 * 1024));
  EXPECT_EQ(launch.values<int64_t>("all"), (std::vector<int64_t>{3, 4 + 6 * 5}));
  EXPECT_EQ(launch.values<float>("row"), std::vector<float>(300, 1 + 6 * 8));
}

// Parts of views that end before they start hold nothing.
TEST_P(Points, PartsWithNegativeEnds) {
  MACHINE_OR_SKIP(std::get<0>(GetParam()));
  KernelBuilder k("part", {.warps = 1});
  Index extent = is_static() ? Index(8) : k.runtime("extent");
  View x = k.inout("x", f32, {extent}), y = k.output("y", f32, {16});
  View part = x.below(0, extent - k.runtime("less"));
  Tile before = part.gather({k.iota(16) - 4});
  y.store({0}, before + part.at({1}));
  part.atomic_add({k.iota(16) - 4}, k.full({16}, 1, f32));
  Kernel kernel = k.finish();
  for (int less : {0, 5, 8, 11}) {
    std::vector<float> full(8), y(16), x(8);
    for (int i = 0; i < 8; ++i) full[size_t(i)] = x[size_t(i)] = float(i + 1);
    for (int i = 0; i < 16; ++i)
      y[size_t(i)] = (i >= 4 && i - 4 < 8 - less ? float(i - 3) : 0) + (8 - less > 1 ? 2.f : 0.f);
    for (int i = 0; i < 8 - less; ++i) x[size_t(i)] += 1;
    Launch launch(machine, kernel);
    launch.tensor("x", full).tensor("y", std::vector<float>(16)).number("less", less);
    if (!is_static()) launch.number("extent", 8);
    launch.run();
    EXPECT_EQ(launch.values<float>("y"), y) << less;
    EXPECT_EQ(launch.values<float>("x"), x) << less;
  }
}

INSTANTIATE_TEST_SUITE_P(On, Points, testing::Combine(testing::Values("host", "simt", "cuda"), testing::Bool()),
                         [](const auto &info) {
                           return std::get<0>(info.param) + (std::get<1>(info.param) ? "_static" : "_runtime");
                         });

// ---- Far elements ---------------------------------------------------------------------------------------------------

/// y = x[i, 5] for rows more than 2^31 elements apart, by gather, by scalar load, and added to by atomics.
class FarPoints : public testing::TestWithParam<std::tuple<std::string, DType, bool>> {};

constexpr int64_t kFar = (int64_t(1) << 30) + 24; ///< elements from row to row

TEST_P(FarPoints, AreReachedByAllMeans) {
  const auto &[name, indices, is_static] = GetParam();
  MACHINE_OR_SKIP(name);
  KernelBuilder k("far", {.warps = 1});
  Index stride = is_static ? Index(kFar) : k.runtime("stride");
  View x = k.inout("x", i32, {3, 8}, {.strides = {stride, 1}}), y = k.output("y", i32, {8});
  Tile rows = k.iota(8, indices); // 0 to 7: beyond the view, too
  y.store({0}, x.gather({rows, 5}) + x.at({2, 6}));
  x.atomic_add({rows, 7}, k.iota(8));
  Kernel kernel = k.finish();

  Device &device = machine.device();
  Buffer buffer = device.allocate(size_t(2 * kFar + 8) * 4), out = device.allocate(32);
  auto row = [&](int64_t r) { return static_cast<char *>(buffer.data()) + r * kFar * 4; };
  for (int32_t r = 0; r < 3; ++r)
    device.upload(row(r), std::vector<int32_t>{0, 0, 0, 0, 0, 10 * (r + 1), 1000, 7}.data(), 32);
  auto executable = device.load(compile(kernel, device.target()));
  Arguments args(executable->artifact());
  args.set("x", static_cast<const void *>(buffer.data()));
  args.set("y", static_cast<const void *>(out.data()));
  if (!is_static) args.set("stride", kFar);
  executable->launch(machine.stream(), {}, args.block());
  machine.stream().synchronize();
  std::vector<int32_t> got(8);
  device.download(got.data(), out.data(), 32);
  EXPECT_EQ(got, (std::vector<int32_t>{1010, 1020, 1030, 1000, 1000, 1000, 1000, 1000}));
  for (int32_t r = 0; r < 3; ++r) {
    device.download(got.data(), row(r), 32);
    EXPECT_EQ(got[7], 7 + r) << "row " << r;
  }
}

// Not on the virtual GPU: it writes NaN to every byte of a new buffer.
INSTANTIATE_TEST_SUITE_P(On, FarPoints,
                         testing::Combine(testing::Values("host", "cuda"), testing::Values(i32, i64), testing::Bool()),
                         [](const auto &info) {
                           return fmt::format("{}_{}_{}", std::get<0>(info.param), name_of(std::get<1>(info.param)),
                                              std::get<2>(info.param) ? "static" : "runtime");
                         });

// ---- Assumptions ----------------------------------------------------------------------------------------------------

class Assumptions : public testing::TestWithParam<std::string> {};

constexpr int kAssumed = __LINE__ + 4; ///< the line of assume()
Kernel copy_block() {
  KernelBuilder k("copy_block", {.warps = 1});
  View x = k.input("x", f32, {4096}), y = k.output("y", f32, {256});
  Index at = k.assume(k.runtime("at"), {.divisible = 4, .at_least = 8, .at_most = 4096 - 256});
  y.store({0}, x.load({at}, {256}));
  return k.finish();
}

TEST_P(Assumptions, ThatHold) {
  MACHINE_OR_SKIP(GetParam());
  std::vector<float> x(4096);
  std::iota(x.begin(), x.end(), 0.f);
  for (int64_t at : {8, 12, 3840}) {
    Launch launch(machine, copy_block());
    launch.tensor("x", x).tensor("y", std::vector<float>(256)).number("at", at).run();
    EXPECT_EQ(launch.values<float>("y"), std::vector<float>(x.begin() + at, x.begin() + at + 256));
  }
}

TEST(WrongAssumptions, AreReported) {
  MACHINE_OR_SKIP("simt");
  for (int64_t at : {4, 10, 4000}) {
    Launch launch(machine, copy_block());
    launch.tensor("x", std::vector<float>(4096)).tensor("y", std::vector<float>(256)).number("at", at);
    try {
      launch.run();
      FAIL() << at;
    } catch (const DeviceError &e) {
      std::string words = fmt::format("simt: wrong assumption by warp 0 at {}:{}: the Index is {}, and was assumed to "
                                      "be a multiple of 4, at least 8 and at most 3840, program (0,0,0) of kernel "
                                      "'copy_block'",
                                      __FILE__, kAssumed, at);
      EXPECT_EQ(std::string(e.what()), words);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(On, Assumptions, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
