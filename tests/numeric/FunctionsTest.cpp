// Functions of the language on every machine against the C library in double, in units in the last place: the bounds
// that compiler/targets/Math.h states. Arguments go over all binades.
#include "tests/numeric/Map.h"

#include "compiler/dsl/Fast.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace fla::test {
namespace {

using namespace tile;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr size_t kSamples = 1 << 18;

struct Function {
  std::string name;
  Tile (*tile)(const Tile &x, const Tile &y);
  double (*truth)(double x, double y);
  float from, to; ///< of x, and of -x where `both`; 0, 0: all floats
  bool both = false;
  double host = 1, gpu = 1; ///< bounds in ulps
  bool flushes = false;     ///< on GPUs, results below 2^-126 to 0
};

void PrintTo(const Function &f, std::ostream *os) {
  *os << f.name;
}

#define TILE(expression) [](const Tile &x, [[maybe_unused]] const Tile &y) -> Tile { return expression; }
#define REAL(expression) [](double x, [[maybe_unused]] double y) -> double { return expression; }

const Function kFunctions[] = {
    {"exp", TILE(exp(x)), REAL(std::exp(x)), 0, 110, true, 1, 2},
    {"exp2", TILE(exp2(x)), REAL(std::exp2(x)), 0, 160, true, 1, 2.1, true},
    {"log", TILE(log(x)), REAL(std::log(x)), 0x1p-149f, 3e38f, false, 1, 1},
    {"log_near_1", TILE(log(x)), REAL(std::log(x)), 0.5f, 2, false, 1, 1},
    {"log2", TILE(log2(x)), REAL(std::log2(x)), 0x1p-149f, 3e38f, false, 1.5, 1.5},
    {"log1p", TILE(log1p(x)), REAL(std::log1p(x)), 0, 0.99999994f, true, 2, 2},
    {"tanh", TILE(tanh(x)), REAL(std::tanh(x)), 0, 20, true, 1.5, 2},
    {"erf", TILE(erf(x)), REAL(std::erf(x)), 0, 6, true, 1.5, 1.5},
    {"sigmoid", TILE(sigmoid(x)), REAL(1 / (1 + std::exp(-x))), 0, 110, true, 2.5, 3.5, true},
    {"sqrt", TILE(sqrt(x)), REAL(std::sqrt(x)), 0, 3e38f, false, 0.5001, 0.5001},
    {"rsqrt", TILE(rsqrt(x)), REAL(1 / std::sqrt(x)), 0x1p-149f, 3e38f, false, 1.5, 1.6},
    {"cube", TILE(pow(x, 3)), REAL(x *x *x), 0, 7e12f, true, 1.5, 1.5},
    {"fourth", TILE(pow(x, 4)), REAL(x *x *x *x), 0, 4e9f, true, 2, 2},
    {"reciprocal", TILE(1 / x), REAL(1 / x), 0x1p-149f, 3.4e38f, true, 0.5001, 1},
    {"quotient", TILE(x / y), REAL(x / y), 0, 0, false, 0.5001, 2},
    {"fast_log2", TILE(fast_log2(x)), REAL(std::log2(x)), 2, 3e38f, false, 1.5, 4},
    {"fast_log2_below_1", TILE(fast_log2(x)), REAL(std::log2(x)), 0x1p-126f, 0.5f, false, 1.5, 4},
    {"fast_reciprocal", TILE(fast_reciprocal(x)), REAL(1 / x), 0x1p-126f, 0x1p126f, true, 0.5001, 1},
    {"fast_sigmoid_near_0", TILE(fast_sigmoid(x)), REAL(1 / (1 + std::exp(-x))), 0, 4, true, 2.5, 7.5, true},
    {"fast_sigmoid", TILE(fast_sigmoid(x)), REAL(1 / (1 + std::exp(-x))), 4, 85, true, 2.5, 88.5, true},
    {"pow", TILE(pow(x, y)), REAL(std::pow(x, y)), 0x1p-149f, 3.4e38f, false, 1.1, 2.1},
    {"pow_near_1", TILE(pow(x, y)), REAL(std::pow(x, y)), 0.5f, 2, false, 1.1, 2.1},
};

/// As many in every binade.
std::vector<float> sample(float from, float to, bool both) {
  std::vector<float> x;
  uint32_t first = std::bit_cast<uint32_t>(from), last = std::bit_cast<uint32_t>(to);
  uint64_t span = last - first, n = both ? kSamples / 2 : kSamples;
  for (uint64_t i = 0; i < n; ++i) {
    x.push_back(std::bit_cast<float>(uint32_t(first + span * i / (n - 1))));
    if (both) x.push_back(-x.back());
  }
  return x;
}

/// Any finite floats.
std::vector<float> any(uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> x;
  while (x.size() < kSamples)
    if (float v = std::bit_cast<float>(uint32_t(random())); std::isfinite(v)) x.push_back(v);
  return x;
}

/// Exponents that take powers of x over the whole range of results, and a little beyond.
std::vector<float> exponents(const std::vector<float> &x) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> result(-152, 130);
  std::vector<float> y;
  for (float v : x) y.push_back(v == 1 ? 0 : float(result(random) / std::log2(double(v))));
  return y;
}

