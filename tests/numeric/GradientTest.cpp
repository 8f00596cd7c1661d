// gradient() against derivatives worked out by hand, in double, which are held against central differences first.
#include "tests/numeric/Map.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace fla::test {
namespace {

using namespace tile;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// ---- Every rule, and compositions of them ---------------------------------------------------------------------------

using Real = double (*)(double, double);

/// A function of two variables with its derivatives by each.
struct Function {
  std::string name;
  Tile (*tile)(const Tile &x, const Tile &y);
  Real value, by_x, by_y;
  double from = -3, to = 3; ///< of x; y goes through 0.3 to 2.3
};

void PrintTo(const Function &f, std::ostream *os) {
  *os << f.name;
}

double zero(double, double) {
  return 0;
}

double sig(double x) {
  return 1 / (1 + std::exp(-x));
}
double dsig(double x) {
  return sig(x) * sig(-x);
}
double phi(double x) { ///< the normal distribution
  return 0.5 * (1 + std::erf(x / std::numbers::sqrt2));
}
double bell(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

constexpr double kGelu = 0.7978845608028654; // sqrt(2 / pi)
double gelu_inner(double x) {
  return kGelu * (x + 0.044715 * x * x * x);
}
Tile gelu_tanh(const Tile &x) {
  return x * 0.5 * (tanh((x + pow(x, 3) * 0.044715) * kGelu) + 1);
}

double pow_exponent(double x) {
  return 3 / (std::sqrt(x) + 1);
}
double powglu(double x, double y) {
  return (x > 0 ? std::pow(x, pow_exponent(x)) : x) * sig(x) * y;
}
double powglu_by_x(double x, double y) {
  if (x <= 0) return y * (sig(x) + x * dsig(x));
  double e = pow_exponent(x), r = std::sqrt(x), p = std::pow(x, e);
  double de = -3 / ((r + 1) * (r + 1)) / (2 * r);
  return y * (p * (de * std::log(x) + e / x) * sig(x) + p * dsig(x));
}

#define TILE(expression) [](const Tile &x, [[maybe_unused]] const Tile &y) -> Tile { return expression; }
#define REAL(expression) []([[maybe_unused]] double x, [[maybe_unused]] double y) -> double { return expression; }

const Function kFunctions[] = {
    {"add", TILE(x + y), REAL(x + y), REAL(1), REAL(1)},
    {"sub", TILE(x - y), REAL(x - y), REAL(1), REAL(-1)},
    {"mul", TILE(x * y), REAL(x * y), REAL(y), REAL(x)},
    {"square", TILE(x * x * y), REAL(x * x * y), REAL(2 * x * y), REAL(x * x)},
    {"div", TILE(x / y), REAL(x / y), REAL(1 / y), REAL(-x / y / y)},
    {"div_by_number", TILE(x / 3.0 + y), REAL(x / 3 + y), REAL(1.0 / 3), REAL(1)},
    {"reciprocal", TILE(x * (1 / y)), REAL(x / y), REAL(1 / y), REAL(-x / y / y)},
    {"number_over", TILE(x + 5 / y), REAL(x + 5 / y), REAL(1), REAL(-5 / y / y)},
    {"neg", TILE(-x * y), REAL(-x * y), REAL(-y), REAL(-x)},
    {"abs", TILE(abs(x) * y), REAL(std::abs(x) * y), REAL(x > 0 ? y : -y), REAL(std::abs(x))},
    {"min", TILE(min(x, y) * 3), REAL(std::min(x, y) * 3), REAL(x < y ? 3 : 0), REAL(x < y ? 0 : 3)},
    {"max", TILE(max(x, y) * 3), REAL(std::max(x, y) * 3), REAL(x < y ? 0 : 3), REAL(x < y ? 3 : 0)},
    {"relu", TILE(max(x, 0.f) * y), REAL(std::max(x, 0.0) * y), REAL(x > 0 ? y : 0), REAL(std::max(x, 0.0))},
    {"clamp", TILE(min(max(x, -1), 1) * y), REAL(std::clamp(x, -1.0, 1.0) * y), REAL(std::abs(x) < 1 ? y : 0),
     REAL(std::clamp(x, -1.0, 1.0))},
    {"where", TILE(where(x < 0, x *y, y)), REAL(x < 0 ? x * y : y), REAL(x < 0 ? y : 0), REAL(x < 0 ? x : 1)},
    {"where_both", TILE(where(x < 1, x *x, x *y) * y), REAL((x < 1 ? x * x : x * y) * y), REAL((x < 1 ? 2 * x : y) * y),
     REAL(x < 1 ? x * x : 2 * x * y)},
    {"where_nested", TILE(where(x < 0, where(y < 1, x, x *y), where(y < 1, y * 2, exp(x)))),
     REAL(x < 0 ? (y < 1 ? x : x * y) : (y < 1 ? y * 2 : std::exp(x))),
     REAL(x < 0 ? (y < 1 ? 1 : y) : (y < 1 ? 0 : std::exp(x))), REAL(x < 0 ? (y < 1 ? 0 : x) : (y < 1 ? 2 : 0))},
    {"mask", TILE(x * (x < 1).to(f32) * y), REAL(x < 1 ? x * y : 0), REAL(x < 1 ? y : 0), REAL(x < 1 ? x : 0)},
    {"exp", TILE(exp(x * y)), REAL(std::exp(x * y)), REAL(y * std::exp(x * y)), REAL(x * std::exp(x * y)), -2, 1},
    {"exp2", TILE(exp2(x) * y), REAL(std::exp2(x) * y), REAL(std::numbers::ln2 * std::exp2(x) * y), REAL(std::exp2(x))},
    {"log", TILE(log(x) * y), REAL(std::log(x) * y), REAL(y / x), REAL(std::log(x)), 0.01, 9},
    {"log2", TILE(log2(x) * y), REAL(std::log2(x) * y), REAL(y / x * std::numbers::log2e), REAL(std::log2(x)), 0.01, 9},
    {"log1p", TILE(log1p(x) * y), REAL(std::log1p(x) * y), REAL(y / (1 + x)), REAL(std::log1p(x)), -0.9, 9},
    {"sqrt", TILE(sqrt(x) * y), REAL(std::sqrt(x) * y), REAL(y / 2 / std::sqrt(x)), REAL(std::sqrt(x)), 0.01, 9},
    {"rsqrt", TILE(rsqrt(x) * y), REAL(y / std::sqrt(x)), REAL(-y / 2 / x / std::sqrt(x)), REAL(1 / std::sqrt(x)), 0.1,
     9},
    {"tanh", TILE(tanh(x) * y), REAL(std::tanh(x) * y), REAL(y / std::cosh(x) / std::cosh(x)), REAL(std::tanh(x))},
    {"erf", TILE(erf(x) * y), REAL(std::erf(x) * y), REAL(2 * y * std::numbers::inv_sqrtpi * std::exp(-x * x)),
     REAL(std::erf(x))},
    {"sigmoid", TILE(sigmoid(x) * y), REAL(sig(x) * y), REAL(dsig(x) * y), REAL(sig(x)), -9, 9},
    {"pow_both", TILE(pow(x, y)), REAL(std::pow(x, y)), REAL(y * std::pow(x, y - 1)),
     REAL(std::pow(x, y) * std::log(x)), 0.05, 5},
    {"pow_number", TILE(pow(x, 2.5f) * y), REAL(std::pow(x, 2.5) * y), REAL(2.5 * std::pow(x, 1.5) * y),
     REAL(std::pow(x, 2.5)), 0.05, 5},
    {"pow_cube", TILE(pow(x, 3) * y), REAL(x * x * x * y), REAL(3 * x * x * y), REAL(x * x * x)},
    {"pow_fourth", TILE(pow(x, 4) * y), REAL(x * x * x * x * y), REAL(4 * x * x * x * y), REAL(x * x * x * x)},
    {"pow_fifth", TILE(pow(x, 5) * y), REAL(std::pow(x, 5) * y), REAL(5 * std::pow(x, 4) * y), REAL(std::pow(x, 5))},
    {"number_pow", TILE(pow(2.f, x) * y), REAL(std::exp2(x) * y), REAL(std::numbers::ln2 * std::exp2(x) * y),
     REAL(std::exp2(x))},
    {"conversions", TILE(min((x * 2).to(bf16), y.to(bf16)).to(f32) * 0 + (x * y)), REAL(x * y), REAL(y), REAL(x)},

    {"silu", TILE(x * sigmoid(x) + y), REAL(x * sig(x) + y), REAL(sig(x) + x * dsig(x)), REAL(1), -9, 9},
    {"swiglu", TILE(x * sigmoid(x) * y), REAL(x * sig(x) * y), REAL((sig(x) + x * dsig(x)) * y), REAL(x * sig(x)), -9,
     9},
    {"log_sigmoid", TILE(where(x < -16, x, -log1p(exp(-x))) / y), REAL((x < -16 ? x : -std::log1p(std::exp(-x))) / y),
     REAL((x < -16 ? 1 : sig(-x)) / y), REAL(-(x < -16 ? x : -std::log1p(std::exp(-x))) / y / y), -100, 20},
    {"geglu_tanh", TILE(gelu_tanh(x) * y), REAL(0.5 * x * (1 + std::tanh(gelu_inner(x))) * y),
     REAL(y * 0.5 *
          (1 + std::tanh(gelu_inner(x)) +
           x * kGelu * (1 + 3 * 0.044715 * x * x) / std::cosh(gelu_inner(x)) / std::cosh(gelu_inner(x)))),
     REAL(0.5 * x * (1 + std::tanh(gelu_inner(x))))},
    {"geglu_erf", TILE(x * 0.5 * (erf(x * (1 / std::numbers::sqrt2)) + 1) * y), REAL(x * phi(x) * y),
     REAL((phi(x) + x * bell(x)) * y), REAL(x * phi(x))},
    {"powglu", TILE(where(x > 0, pow(x, 3 / (sqrt(x) + 1)), x) * sigmoid(x) * y), powglu, powglu_by_x,
     REAL(powglu(x, 1)), -9, 9},
    {"only_x", TILE(exp(x) + 0 * y), REAL(std::exp(x)), REAL(std::exp(x)), zero},
};

/// 512 numbers from `from` to `to`, none of them at a kink of the functions above.
std::vector<float> grid(double from, double to) {
  std::vector<float> x;
  for (int i = 0; i < 512; ++i) x.push_back(float(from + (to - from) * (i + 0.37) / 512));
  return x;
}

struct Sample {
  std::vector<float> x, y, dz;
};
Sample sample_of(const Function &f) {
  Sample s{grid(f.from, f.to), {}, {}};
  for (size_t i = 0; i < s.x.size(); ++i) {
    s.y.push_back(float(0.3 + double(i * 7919 % 509) / 254.5));
    s.dz.push_back(float(double(i * 104729 % 997) / 250 - 2));
  }
  return s;
}

TEST(GradientOracle, AgreesWithCentralDifferences) {
  for (const Function &f : kFunctions) {
    Sample s = sample_of(f);
    for (size_t i = 0; i < s.x.size(); ++i) {
      double x = s.x[i], y = s.y[i], h = 1e-5 * std::max(std::abs(x), 0.1), t = 1e-5 * y;
      if (std::abs(x - y) < 1e-3) continue; // next to the kink of min and max
      double by_x = (f.value(x + h, y) - f.value(x - h, y)) / (2 * h);
      double by_y = (f.value(x, y + t) - f.value(x, y - t)) / (2 * t);
      EXPECT_NEAR(f.by_x(x, y), by_x, 1e-6 * (1 + std::abs(by_x))) << f.name << " by x at " << x << ", " << y;
      EXPECT_NEAR(f.by_y(x, y), by_y, 1e-6 * (1 + std::abs(by_y))) << f.name << " by y at " << x << ", " << y;
    }
  }
}

class Gradient : public testing::TestWithParam<std::tuple<std::string, Function>> {};

TEST_P(Gradient, IsTheDerivative) {
  const auto &[device, f] = GetParam();
  MACHINE_OR_SKIP(device);
  Sample s = sample_of(f);
  auto body = [tile = f.tile](const std::vector<Tile> &in) {
    std::vector<Tile> both = gradient(tile(in[0], in[1]), {in[0], in[1]}, in[2]);
    both.push_back(gradient(tile(in[0], in[1]), in[0], in[2]));
    return both;
  };
  Columns got = map(machine, body, {s.x, s.y, s.dz});
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0], got[2]) << "one alone, and with the other";
  for (size_t i = 0; i < s.x.size(); ++i) {
    double x = s.x[i], y = s.y[i], dz = s.dz[i], by_x = f.by_x(x, y) * dz, by_y = f.by_y(x, y) * dz;
    EXPECT_NEAR(got[0][i], by_x, 2e-6 * (1 + 3 * std::abs(by_x))) << "by x at " << x << ", " << y;
    EXPECT_NEAR(got[1][i], by_y, 2e-6 * (1 + 3 * std::abs(by_y))) << "by y at " << x << ", " << y;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, Gradient,
                         testing::Combine(testing::Values("host", "simt", "cuda"), testing::ValuesIn(kFunctions)),
                         [](const auto &info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param).name; });

