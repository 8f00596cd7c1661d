// Right kernels of 1 to 32 warps: the numbers of an oracle, and the same bits in whatever order warps run.
#include "tests/simt/Run.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <set>

namespace tile::test {
namespace {

constexpr int64_t kRows = 32, kCols = 256;

/// Sums and maxima of a tile over one of its axes, and the tile less its maxima.
Kernel reductions(int warps, int axis) {
  KernelBuilder k(fmt::format("reductions_{}_{}", warps, axis), {.warps = warps});
  const int64_t left = axis == 0 ? kCols : kRows;
  View x = k.input("x", f32, {k.runtime("rows"), kCols});
  View sums = k.output("sums", f32, {k.runtime("programs"), left});
  View less = k.output("less", f32, {x.extent(0), kCols});
  Index p = k.program_id(0);
  Tile v = x.load({p * kRows, 0}, {kRows, kCols});
  Tile most = max(v, Axis(axis));
  sums.store({p, 0}, (sum(v, Axis(axis)) + most).expand(Axis(0)));
  less.store({p * kRows, 0}, v - most.expand(Axis(axis)));
  return k.finish();
}

struct Results {
  std::vector<float> sums, less;
  bool operator==(const Results &) const = default;
};

Results run(const Artifact &artifact, const std::vector<float> &in, size_t left, int64_t programs, uint64_t seed) {
  VirtualGpu gpu(seed);
  Buffer x = gpu.buffer(in), sums = gpu.buffer(std::vector<float>(size_t(programs) * left)),
         less = gpu.buffer(std::vector<float>(in.size()));
  gpu.run(artifact, {{"x", x.data()}, {"sums", sums.data()}, {"less", less.data()}}, {uint32_t(programs)},
          {{"rows", programs * kRows}, {"programs", programs}});
  return {gpu.values<float>(sums), gpu.values<float>(less)};
}

/// Small integers: exact in any order.
std::vector<float> inputs(int64_t programs) {
  std::vector<float> in(size_t(programs * kRows * kCols));
  uint32_t state = 1;
  for (float &v : in) v = float((state = state * 1664525 + 1013904223) >> 24) - 100;
  return in;
}

Results expected(const std::vector<float> &in, int axis, int64_t programs) {
  const int64_t left = axis == 0 ? kCols : kRows;
  Results out{std::vector<float>(size_t(programs * left)), in};
  for (int64_t p = 0; p < programs; ++p)
    for (int64_t i = 0; i < left; ++i) {
      const int64_t n = axis == 0 ? kRows : kCols, step = axis == 0 ? kCols : 1;
      const int64_t first = p * kRows * kCols + (axis == 0 ? i : i * kCols);
      float sum = 0, most = in[size_t(first)];
      for (int64_t j = 0; j < n; ++j)
        sum += in[size_t(first + j * step)], most = std::max(most, in[size_t(first + j * step)]);
      out.sums[size_t(p * left + i)] = sum + most;
      for (int64_t j = 0; j < n; ++j) out.less[size_t(first + j * step)] -= most;
    }
  return out;
}

class Reductions : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Reductions, AreRightInEveryOrder) {
  const auto [warps, axis] = GetParam();
  constexpr int64_t kPrograms = 3;
  const std::vector<float> in = inputs(kPrograms);
  const Results right = expected(in, axis, kPrograms);
  const Artifact artifact = compile(reductions(warps, axis), Target::simt());
  EXPECT_EQ(artifact.warps, warps);
  for (uint64_t seed = 1; seed <= 4; ++seed)
    EXPECT_EQ(run(artifact, in, size_t(axis == 0 ? kCols : kRows), kPrograms, seed), right) << "seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(Warps, Reductions,
                         testing::Combine(testing::Values(1, 2, 4, 8, 16, 32), testing::Values(0, 1)),
                         [](const auto &info) {
                           return fmt::format("{}_axis{}", std::get<0>(info.param), std::get<1>(info.param));
                         });

// On a CPU without instructions for bf16 the conversions are other code, with the same results.
TEST(Warps, RoundToBf16WithoutInstructionsForIt) {
  KernelBuilder k("round");
  View x = k.input("x", f32, {1024}), y = k.output("y", bf16, {1024});
  y.store({0}, x.load({0}, {1024}).to(bf16));
  const Kernel kernel = k.finish();
  Target target = Target::simt();
  std::vector<float> in(1024);
  std::vector<uint16_t> expected;
  for (size_t i = 0; i < in.size(); ++i) {
    in[i] = std::bit_cast<float>(uint32_t(0x3F800000 + i * 0x2001 * (i % 2 ? 1 : 3)));
    const uint32_t bits = std::bit_cast<uint32_t>(in[i]);
    expected.push_back(uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16));
  }
  for (bool native : {false, target.native_bf16}) {
    target.native_bf16 = native;
    VirtualGpu gpu;
    Buffer from = gpu.buffer(in), to = gpu.buffer(std::vector<uint16_t>(1024));
    gpu.run(compile(kernel, target), {{"x", from.data()}, {"y", to.data()}});
    EXPECT_EQ(gpu.values<uint16_t>(to), expected) << native;
  }
}

