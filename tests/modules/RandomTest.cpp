#include "modules/common/Random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace fla;

namespace {

std::vector<double> normals(uint64_t seed, std::string_view name, size_t n, double mean = 0, double stddev = 1) {
  std::vector<double> out(n);
  fill_normal(random_key(seed, name), mean, stddev, out);
  return out;
}

TEST(Random, DependsOnSeedAndNameAlone) {
  const auto x = normals(1, "x", 100000);
  EXPECT_EQ(x, normals(1, "x", 100000));
  for (const auto &other : {normals(2, "x", 100000), normals(1, "y", 100000), normals(1, "xx", 100000)}) {
    size_t same = 0;
    for (size_t i = 0; i < x.size(); ++i) same += x[i] == other[i];
    EXPECT_EQ(same, 0u);
  }
}

TEST(Random, ElementsDoNotDependOnTheLength) {
  const auto whole = normals(7, "x", 100001);
  for (size_t n : {0u, 1u, 2u, 3u, 1000u, 99999u, 100000u}) {
    const auto part = normals(7, "x", n);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin())) << n;
  }
}

TEST(Random, ElementsDoNotDependOnWhereTheyBegin) {
  const auto whole = normals(7, "x", 10001);
  for (size_t first : {0u, 1u, 2u, 511u, 512u, 513u, 9999u, 10000u, 10001u})
    for (size_t n : {0u, 1u, 2u, 3u, 1000u}) {
      std::vector<double> part(std::min(n, whole.size() - first));
      fill_normal(random_key(7, "x"), 0, 1, part, int64_t(first));
      EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + int64_t(first))) << first << ' ' << n;
    }
}

TEST(Random, MomentsAndTailsAreNormal) {
  constexpr size_t n = 1 << 20;
  const auto x = normals(3, "x", n);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0, neighbours = 0;
  size_t beyond2 = 0;
  for (size_t i = 0; i < n; ++i) {
    ASSERT_TRUE(std::isfinite(x[i]));
    m1 += x[i] / n;
    m2 += x[i] * x[i] / n;
    m3 += x[i] * x[i] * x[i] / n;
    m4 += x[i] * x[i] * x[i] * x[i] / n;
    if (i + 1 < n) neighbours += x[i] * x[i + 1] / n;
    beyond2 += std::fabs(x[i]) > 2;
  }
  // Five standard deviations of each estimate, times 1/sqrt(n) = 1/1024.
  EXPECT_NEAR(m1, 0, 5.0 / 1024);
  EXPECT_NEAR(m2, 1, 5 * std::sqrt(2.0) / 1024);
  EXPECT_NEAR(m3, 0, 5 * std::sqrt(15.0) / 1024);
  EXPECT_NEAR(m4, 3, 5 * std::sqrt(96.0) / 1024);
  EXPECT_NEAR(neighbours, 0, 5.0 / 1024);
  EXPECT_NEAR(double(beyond2) / n, 0.0455, 5 * std::sqrt(0.0455 * 0.9545) / 1024);
}

TEST(Random, TensorsAreUncorrelated) {
  constexpr size_t n = 1 << 20;
  const auto x = normals(3, "x", n), dy = normals(3, "dy", n), next = normals(4, "x", n);
  double a = 0, b = 0;
  for (size_t i = 0; i < n; ++i) {
    a += x[i] * dy[i] / n;
    b += x[i] * next[i] / n;
  }
  EXPECT_NEAR(a, 0, 5.0 / 1024);
  EXPECT_NEAR(b, 0, 5.0 / 1024);
}

TEST(Random, MeanAndDeviationAreApplied) {
  const auto plain = normals(5, "w", 1000), moved = normals(5, "w", 1000, 3, 0.5);
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(moved[i], 3 + 0.5 * plain[i], 1e-12);
}

TEST(Random, EveryBitOfTheCounterMatters) {
  const uint64_t first = random_bits(9, 0);
  for (int bit = 0; bit < 63; ++bit) {
    const int changed = __builtin_popcountll(first ^ random_bits(9, uint64_t(1) << bit));
    EXPECT_GT(changed, 12) << bit;
    EXPECT_LT(changed, 52) << bit;
  }
}

} // namespace