// ---- Kinks, limits, shapes ------------------------------------------------------------------------------------------

class GradientOn : public testing::TestWithParam<std::string> {};

TEST_P(GradientOn, KinksFollowTheConventions) {
  MACHINE_OR_SKIP(GetParam());
  auto body = [](const std::vector<Tile> &in) {
    const Tile &x = in[0], &y = in[1], one = x * 0 + 1;
    std::vector<Tile> out = gradient(max(x, y), {x, y}, one);
    for (const Tile &t : gradient(min(x, y), {x, y}, one)) out.push_back(t);
    for (const Tile &z : {abs(x), max(x, 0.f), min(x, 0.f), max(x, x), max(y, x)}) out.push_back(gradient(z, x, one));
    return out;
  };
  Columns got = map(machine, body, {{0, 0, 2, -0.f}, {0, 1, 2, 0}});
  const Columns want = {
      {0.5f, 0, 0.5f, 0.5f}, {0.5f, 1, 0.5f, 0.5f}, // max
      {0.5f, 1, 0.5f, 0.5f}, {0.5f, 0, 0.5f, 0.5f}, // min
      {0, 0, 1, 0},          {0, 0, 1, 0},          {0, 0, 0, 0}, {1, 1, 1, 1}, {0, 0, 0, 0},
  };
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got[i], want[i]) << "output " << i;
}