// Warps that all store to one place show who came last: the seed decides.
TEST(Warps, RunInAnOrderThatTheSeedChooses) {
  const Artifact artifact = lane_kernel(8, 0, R"(
  %ws = lane.splat %w : i32 -> vector<32xi32>
  %v = arith.sitofp %ws : vector<32xi32> to vector<32xf32>
  %zero = arith.constant dense<0> : vector<32xi32>
  lane.store per_lane %v to %y[%c0, %zero] {align = 4 : i64, offset = 0 : i64} : vector<32xf32>, !tile.ptr<f32>, index, vector<32xi32>
)");
  auto last = [&](uint64_t seed) {
    VirtualGpu gpu(seed);
    Buffer y = gpu.buffer(std::vector<float>(1));
    gpu.run(artifact, {{"x", y.data()}, {"y", y.data()}});
    return gpu.values<float>(y)[0];
  };
  std::set<float> seen;
  for (uint64_t seed = 1; seed <= 16; ++seed) {
    seen.insert(last(seed));
    EXPECT_EQ(last(seed), last(seed)) << seed;
  }
  EXPECT_GT(seen.size(), 3u);
}

// Every program once, with its id, in any order and on any number of threads.
TEST(Warps, EveryProgramOfTheGridOnce) {
  const Artifact artifact = lane_kernel(1, 0, R"(
  %px = tile.program_id 0
  %py = tile.program_id 1
  %pz = tile.program_id 2
  %nx = tile.num_programs 0
  %ny = tile.num_programs 1
  %a = arith.muli %pz, %ny : index
  %b = arith.addi %a, %py : index
  %c = arith.muli %b, %nx : index
  %p = arith.addi %c, %px : index
  %zero = arith.constant dense<0> : vector<32xi32>
  %v = lane.load per_lane %y[%p, %zero] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index, vector<32xi32>) -> vector<32xf32>
  %one = arith.constant dense<1.0> : vector<32xf32>
  %next = arith.addf %v, %one : vector<32xf32>
  lane.store per_lane %next to %y[%p, %zero] {align = 4 : i64, offset = 0 : i64} : vector<32xf32>, !tile.ptr<f32>, index, vector<32xi32>
)");
  for (Grid grid : {Grid{1}, Grid{100}, Grid{7, 5, 3}, Grid{1, 64}, Grid{1, 1, 30}})
    for (int threads : {1, 3}) {
      VirtualGpu gpu(uint64_t(threads) * 77, threads);
      Buffer y = gpu.buffer(std::vector<float>(size_t(grid.programs())));
      gpu.run(artifact, {{"x", y.data()}, {"y", y.data()}}, grid);
      EXPECT_EQ(gpu.values<float>(y), std::vector<float>(size_t(grid.programs()), 1));
    }
}

} // namespace
} // namespace tile::test