/// Distance in the spacing of floats around the true value; subnormals count in their own spacing.
double ulps(float got, double truth) {
  float rounded = float(truth);
  if (std::isinf(rounded) || std::isnan(rounded)) {
    bool same = got == rounded || (std::isnan(got) && std::isnan(rounded));
    // The largest floats and infinity are neighbours.
    double over = std::isfinite(truth) ? std::abs(std::abs(truth) - 0x1p128) / 0x1p104 : kInf;
    return same ? 0 : std::isnan(got) ? kInf : over + std::abs(0x1p128 - std::abs(double(got))) / 0x1p104;
  }
  int exponent = std::max(std::ilogb(truth == 0 ? 0x1p-149 : truth), -126);
  double spacing = std::ldexp(1.0, exponent - 23);
  if (std::isinf(got)) return std::signbit(got) == std::signbit(truth) ? (0x1p128 - std::abs(truth)) / spacing : kInf;
  return std::abs(double(got) - truth) / spacing;
}

class Functions : public testing::TestWithParam<std::tuple<std::string, Function>> {};

TEST_P(Functions, StayWithinTheirBounds) {
  const auto &[device, f] = GetParam();
  MACHINE_OR_SKIP(device);
  const bool gpu = device == "cuda";
  const double without_fma = tile::Target::host().baseline ? 4.0 / 3 : 1; // as targets/Math.h says
  std::vector<float> x = f.to == 0 ? any(1) : sample(f.from, f.to, f.both);
  std::vector<float> y = f.name.starts_with("pow") ? exponents(x) : any(2);
  Columns got =
      map(machine, [tile = f.tile](const std::vector<Tile> &in) { return std::vector{tile(in[0], in[1])}; }, {x, y});
  double worst = 0, excess = 0;
  size_t where = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double truth = f.truth(x[i], y[i]), bound = gpu ? f.gpu : f.host * without_fma;
    if (gpu && f.flushes && std::abs(truth) < 0x1p-126 && got[0][i] == 0) continue;
    double u = ulps(got[0][i], truth);
    worst = std::max(worst, u);
    if (!(u / bound <= excess)) excess = u / bound, where = i;
  }
  RecordProperty("worst_ulps", std::to_string(worst));
  EXPECT_LE(excess, 1) << f.name << " of " << x[where] << " and " << y[where] << " is " << got[0][where] << ", not "
                       << f.truth(x[where], y[where]) << "; the worst are " << worst << " ulps";
}

INSTANTIATE_TEST_SUITE_P(All, Functions,
                         testing::Combine(testing::Values("host", "simt", "cuda"), testing::ValuesIn(kFunctions)),
                         [](const auto &info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param).name; });

class FunctionsOn : public testing::TestWithParam<std::string> {};

