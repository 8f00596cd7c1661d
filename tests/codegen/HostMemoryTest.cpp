// Accesses, shuffles, scratch and 16-bit floats of the host's lowering, by running them.
#include "tests/codegen/Lower.h"

#include <bit>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

namespace tile::test {
namespace {

using testing::ElementsAreArray;

struct VectorMachine : testing::TestWithParam<Target> {
  int lanes() const { return GetParam().lanes; }
  HostKernel make(const std::string &lane, const std::string &type = "") const {
    return HostKernel(fill(lane, GetParam(), "", type), GetParam());
  }
  template <class T> void expectMaskedCopy(const std::string &type);
};

/// $T from x to y under the mask "lane < n".
const char *const kMaskedCopy = R"(
  func.func @copy(%x: !tile.ptr<$T>, %y: !tile.ptr<$T>, %n: i32) attributes {tile.kernel} {
    %zero = arith.constant 0 : index
    %id = lane.id : vector<$Wxi32>
    %limit = lane.splat %n : i32 -> vector<$Wxi32>
    %m = arith.cmpi slt, %id, %limit : vector<$Wxi32>
    %v = lane.load contiguous %x[%zero] mask %m {align = 1 : i64, offset = 2 : i64} : (!tile.ptr<$T>, index, vector<$Wxi1>) -> vector<$Wx$T>
    lane.store contiguous %v to %y[%zero] mask %m {align = 1 : i64, offset = 1 : i64} : vector<$Wx$T>, !tile.ptr<$T>, index, vector<$Wxi1>
    return
  })";

template <class T> void VectorMachine::expectMaskedCopy(const std::string &type) {
  HostKernel kernel = make(kMaskedCopy, type);
  for (int n = 0; n <= lanes() + 1; ++n) {
    std::vector<T> x(size_t(lanes()) + 3), y(size_t(lanes()) + 3, T(77)), want = y;
    std::iota(x.begin(), x.end(), T(1));
    for (int i = 0; i < std::min(n, lanes()); ++i) want[size_t(i) + 1] = x[size_t(i) + 2];
    struct {
      const T *x;
      T *y;
      int32_t n;
    } args{x.data(), y.data(), n};
    kernel.run(&args, 1);
    EXPECT_THAT(y, ElementsAreArray(want)) << type << ", " << n << " of " << lanes() << " lanes";
  }
}

TEST_P(VectorMachine, MaskedAccessesTouchTheirLanesOnly) {
  expectMaskedCopy<float>("f32");
  expectMaskedCopy<uint16_t>("bf16");
  expectMaskedCopy<uint16_t>("f16");
  expectMaskedCopy<int32_t>("i32");
  expectMaskedCopy<int64_t>("i64");
}

TEST_P(VectorMachine, BooleansAreBytes) {
  HostKernel kernel = make(R"(
    func.func @not(%x: !tile.ptr<i1>, %y: !tile.ptr<i1>) attributes {tile.kernel} {
      %zero = arith.constant 0 : index
      %t = arith.constant dense<true> : vector<$Wxi1>
      %v = lane.load contiguous %x[%zero] {align = 1 : i64, offset = 0 : i64} : (!tile.ptr<i1>, index) -> vector<$Wxi1>
      %r = arith.xori %v, %t : vector<$Wxi1>
      lane.store contiguous %r to %y[%zero] {align = 1 : i64, offset = 0 : i64} : vector<$Wxi1>, !tile.ptr<i1>, index
      return
    })");
  std::vector<uint8_t> x, y(size_t(lanes()), 9), want;
  for (int i = 0; i < lanes(); ++i) {
    x.push_back(i % 3 == 0);
    want.push_back(i % 3 != 0);
  }
  const void *args[] = {x.data(), y.data()};
  kernel.run(args, 1);
  EXPECT_THAT(y, ElementsAreArray(want));
}

TEST_P(VectorMachine, EachLaneReadsAndWritesItsOwnAddress) {
  // Lane i reads elements 3i+5 and 3i+6 and writes their sum and difference at 2i, 2i+1, where i < n.
  HostKernel kernel = make(R"(
    func.func @strided(%x: !tile.ptr<f32>, %y: !tile.ptr<f32>, %n: i32) attributes {tile.kernel} {
      %base = arith.constant 3 : index
      %zero = arith.constant 0 : index
      %id = lane.id : vector<$Wxi32>
      %three = arith.constant dense<3> : vector<$Wxi32>
      %two = arith.constant dense<2> : vector<$Wxi32>
      %from = arith.muli %id, %three : vector<$Wxi32>
      %to = arith.muli %id, %two : vector<$Wxi32>
      %limit = lane.splat %n : i32 -> vector<$Wxi32>
      %m = arith.cmpi slt, %id, %limit : vector<$Wxi32>
      %v:2 = lane.load per_lane %x[%base, %from] {align = 4 : i64, offset = 2 : i64} : (!tile.ptr<f32>, index, vector<$Wxi32>) -> (vector<$Wxf32>, vector<$Wxf32>)
      %s = arith.addf %v#0, %v#1 : vector<$Wxf32>
      %d = arith.subf %v#0, %v#1 : vector<$Wxf32>
      lane.store per_lane %s, %d to %y[%zero, %to] mask %m {align = 4 : i64, offset = 0 : i64} : vector<$Wxf32>, vector<$Wxf32>, !tile.ptr<f32>, index, vector<$Wxi32>, vector<$Wxi1>
      return
    })");
  std::vector<float> x(size_t(lanes()) * 3 + 8), y(size_t(lanes()) * 2, -1), want = y;
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(i * i);
  int n = lanes() - 1;
  for (size_t i = 0; i < size_t(n); ++i) {
    want[2 * i] = x[3 * i + 5] + x[3 * i + 6];
    want[2 * i + 1] = x[3 * i + 5] - x[3 * i + 6];
  }
  struct {
    const float *x;
    float *y;
    int32_t n;
  } args{x.data(), y.data(), n};
  kernel.run(&args, 1);
  EXPECT_THAT(y, ElementsAreArray(want));
}

TEST_P(VectorMachine, UniformAccessesUnderAFalseMaskReadZeroAndWriteNothing) {
  HostKernel kernel = make(R"(
    func.func @uniform(%x: !tile.ptr<f32>, %y: !tile.ptr<f32>, %n: index) attributes {tile.kernel} {
      %p = tile.program_id 0
      %m = arith.cmpi slt, %p, %n : index
      %v = lane.load uniform %x[%p] mask %m {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index, i1) -> f32
      %one = arith.constant 1.0 : f32
      %r = arith.addf %v, %one : f32
      lane.store uniform %r to %y[%p] {align = 4 : i64, offset = 0 : i64} : f32, !tile.ptr<f32>, index
      lane.store uniform %v to %x[%p] mask %m {align = 4 : i64, offset = 4 : i64} : f32, !tile.ptr<f32>, index, i1
      return
    })");
  std::vector<float> x{10, 20, 30, 40, 5, 6, 7, 8}, y(4);
  struct {
    float *x, *y;
    int64_t n;
  } args{x.data(), y.data(), 2};
  kernel.run(&args, 4);
  EXPECT_THAT(y, ElementsAreArray({11.f, 21.f, 1.f, 1.f}));
  EXPECT_THAT(x, ElementsAreArray({10.f, 20.f, 30.f, 40.f, 10.f, 20.f, 7.f, 8.f}));
}

TEST_P(VectorMachine, ShufflesAndScratchMoveBetweenLanes) {
  // Sums over all lanes by xor-shuffles, reverses through scratch, and takes the first lane.
  std::string sums, last = "%v";
  for (int mask = lanes() / 2, step = 0; mask > 0; mask /= 2, ++step) {
    std::string s = "%s" + std::to_string(step), o = "%o" + std::to_string(step);
    sums += o + " = lane.shuffle_xor " + last + ", " + std::to_string(mask) + " : vector<$Wxf32>\n";
    sums += s + " = arith.addf " + last + ", " + o + " : vector<$Wxf32>\n";
    last = s;
  }
  std::string reversed;
  for (int i = lanes() - 1; i >= 0; --i) reversed += std::to_string(i) + (i ? ", " : "");
  HostKernel kernel = make(R"(
    func.func @reverse(%x: !tile.ptr<f32>, %y: !tile.ptr<f32>) attributes {tile.kernel, tile.scratch = 1024 : i64} {
      %zero = arith.constant 0 : index
      %v = lane.load contiguous %x[%zero] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index) -> vector<$Wxf32>
      )" + sums + R"(
      %r = lane.permute %v, [)" +
                           reversed + R"(] : vector<$Wxf32>
      %id = lane.id : vector<$Wxi32>
      lane.scratch_store %r to %id {offset = 64 : i64} : vector<$Wxf32>, vector<$Wxi32>
      lane.barrier
      %b = lane.scratch_load %id {offset = 64 : i64} : vector<$Wxi32> -> vector<$Wxf32>
      %f = lane.first )" + last +
                           R"( : vector<$Wxf32> -> f32
      %fv = lane.splat %f : f32 -> vector<$Wxf32>
      %out = arith.addf %b, %fv : vector<$Wxf32>
      lane.store contiguous %out to %y[%zero] {align = 4 : i64, offset = 0 : i64} : vector<$Wxf32>, !tile.ptr<f32>, index
      return
    })");
  const auto n = size_t(lanes());
  std::vector<float> x(n), y(n), want;
  std::iota(x.begin(), x.end(), 1.f);
  float sum = std::accumulate(x.begin(), x.end(), 0.f);
  for (size_t i = 0; i < x.size(); ++i) want.push_back(x[x.size() - 1 - i] + sum);
  const void *args[] = {x.data(), y.data()};
  kernel.run(args, 1);
  EXPECT_THAT(y, ElementsAreArray(want));
}

