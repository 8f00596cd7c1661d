// The math of the host's references against the C library in double precision. The bounds are those that HostMath.h
// states.
#include "modules/common/HostMath.h"

#include <bit>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace fla::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Distance in the spacing of floats around the true value.
double ulps(float got, double truth) {
  const float nearest = float(truth);
  if (!std::isfinite(nearest)) return got == nearest || (std::isnan(got) && std::isnan(nearest)) ? 0 : kInf;
  return std::fabs(double(got) - truth) /
         std::ldexp(1.0, std::max(std::ilogb(truth == 0 ? 0x1p-149 : truth), -126) - 23);
}

struct Function {
  std::string name;
  float (*got)(float);
  double (*truth)(double);
  float from, to; ///< tested between them, and between their negatives where `both`
  bool both;
  double bound; ///< ulps
};

void PrintTo(const Function &f, std::ostream *os) {
  *os << f.name;
}

struct HostMath : testing::TestWithParam<Function> {};

/// About a million floats, evenly spread over their bit patterns: as many in every binade.
TEST_P(HostMath, StaysWithinItsBound) {
  const Function &f = GetParam();
  const uint32_t first = std::bit_cast<uint32_t>(f.from), last = std::bit_cast<uint32_t>(f.to);
  const uint32_t step = std::max<uint32_t>((last - first) / 1000003, 1);
  double worst = 0;
  float where = 0;
  auto check = [&](float x) {
    if (const double u = ulps(f.got(x), f.truth(double(x))); !(u <= worst)) worst = u, where = x;
  };
  for (uint64_t bits = first; bits <= last; bits += step) {
    check(std::bit_cast<float>(uint32_t(bits)));
    if (f.both) check(-std::bit_cast<float>(uint32_t(bits)));
  }
  RecordProperty("worst_ulps", std::to_string(worst));
  EXPECT_LE(worst, f.bound) << f.name << " at " << where;
}

INSTANTIATE_TEST_SUITE_P(All, HostMath,
                         testing::Values(Function{"exp", host::exp, std::exp, 0, 110, true, 2},
                                         Function{"tanh", host::tanh, std::tanh, 0, 20, true, 2.5},
                                         Function{"log", host::log, std::log, 0x1p-149f, 3e38f, false, 1},
                                         Function{"log", host::log, std::log, 0.5f, 2, false, 1},
                                         Function{"log1p", host::log1p, std::log1p, 0, 3e38f, false, 2},
                                         Function{"log1p", host::log1p, std::log1p, 0, 0.99999994f, true, 2},
                                         Function{"erf", host::erf, std::erf, 0, 6, true, 2}),
                         [](const auto &info) { return info.param.name + std::to_string(info.index); });

TEST(HostMathPow, StaysWithinItsBound) {
  for (float a = 0x1p-40f; a < 1e12f; a *= 1.0007f)
    for (float b : {-2.f, 0.f, 0.3f, 1.f, 1.7f, 3.f}) {
      const double truth = std::pow(double(a), double(b));
      if (std::fabs(b * std::log(a)) < 87)
        EXPECT_LE(ulps(host::pow(a, b), truth), 2 + 2 * std::fabs(b * std::log(a))) << a << "^" << b;
    }
}

TEST(HostMathLimits, AreThoseOfC) {
  const struct {
    float (*f)(float);
    float in, out;
  } cases[] = {
      {host::exp, -kInf, 0},     {host::exp, kInf, kInf},   {host::exp, kNan, kNan},       {host::exp, 1000, kInf},
      {host::exp, -1000, 0},     {host::exp, -0.f, 1},      {host::tanh, kInf, 1},         {host::tanh, -kInf, -1},
      {host::tanh, kNan, kNan},  {host::tanh, -0.f, -0.f},  {host::tanh, 1e-30f, 1e-30f},  {host::log, 0, -kInf},
      {host::log, -0.f, -kInf},  {host::log, kInf, kInf},   {host::log, -1, kNan},         {host::log, kNan, kNan},
      {host::log, 1, 0},         {host::log1p, -1, -kInf},  {host::log1p, -2, kNan},       {host::log1p, kInf, kInf},
      {host::log1p, kNan, kNan}, {host::log1p, -0.f, -0.f}, {host::log1p, 1e-30f, 1e-30f}, {host::erf, kInf, 1},
      {host::erf, -kInf, -1},    {host::erf, kNan, kNan},   {host::erf, -0.f, -0.f},       {host::erf, 10, 1}};
  for (const auto &c : cases) {
    const float got = c.f(c.in);
    const bool same = std::isnan(c.out) ? std::isnan(got) : std::bit_cast<int>(got) == std::bit_cast<int>(c.out);
    EXPECT_TRUE(same) << "of " << c.in << ": " << got << ", not " << c.out << " (case " << &c - cases << ")";
  }
}

} // namespace
} // namespace fla::test
