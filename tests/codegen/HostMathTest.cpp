// Every math function on the host against the C library in double precision, in units in the last place. The bounds are
// those that compiler/targets/Math.h states.
#include "tests/codegen/Lower.h"

#include <bit>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>

namespace tile::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// y = op(x), one vector a program.
std::vector<float> apply(const std::string &op, std::vector<float> x, const Target &target) {
  HostKernel kernel(fill(R"(
    func.func @map(%x: !tile.ptr<f32>, %y: !tile.ptr<f32>) attributes {tile.kernel} {
      %p = tile.program_id 0
      %w = arith.constant $W : index
      %base = arith.muli %p, %w : index
      %v = lane.load contiguous %x[%base] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index) -> vector<$Wxf32>
      %r = math.$OP %v : vector<$Wxf32>
      lane.store contiguous %r to %y[%base] {align = 4 : i64, offset = 0 : i64} : vector<$Wxf32>, !tile.ptr<f32>, index
      return
    })",
                         target, op),
                    target);
  size_t lanes = size_t(target.lanes), n = x.size();
  x.resize((n + lanes - 1) / lanes * lanes);
  std::vector<float> y(x.size());
  struct {
    const float *x;
    float *y;
  } args{x.data(), y.data()};
  kernel.run(&args, int64_t(x.size() / lanes));
  y.resize(n);
  return y;
}

/// Distance in the spacing of floats around the true value; subnormals count in their own spacing.
double ulps(float got, double truth) {
  float rounded = float(truth);
  if (std::isinf(rounded) || std::isnan(rounded))
    return got == rounded || (std::isnan(got) && std::isnan(rounded)) ? 0 : kInf;
  int exponent = std::max(std::ilogb(truth == 0 ? 0x1p-149 : truth), -126);
  return std::abs(double(got) - truth) / std::ldexp(1.0, exponent - 23);
}

struct Function {
  std::string op;
  double (*truth)(double);
  float from, to; ///< tested between them, and between their negatives where `both`
  bool both;
  double bound; ///< ulps
};

void PrintTo(const Function &f, std::ostream *os) {
  *os << f.op;
}

struct HostMath : testing::TestWithParam<Function> {};

/// About a million floats, evenly spread over their bit patterns: as many in every binade.
std::vector<float> sample(const Function &f) {
  std::vector<float> x;
  uint32_t first = std::bit_cast<uint32_t>(f.from), last = std::bit_cast<uint32_t>(f.to);
  uint32_t step = std::max<uint32_t>((last - first) / 1000003, 1);
  for (uint64_t bits = first; bits <= last; bits += step) {
    x.push_back(std::bit_cast<float>(uint32_t(bits)));
    if (f.both) x.push_back(-x.back());
  }
  return x;
}

TEST_P(HostMath, StaysWithinItsBound) {
  const Function &f = GetParam();
  std::vector<float> x = sample(f);
  EXPECT_GT(x.size(), 1000000u);
  for (const Target &target : vectorMachines()) {
    std::vector<float> y = apply(f.op, x, target);
    double worst = 0;
    float where = 0;
    for (size_t i = 0; i < x.size(); ++i)
      if (double u = ulps(y[i], f.truth(double(x[i]))); !(u <= worst)) worst = u, where = x[i];
    RecordProperty("worst_ulps_" + std::to_string(target.lanes) + "_lanes", std::to_string(worst));
    // Without fused multiply-add the products of a polynomial are rounded too.
    EXPECT_LE(worst, f.bound * (target.baseline ? 4.0 / 3 : 1)) << f.op << " at " << where << " on " << target.arch;
  }
}

double rsqrtTruth(double x) {
  return 1 / std::sqrt(x);
}

INSTANTIATE_TEST_SUITE_P(
    All, HostMath,
    testing::Values(Function{"exp", std::exp, 0, 110, true, 1}, Function{"exp2", std::exp2, 0, 160, true, 1},
                    Function{"log", std::log, 0x1p-149f, 3e38f, false, 1}, Function{"log", std::log, 0.5f, 2, false, 1},
                    Function{"log2", std::log2, 0x1p-149f, 3e38f, false, 1.5},
                    Function{"log2", std::log2, 0.5f, 2, false, 1.5}, Function{"log1p", std::log1p, 0, 3e38f, false, 2},
                    Function{"log1p", std::log1p, 0, 0.99999994f, true, 2},
                    Function{"tanh", std::tanh, 0, 20, true, 1.5}, Function{"erf", std::erf, 0, 6, true, 1.5},
                    Function{"rsqrt", rsqrtTruth, 0x1p-149f, 3e38f, false, 1.5},
                    Function{"sqrt", std::sqrt, 0, 3e38f, false, 0.5001}),
    [](const auto &info) { return info.param.op + std::to_string(info.index); });

/// Bit patterns are compared, so that -0 is not 0; NaN is any NaN.
void expectExactly(const std::string &op, std::vector<std::pair<float, float>> cases) {
  std::vector<float> x;
  for (auto [in, out] : cases) x.push_back(in);
  for (const Target &target : vectorMachines()) {
    std::vector<float> y = apply(op, x, target);
    for (size_t i = 0; i < x.size(); ++i) {
      float want = cases[i].second;
      bool same = std::isnan(want) ? std::isnan(y[i]) : std::bit_cast<int>(y[i]) == std::bit_cast<int>(want);
      EXPECT_TRUE(same) << op << "(" << x[i] << ") = " << y[i] << ", not " << want << " on " << target.arch;
    }
  }
}

TEST(HostMathLimits, AreThoseOfC) {
  expectExactly("exp", {{-kInf, 0}, {kInf, kInf}, {kNan, kNan}, {0, 1}, {-0.f, 1}, {1000, kInf}, {-1000, 0}});
  expectExactly("exp2",
                {{-kInf, 0}, {kInf, kInf}, {kNan, kNan}, {0, 1}, {-149, 0x1p-149f}, {127, 0x1p127f}, {128, kInf}});
  expectExactly("log", {{0, -kInf}, {-0.f, -kInf}, {kInf, kInf}, {-kInf, kNan}, {-1, kNan}, {kNan, kNan}, {1, 0}});
  expectExactly("log2", {{0, -kInf}, {kInf, kInf}, {-1, kNan}, {kNan, kNan}, {1, 0}, {8, 3}, {0x1p-149f, -149}});
  expectExactly(
      "log1p",
      {{-1, -kInf}, {kInf, kInf}, {-2, kNan}, {-kInf, kNan}, {kNan, kNan}, {0, 0}, {-0.f, -0.f}, {1e-30f, 1e-30f}});
  expectExactly("tanh", {{kInf, 1}, {-kInf, -1}, {kNan, kNan}, {0, 0}, {-0.f, -0.f}, {100, 1}, {-3e38f, -1}});
  expectExactly("erf", {{kInf, 1}, {-kInf, -1}, {kNan, kNan}, {0, 0}, {-0.f, -0.f}, {10, 1}, {-3e38f, -1}});
  expectExactly("rsqrt", {{kInf, 0}, {0, kInf}, {-1, kNan}, {kNan, kNan}, {4, 0.5f}});
}

} // namespace
} // namespace tile::test