TEST_P(VectorMachine, ProgramsGetTheirCoordinates) {
  HostKernel kernel = make(R"(
    func.func @ids(%y: !tile.ptr<i64>) attributes {tile.kernel} {
      %x = tile.program_id 0
      %yy = tile.program_id 1
      %z = tile.program_id 2
      %nx = tile.num_programs 0
      %ny = tile.num_programs 1
      %a = arith.muli %z, %ny : index
      %b = arith.addi %a, %yy : index
      %c = arith.muli %b, %nx : index
      %at = arith.addi %c, %x : index
      %h = arith.constant 100 : index
      %d = arith.muli %z, %h : index
      %e = arith.addi %d, %yy : index
      %f = arith.muli %e, %h : index
      %g = arith.addi %f, %x : index
      %v = arith.index_cast %g : index to i64
      lane.store uniform %v to %y[%at] {align = 8 : i64, offset = 0 : i64} : i64, !tile.ptr<i64>, index
      return
    })");
  std::vector<int64_t> y(2 * 3 * 4, -1), want;
  for (int z = 0; z < 4; ++z)
    for (int yy = 0; yy < 3; ++yy)
      for (int x = 0; x < 2; ++x) want.push_back(z * 10000 + yy * 100 + x);
  const void *args[] = {y.data()};
  kernel.run(args, 2, 3, 4);
  EXPECT_THAT(y, ElementsAreArray(want));
}