TEST_P(GradientOn, WhatWhereDoesNotChooseAddsNothing) {
  MACHINE_OR_SKIP(GetParam());
  auto body = [](const std::vector<Tile> &in) {
    const Tile &x = in[0], &dy = in[1];
    return std::vector<Tile>{
        gradient(where(x > 0, sqrt(x), 0.f), x, dy),
        gradient(where(x > 0, sqrt(x) * log(x), x * 3), x, dy),
        gradient(where(x > 0, pow(x, 3 / (sqrt(x) + 1)), x) * x, x, dy),
        gradient(where(x < -16, x, -log1p(exp(-x))), x, dy),
    };
  };
  Columns got = map(machine, body, {{0, -1, -1e5f, 4}, {1, 1, 1, 1}});
  const float log4 = std::log(4.f), by_pow = 4 * (-3.f / 9 / 4 * log4 + 1.f / 4) * 4 + 4;
  EXPECT_EQ(got[0], (std::vector<float>{0, 0, 0, 0.25f}));
  EXPECT_EQ(std::vector(got[1].begin(), got[1].end() - 1), (std::vector<float>{3, 3, 3}));
  EXPECT_NEAR(got[1][3], log4 / 4 + 0.5f, 1e-6);
  EXPECT_EQ(std::vector(got[2].begin(), got[2].end() - 1), (std::vector<float>{0, -2, -2e5f}));
  EXPECT_NEAR(got[2][3], by_pow, 1e-5);
  EXPECT_NEAR(got[3][0], 0.5, 1e-6);
  EXPECT_NEAR(got[3][1], sig(1), 1e-6);
  EXPECT_EQ(got[3][2], 1);
}

