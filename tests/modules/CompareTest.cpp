#include "modules/common/Compare.h"
#include "modules/common/Convert.h"
#include "modules/common/Tolerance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace fla;
using tile::f16;
using tile::f32;

namespace {

Comparison compare_f32(const std::vector<float> &got, const std::vector<double> &expected, Tolerance tolerance) {
  return compare(f32, got.data(), expected, tolerance);
}

TEST(Compare, EachElementHasItsOwnTolerance) {
  const Tolerance tolerance{0.5, 0.25};
  EXPECT_TRUE(compare_f32({0.5f, 5.5f, -5.5f}, {0, 4, -4}, tolerance).ok());
  const Comparison c = compare_f32({0.5f, 7.0f, 0.75f}, {0, 4, 0}, tolerance);
  EXPECT_EQ(c.wrong, 2);
  EXPECT_EQ(c.index, 1);
  EXPECT_DOUBLE_EQ(c.worst, 2);
  EXPECT_EQ(c.got, 7);
  EXPECT_EQ(c.expected, 4);
  EXPECT_THAT(c.str(3), testing::HasSubstr("2 of 3 elements wrong, worst at 1: got 7, expected 4"));
}

TEST(Compare, NanIsRightOnlyWhereItIsExpected) {
  const Tolerance loose{1e30, 1};
  EXPECT_TRUE(compare_f32({NAN}, {NAN}, loose).ok());
  EXPECT_FALSE(compare_f32({NAN}, {1}, loose).ok());
  EXPECT_FALSE(compare_f32({1}, {NAN}, loose).ok());
  EXPECT_FALSE(compare_f32({NAN}, {INFINITY}, loose).ok());
  EXPECT_EQ(compare_f32({NAN}, {1}, loose).worst, INFINITY);
}

TEST(Compare, InfinitiesMustBeTheSame) {
  const Tolerance loose{1e30, 1};
  EXPECT_TRUE(compare_f32({INFINITY, -INFINITY}, {INFINITY, -INFINITY}, {}).ok());
  EXPECT_FALSE(compare_f32({INFINITY}, {-INFINITY}, loose).ok());
  EXPECT_FALSE(compare_f32({3e38f}, {INFINITY}, loose).ok());
  EXPECT_FALSE(compare_f32({INFINITY}, {1}, loose).ok());
}

TEST(Compare, InfinityIsRightWhereTheNumberRoundsToIt) {
  const _Float16 infinity = _Float16(INFINITY), largest = _Float16(65504);
  const std::vector<double> beyond = {65536}, close = {65510}, far = {60000}, much = {1e6};
  const Tolerance half_ulp = rounded(f16, {});
  EXPECT_TRUE(compare(f16, &infinity, beyond, half_ulp).ok());
  EXPECT_TRUE(compare(f16, &infinity, close, half_ulp).ok()); // its tolerance reaches 65520, which rounds to infinity
  EXPECT_FALSE(compare(f16, &infinity, far, half_ulp).ok());
  EXPECT_TRUE(compare(f16, &largest, close, half_ulp).ok());
  EXPECT_FALSE(compare(f16, &largest, much, half_ulp).ok());
}

TEST(Compare, WithoutToleranceOnlyEqualsPass) {
  EXPECT_TRUE(compare_f32({1, 0.0f}, {1, -0.0}, {}).ok());
  EXPECT_FALSE(compare_f32({std::nextafter(1.0f, 2.0f)}, {1}, {}).ok());
}

TEST(Compare, OneWrongElementInMillionsIsFound) {
  std::vector<float> got(3000001, 1.0f);
  const std::vector<double> expected(got.size(), 1.0);
  EXPECT_TRUE(compare_f32(got, expected, {0, 1e-6}).ok());
  for (size_t at : {size_t(0), size_t(2047), size_t(2048), got.size() - 1}) {
    got[at] = 2;
    const Comparison c = compare_f32(got, expected, {0, 1e-6});
    EXPECT_EQ(c.wrong, 1);
    EXPECT_EQ(c.index, int64_t(at));
    got[at] = 1;
  }
  got[77] = got[2000000] = NAN;
  EXPECT_EQ(compare_f32(got, expected, {0, 1e-6}).index, 77); // the first of equals
  EXPECT_EQ(compare_f32(got, expected, {0, 1e-6}).wrong, 2);
}

TEST(Compare, NothingIsNotWrong) {
  const Comparison c = compare_f32({}, {}, {});
  EXPECT_TRUE(c.ok());
  EXPECT_EQ(c.index, -1);
  EXPECT_EQ(c.str(0), "no elements");
}

TEST(Tolerance, RoundingIsHalfAnUlp) {
  for (DType dtype : {tile::f16, tile::bf16, tile::f32}) {
    const Tolerance tolerance = rounded(dtype, {});
    // The worst rounding of a normal number: just above a power of two, half way between two neighbours.
    const double u = unit_roundoff(dtype), worst = 1 + u;
    EXPECT_LE(error_ratio(dtype, rounded_to(dtype, worst), worst, tolerance), 1) << name_of(dtype);
    EXPECT_GT(error_ratio(dtype, rounded_to(dtype, worst), worst, tolerance), 0.25) << name_of(dtype);
    // A whole ulp is wrong in a 16-bit float; f32 is allowed its last operations.
    if (dtype != f32) {
      EXPECT_GT(error_ratio(dtype, 1 + 2 * u, 1, tolerance), 1.9) << name_of(dtype);
    }
    const double tiny = 0.5 * smallest_subnormal(dtype);
    EXPECT_LE(error_ratio(dtype, rounded_to(dtype, tiny), tiny, tolerance), 1) << name_of(dtype);
  }
}

// The model behind sum_tolerance, held against sums in the order that loses most: one accumulator.
TEST(Tolerance, SequentialSumsInF32StayWithin) {
  for (double mean : {0.0, 1.0})
    for (int64_t terms : {10, 1000, 100000}) {
      double largest = 0;
      for (uint64_t trial = 0; trial < 50; ++trial) {
        uint64_t state = trial * 1000003 + 17;
        float sum = 0;
        double truth = 0;
        for (int64_t i = 0; i < terms; ++i) {
          state = state * 6364136223846793005u + 1442695040888963407u;
          const float term = float(mean + (double(state >> 40) * 0x1p-24 - 0.5) * std::sqrt(12.0));
          sum += term;
          truth += double(term);
        }
        largest = std::max(largest, error_ratio(f32, sum, truth, sum_tolerance(terms, 1)));
      }
      EXPECT_LE(largest, 1) << mean << ' ' << terms;
      EXPECT_GT(largest, 0.02) << "the tolerance is needlessly loose: " << mean << ' ' << terms;
    }
}

} // namespace