bool same(float a, float b) {
  return std::isnan(a) ? std::isnan(b) : std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

/// Every pair of numbers at which C's pow is special, and some at which it is not.
TEST_P(FunctionsOn, PowHasTheLimitsOfC) {
  MACHINE_OR_SKIP(GetParam());
  const float numbers[] = {0,
                           0x1p-149f,
                           0x1p-126f,
                           0.25f,
                           0.5f,
                           1,
                           1.5f,
                           2,
                           3,
                           4,
                           5,
                           31,
                           32,
                           127,
                           128,
                           8388607,
                           8388608,
                           8388609,
                           16777215,
                           16777216,
                           33554432,
                           3e38f,
                           0x1.fffffep127f,
                           kInf,
                           kNan};
  std::vector<float> x, y;
  for (float a : numbers)
    for (float b : numbers)
      for (int signs = 0; signs < 4; ++signs) {
        x.push_back(signs & 1 ? -a : a);
        y.push_back(signs & 2 ? -b : b);
      }
  Columns got = map(machine, [](const std::vector<Tile> &in) { return std::vector{pow(in[0], in[1])}; }, {x, y});
  for (size_t i = 0; i < x.size(); ++i) {
    double truth = std::pow(double(x[i]), double(y[i]));
    float want = float(truth);
    bool ordinary = std::isfinite(want) && want != 0 && std::abs(want) != 1;
    if (ordinary) {
      EXPECT_LE(ulps(got[0][i], truth), 2.1) << x[i] << " ^ " << y[i] << " = " << got[0][i] << ", not " << want;
    } else {
      EXPECT_TRUE(same(got[0][i], want)) << x[i] << " ^ " << y[i] << " = " << got[0][i] << ", not " << want;
    }
  }
}

TEST_P(FunctionsOn, PowByNumbers) {
  MACHINE_OR_SKIP(GetParam());
  auto body = [](const std::vector<Tile> &in) {
    const Tile &x = in[0];
    return std::vector<Tile>{pow(x, 0), pow(x, 1),  pow(x, 2),    pow(x, 3),
                             pow(x, 4), pow(x, -1), pow(x, 0.5f), pow(2.f, x)};
  };
  Columns got = map(machine, body, {{kNan, -2, 3, -0.f, kInf}});
  const Columns want = {{1, 1, 1, 1, 1},
                        {kNan, -2, 3, -0.f, kInf},
                        {kNan, 4, 9, 0, kInf},
                        {kNan, -8, 27, -0.f, kInf},
                        {kNan, 16, 81, 0, kInf},
                        {kNan, -0.5f, 1 / 3.f, -kInf, 0},
                        {kNan, kNan, 1.7320508f, 0, kInf},
                        {kNan, 0.25f, 8, 1, kInf}};
  for (size_t i = 0; i < want.size(); ++i)
    for (size_t j = 0; j < want[i].size(); ++j) {
      if (std::isfinite(want[i][j]) && want[i][j] != 0) {
        EXPECT_NEAR(got[i][j], want[i][j], 2e-7 * std::abs(want[i][j])) << "output " << i << '[' << j << ']';
      } else {
        EXPECT_TRUE(same(got[i][j], want[i][j])) << "output " << i << '[' << j << "]: " << got[i][j];
      }
    }
}

TEST_P(FunctionsOn, SigmoidReachesItsLimits) {
  MACHINE_OR_SKIP(GetParam());
  Columns got = map(machine, [](const std::vector<Tile> &in) { return std::vector{sigmoid(in[0])}; },
                    {{-kInf, kInf, kNan, 0, -0.f, -3e38f, 3e38f, -1000, 1000, 30}});
  const std::vector<float> want = {0, 1, kNan, 0.5f, 0.5f, 0, 1, 0, 1, 1};
  for (size_t i = 0; i < want.size(); ++i) EXPECT_TRUE(same(got[0][i], want[i])) << i << ": " << got[0][i];
}

/// The signs of zeros and infinities, and divisors whose reciprocals are not normal numbers.
TEST_P(FunctionsOn, DivisionReachesItsLimits) {
  MACHINE_OR_SKIP(GetParam());
  struct {
    float x, y, want;
  } const cases[] = {{1, 0, kInf},
                     {1, -0.f, -kInf},
                     {-1, 0, -kInf},
                     {0, 0, kNan},
                     {kInf, kInf, kNan},
                     {kInf, 2, kInf},
                     {2, kInf, 0},
                     {-2, kInf, -0.f},
                     {0, kInf, 0},
                     {kNan, 1, kNan},
                     {1, kNan, kNan},
                     {0x1p-149f, 0x1p-149f, 1},
                     {0x1p-130f, 0x1p-140f, 1024},
                     {0x1p127f, 0x1p127f, 1},
                     {0x1p120f, 0x1p127f, 0x1p-7f},
                     {0x1p-100f, 0x1p-140f, 0x1p40f},
                     {1, 0x1p127f, 0x1p-127f},
                     {1, 0x1p-127f, 0x1p127f},
                     {-0x1p127f, 0x1p-20f, -kInf}};
  std::vector<float> x, y;
  for (const auto &c : cases) {
    x.push_back(c.x);
    y.push_back(c.y);
  }
  Columns got = map(machine, [](const std::vector<Tile> &in) { return std::vector{in[0] / in[1]}; }, {x, y});
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_TRUE(same(got[0][i], cases[i].want))
        << x[i] << " / " << y[i] << " = " << got[0][i] << ", not " << cases[i].want;
}

INSTANTIATE_TEST_SUITE_P(All, FunctionsOn, testing::Values("host", "simt", "cuda"));

} // namespace
} // namespace fla::test
