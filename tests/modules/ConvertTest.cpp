#include "modules/common/Convert.h"
#include "modules/common/HostElement.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace fla;
using tile::DType;

namespace {

std::vector<uint16_t> all_bits() {
  std::vector<uint16_t> bits(65536);
  std::iota(bits.begin(), bits.end(), uint16_t(0));
  return bits;
}

/// What the bits mean, by the C++ compiler's own conversions.
double meaning(DType dtype, uint16_t bits) {
  if (dtype == tile::f16) return double(std::bit_cast<_Float16>(bits));
  return double(std::bit_cast<float>(uint32_t(bits) << 16));
}
uint16_t infinity_bits(DType dtype) {
  return dtype == tile::f16 ? 0x7C00 : 0x7F80;
}

class Convert16 : public testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(, Convert16, testing::Values(tile::f16, tile::bf16),
                         [](const auto &info) { return std::string(name_of(info.param)); });

TEST_P(Convert16, EveryValueIsReadExactlyAndWrittenBack) {
  const std::vector<uint16_t> bits = all_bits();
  std::vector<double> values(bits.size());
  to_double(GetParam(), bits.data(), values);
  std::vector<uint16_t> back(bits.size());
  from_double(GetParam(), values, back.data());
  for (size_t i = 0; i < bits.size(); ++i) {
    const double expected = meaning(GetParam(), bits[i]);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(values[i])) << i;
      ASSERT_TRUE(std::isnan(meaning(GetParam(), back[i]))) << i;
      ASSERT_EQ(back[i] >> 15, bits[i] >> 15) << i;
    } else {
      ASSERT_EQ(values[i], expected) << i;
      ASSERT_EQ(std::signbit(values[i]), std::signbit(expected)) << i;
      ASSERT_EQ(back[i], bits[i]) << i;
    }
  }
}

// Between each two neighbours: the midpoint goes to the even one, anything beyond it to the nearer one.
TEST_P(Convert16, RoundsToNearestEvenEverywhere) {
  const uint16_t infinity = infinity_bits(GetParam());
  std::vector<double> values;
  std::vector<uint16_t> expected;
  for (uint16_t low = 0; low < infinity; ++low) {
    const uint16_t high = low + 1;
    const double a = meaning(GetParam(), low);
    // Rounding to infinity starts where the next number would be if exponents went on.
    const double b = high == infinity ? 2 * a - meaning(GetParam(), low - 1) : meaning(GetParam(), high);
    const double middle = a + (b - a) / 2;
    const uint16_t even = low % 2 == 0 ? low : high;
    for (double sign : {1.0, -1.0}) {
      const uint16_t bit = sign < 0 ? 0x8000 : 0;
      values.insert(values.end(),
                    {sign * std::nextafter(middle, 0.0), sign * middle, sign * std::nextafter(middle, INFINITY)});
      expected.insert(expected.end(), {uint16_t(low | bit), uint16_t(even | bit), uint16_t(high | bit)});
    }
  }
  std::vector<uint16_t> got(values.size());
  from_double(GetParam(), values, got.data());
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(got[i], expected[i]) << values[i];
}

TEST_P(Convert16, ExtremesOfDouble) {
  const uint16_t infinity = infinity_bits(GetParam());
  const double huge = std::numeric_limits<double>::max(), tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<double> values = {huge, -huge, INFINITY, -INFINITY, tiny, -tiny, 0.0, -0.0};
  const std::vector<uint16_t> expected = {
      infinity, uint16_t(infinity | 0x8000), infinity, uint16_t(infinity | 0x8000), 0, 0x8000, 0, 0x8000};
  std::vector<uint16_t> got(values.size());
  from_double(GetParam(), values, got.data());
  EXPECT_EQ(got, expected);
}

TEST(Convert, F32RoundsOnceAndKeepsWhatIsSpecial) {
  struct {
    double from;
    float to;
  } const cases[] = {
      {1 + 0x1p-24, 1.0f},                   // a tie, to even
      {1 + 0x3p-24, 1 + 0x1p-22f},           // a tie, to even, upwards
      {1 + 0x1p-24 + 0x1p-52, 1 + 0x1p-23f}, // just beyond a tie
      {0x1p-149, 0x1p-149f},                 // the smallest
      {0x1p-150, 0.0f},                      // half of it: a tie, to even
      {0x1.8p-150, 0x1p-149f},               // more than half of it
      {0x1.fffffefp127, 0x1.fffffep127f},    // less than half an ulp beyond the largest
      {0x1.ffffffp127, INFINITY},            // half an ulp beyond it
      {-INFINITY, -INFINITY},
  };
  for (const auto &c : cases) {
    float got = NAN;
    from_double(tile::f32, std::span(&c.from, 1), &got);
    EXPECT_EQ(got, c.to) << c.from;
    double back = 0;
    to_double(tile::f32, &got, std::span(&back, 1));
    EXPECT_EQ(back, double(c.to));
  }
  EXPECT_TRUE(std::signbit(rounded_to(tile::f32, -0.0)));
  EXPECT_TRUE(std::isnan(rounded_to(tile::f32, NAN)));
}

TEST(Convert, IntegersKeepTheirValue) {
  const std::vector<double> values = {0, 1, -1, 2147483647, -2147483648.0};
  std::vector<int32_t> i32s(values.size());
  std::vector<int64_t> i64s(values.size());
  from_double(tile::i32, values, i32s.data());
  from_double(tile::i64, values, i64s.data());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(i32s[i], int64_t(values[i]));
    EXPECT_EQ(i64s[i], int64_t(values[i]));
  }
  std::vector<double> back(values.size());
  to_double(tile::i64, i64s.data(), back);
  EXPECT_EQ(back, values);
}

TEST(Convert, RoundToIsWhatMemoryWouldHold) {
  std::vector<double> values = {1 + 0x1p-9, 3.14159, 1e-60, 1e300};
  std::vector<double> expected;
  for (double v : values) expected.push_back(meaning(tile::bf16, bf16_bits(v)));
  round_to(tile::bf16, values);
  EXPECT_EQ(values, expected);
  EXPECT_EQ(values[0], 1.0);
  EXPECT_EQ(values[3], INFINITY);
}

// The reference kernels' own bf16 must round as memory does.
TEST(HostElement, Bf16FromFloatRoundsLikeFromDouble) {
  for (uint32_t high = 0; high < 0x10000; ++high)
    for (uint32_t low : {0x0000u, 0x0001u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      const float value = std::bit_cast<float>(high << 16 | low);
      host::BFloat16 got;
      host::store(got, value);
      if (std::isnan(value))
        ASSERT_TRUE(std::isnan(host::load(got))) << high << ' ' << low;
      else
        ASSERT_EQ(got.bits, bf16_bits(double(value))) << high << ' ' << low;
    }
}

} // namespace