TEST_P(GradientOn, PowersOfZeroAreAsInTheLimit) {
  MACHINE_OR_SKIP(GetParam());
  auto body = [](const std::vector<Tile> &in) { return gradient(pow(in[0], in[1]), {in[0], in[1]}, in[0] * 0 + 1); };
  Columns got = map(machine, body, {{0, 0, 0, -2, -2}, {0, 1, 2, 3, 0}});
  EXPECT_EQ(std::vector(got[0].begin(), got[0].end()), (std::vector<float>{0, 1, 0, 12, 0}));
  EXPECT_EQ(std::vector(got[1].begin(), got[1].begin() + 3), (std::vector<float>{0, 0, 0}));
  EXPECT_TRUE(std::isnan(got[1][3]));
}

TEST_P(GradientOn, ExtremesStayFinite) {
  MACHINE_OR_SKIP(GetParam());
  auto body = [](const std::vector<Tile> &in) {
    const Tile &x = in[0], &dy = in[1];
    return std::vector<Tile>{gradient(sigmoid(x), x, dy), gradient(x * sigmoid(x), x, dy), gradient(tanh(x), x, dy),
                             gradient(gelu_tanh(x), x, dy), gradient(erf(x), x, dy)};
  };
  Columns got = map(machine, body, {{-3e4f, -1000, 1000, 3e4f}, {1, 1, 1, 1}});
  for (size_t i : {0, 2, 4}) EXPECT_EQ(got[i], (std::vector<float>{0, 0, 0, 0})) << "output " << i;
  for (size_t i : {1, 3}) EXPECT_EQ(got[i], (std::vector<float>{0, 0, 1, 1})) << "output " << i;
  got = map(machine, body, {{kNan, kInf}, {1, 1}});
  for (const auto &column : got) EXPECT_TRUE(std::isnan(column[0]));
}

