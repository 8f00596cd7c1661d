// f16 and rounding to whole numbers on every vector machine, element by element against the C++ compiler's own.
#include "tests/codegen/Lower.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace tile::test {
namespace {

struct HostHalf : testing::TestWithParam<Target> {
  /// y = body(x), a vector a program; `body` makes %r of %v.
  template <class Out, class In>
  std::vector<Out> map(const std::string &body, const std::string &in, const std::string &out, std::vector<In> x) {
    const Target &target = GetParam();
    const std::string text = R"(
      func.func @map(%x: !tile.ptr<)" +
                             in + R"(>, %y: !tile.ptr<)" + out + R"(>) attributes {tile.kernel} {
        %p = tile.program_id 0
        %w = arith.constant $W : index
        %base = arith.muli %p, %w : index
        %v = lane.load contiguous %x[%base] {align = 2 : i64, offset = 0 : i64} : (!tile.ptr<)" +
                             in + R"(>, index) -> vector<$Wx)" + in + R"(>
        )" + body + R"(
        lane.store contiguous %r to %y[%base] {align = 2 : i64, offset = 0 : i64} : vector<$Wx)" +
                             out + R"(>, !tile.ptr<)" + out + R"(>, index
        return
      })";
    HostKernel kernel(fill(text, target), target);
    const size_t programs = (x.size() + size_t(target.lanes) - 1) / size_t(target.lanes), count = x.size();
    x.resize(programs * size_t(target.lanes));
    std::vector<Out> y(x.size());
    const void *args[] = {x.data(), y.data()};
    kernel.run(args, int64_t(programs));
    y.resize(count);
    return y;
  }
};

TEST_P(HostHalf, EveryHalfIsWidened) {
  std::vector<uint16_t> x;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) x.push_back(uint16_t(bits));
  const auto y = map<float>("%r = arith.extf %v : vector<$Wxf16> to vector<$Wxf32>", "f16", "f32", x);
  for (size_t i = 0; i < x.size(); ++i) {
    const float expected = float(std::bit_cast<_Float16>(x[i]));
    if (std::isnan(expected))
      ASSERT_TRUE(std::isnan(y[i])) << "bits " << i;
    else
      ASSERT_EQ(std::bit_cast<uint32_t>(y[i]), std::bit_cast<uint32_t>(expected)) << "bits " << i;
  }
}

/// A million floats, evenly spread over their bit patterns, and all halfway cases.
std::vector<float> floats() {
  std::vector<float> x;
  for (uint64_t bits = 0; bits < 0x100000000; bits += 4099) x.push_back(std::bit_cast<float>(uint32_t(bits)));
  for (uint32_t half = 0; half < 0x7c00; ++half) {
    const auto low = float(std::bit_cast<_Float16>(uint16_t(half)));
    const float high = half == 0x7bff ? 65536.f : float(std::bit_cast<_Float16>(uint16_t(half + 1)));
    const float between = (low + high) / 2;
    for (float v : {between, std::nextafter(between, 0.f), std::nextafter(between, 1e9f), -between}) x.push_back(v);
  }
  return x;
}

TEST_P(HostHalf, RoundsToNearestEven) {
  const std::vector<float> x = floats();
  const auto y = map<uint16_t>("%r = arith.truncf %v : vector<$Wxf32> to vector<$Wxf16>", "f32", "f16", x);
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]))
      ASSERT_TRUE(std::isnan(float(std::bit_cast<_Float16>(y[i]))));
    else
      ASSERT_EQ(y[i], std::bit_cast<uint16_t>(_Float16(x[i]))) << x[i];
  }
}

TEST_P(HostHalf, WholeNumbers) {
  const std::pair<const char *, float (*)(float)> functions[] = {
      {"floor", std::floor}, {"ceil", std::ceil}, {"trunc", std::trunc}, {"roundeven", std::nearbyint}};
  std::vector<float> x = floats();
  for (float v : {0.5f, 1.5f, 2.5f, 8388607.5f, 8388608.f, 4194303.5f}) x.push_back(v), x.push_back(-v);
  for (const auto &[name, truth] : functions) {
    const auto y = map<float>(std::string("%r = math.") + name + " %v : vector<$Wxf32>", "f32", "f32", x);
    for (size_t i = 0; i < x.size(); ++i) {
      if (std::isnan(x[i]))
        ASSERT_TRUE(std::isnan(y[i]));
      else
        ASSERT_EQ(std::bit_cast<uint32_t>(y[i]), std::bit_cast<uint32_t>(truth(x[i]))) << name << " of " << x[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, HostHalf, testing::ValuesIn(vectorMachines()),
                         [](const auto &info) { return "lanes" + std::to_string(info.param.lanes); });

} // namespace
} // namespace tile::test