// ---- 16-bit floats --------------------------------------------------------------------------------------------------

/// The bf16 nearest to x, ties to even, computed from the distances.
float nearestBf16(float x) {
  auto down = std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0xffff0000u);
  auto up = std::bit_cast<float>((std::bit_cast<uint32_t>(x) & 0xffff0000u) + 0x10000u);
  double below = std::abs(double(x) - double(down)), above = std::abs(double(up) - double(x));
  if (below != above) return below < above ? down : up;
  return (std::bit_cast<uint32_t>(down) >> 16) % 2 == 0 ? down : up;
}

TEST_P(VectorMachine, Bf16RoundsToNearestEven) {
  HostKernel kernel = make(R"(
    func.func @round(%x: !tile.ptr<f32>, %y: !tile.ptr<bf16>) attributes {tile.kernel} {
      %p = tile.program_id 0
      %w = arith.constant $W : index
      %base = arith.muli %p, %w : index
      %v = lane.load contiguous %x[%base] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index) -> vector<$Wxf32>
      %r = arith.truncf %v : vector<$Wxf32> to vector<$Wxbf16>
      lane.store contiguous %r to %y[%base] {align = 2 : i64, offset = 0 : i64} : vector<$Wxbf16>, !tile.ptr<bf16>, index
      return
    })");
  std::vector<float> x;
  for (uint32_t bits = 0x00800000u; bits < 0x7f000000u; bits += 12347) { // normal numbers of both signs
    x.push_back(std::bit_cast<float>(bits));
    x.push_back(std::bit_cast<float>((bits & 0xffff0000u) | 0x80008000u)); // a tie
  }
  x.resize(x.size() / 64 * 64);
  std::vector<uint16_t> y(x.size());
  const void *args[] = {x.data(), y.data()};
  kernel.run(args, int64_t(x.size()) / lanes());
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(std::bit_cast<float>(uint32_t(y[i]) << 16), nearestBf16(x[i])) << "of " << x[i];
}

TEST_P(VectorMachine, ArithmeticOfBf16IsThatOfF32RoundedOnce) {
  HostKernel kernel = make(R"(
    func.func @arith(%x: !tile.ptr<bf16>, %y: !tile.ptr<bf16>) attributes {tile.kernel} {
      %zero = arith.constant 0 : index
      %v = lane.load contiguous %x[%zero] {align = 2 : i64, offset = 0 : i64} : (!tile.ptr<bf16>, index) -> vector<$Wxbf16>
      %s = arith.mulf %v, %v : vector<$Wxbf16>
      %r = math.sqrt %s : vector<$Wxbf16>
      %d = arith.subf %r, %v : vector<$Wxbf16>
      %t = arith.addf %d, %s : vector<$Wxbf16>
      lane.store contiguous %t to %y[%zero] {align = 2 : i64, offset = 0 : i64} : vector<$Wxbf16>, !tile.ptr<bf16>, index
      return
    })");
  const auto n = size_t(lanes());
  std::vector<uint16_t> x, y(n), want;
  auto bits = [](float f) { return uint16_t(std::bit_cast<uint32_t>(f) >> 16); };
  for (int i = 0; i < lanes(); ++i) {
    float v = nearestBf16(1.1f + 0.37f * float(i)), s = nearestBf16(v * v), r = nearestBf16(std::sqrt(s));
    x.push_back(bits(v));
    want.push_back(bits(nearestBf16(nearestBf16(r - v) + s)));
  }
  const void *args[] = {x.data(), y.data()};
  kernel.run(args, 1);
  EXPECT_THAT(y, ElementsAreArray(want));
}

INSTANTIATE_TEST_SUITE_P(Each, VectorMachine, testing::ValuesIn(vectorMachines()),
                         [](const auto &info) { return std::to_string(info.param.lanes) + "lanes"; });

} // namespace
} // namespace tile::test