/// z = (bias[1, 64] + x[8, 64]) * scale[8] * w, w of rank 0: sums over rows, over columns, over both, and over nothing.
TEST_P(GradientOn, BroadcastsAreSummed) {
  MACHINE_OR_SKIP(GetParam());
  constexpr int64_t kRows = 8, kCols = 64;
  KernelBuilder k("outer", {.warps = 4});
  auto in = [&](const char *name, std::vector<int64_t> shape) {
    return k.input(name, f32, {shape.begin(), shape.end()}).load(std::vector<Index>(shape.size(), 0), shape);
  };
  Tile x = in("x", {kRows, kCols}), bias = in("bias", {1, kCols}), scale = in("scale", {kRows}),
       w = sum(in("w", {1}), Axis(0));
  Tile dz = in("dz", {kRows, kCols});
  Tile z = (bias + x) * scale.expand(Axis(1)) * w;
  std::vector<Tile> grads = gradient(z, {x, bias, scale, w}, dz);
  EXPECT_EQ(grads[3].rank(), 0);
  grads[3] = grads[3].expand(Axis(0));
  const char *names[] = {"dx", "dbias", "dscale", "dw"};
  for (size_t i = 0; i < 4; ++i) {
    const std::vector<int64_t> &shape = grads[i].shape();
    k.output(names[i], f32, {shape.begin(), shape.end()}).store(std::vector<Index>(shape.size(), 0), grads[i]);
  }

  tile::runtime::Device &device = machine.device();
  auto executable = device.load(compile(k.finish(), device.target()));
  tile::runtime::Arguments args(executable->artifact());
  std::map<std::string, tile::runtime::Buffer> buffers;
  auto bind = [&](const std::string &name, size_t n) {
    tile::runtime::Buffer &b = buffers[name] = device.allocate(n * sizeof(float));
    args.set(name, static_cast<const void *>(b.data()));
    return b.data();
  };
  auto number = [](size_t i, size_t salt) { return double((i * 37 + salt * 11) % 23) / 8 - 1.25; }; // exact in f32
  std::map<std::string, std::vector<double>> v;
  for (auto [name, n] : {std::pair{"x", 512}, {"bias", 64}, {"scale", 8}, {"w", 1}, {"dz", 512}}) {
    std::vector<float> column;
    for (int i = 0; i < n; ++i) column.push_back(float(number(size_t(i), size_t(name[0]))));
    v[name].assign(column.begin(), column.end());
    device.upload(bind(name, size_t(n)), column.data(), size_t(n) * sizeof(float));
  }
  for (auto [name, n] : {std::pair{"dx", 512}, {"dbias", 64}, {"dscale", 8}, {"dw", 1}}) bind(name, size_t(n));
  executable->launch(machine.stream(), {1}, args.block());
  machine.stream().synchronize();

  std::map<std::string, std::vector<double>> want = {{"dx", std::vector<double>(512)},
                                                     {"dbias", std::vector<double>(64)},
                                                     {"dscale", std::vector<double>(8)},
                                                     {"dw", {0}}};
  for (size_t r = 0; r < kRows; ++r)
    for (size_t c = 0; c < kCols; ++c) {
      double d = v["dz"][r * kCols + c], s = v["scale"][r], o = v["w"][0], sum = v["bias"][c] + v["x"][r * kCols + c];
      want["dx"][r * kCols + c] = d * s * o;
      want["dbias"][c] += d * s * o;
      want["dscale"][r] += d * sum * o;
      want["dw"][0] += d * sum * s;
    }
  for (const auto &[name, truth] : want) {
    std::vector<float> got(truth.size());
    device.download(got.data(), buffers[name].data(), got.size() * sizeof(float));
    for (size_t i = 0; i < truth.size(); ++i) EXPECT_NEAR(got[i], truth[i], 2e-4) << name << '[' << i << ']';
  }
}

INSTANTIATE_TEST_SUITE_P(All, GradientOn, testing::Values("host", "simt", "cuda"));

} // namespace
} // namespace fla::test
