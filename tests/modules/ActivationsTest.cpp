// activations without their kernels: the truth against finite differences, the host's reference against the truth, what
// a case says of itself.
#include "modules/activations/problem.h"
#include "modules/common/Compare.h"
#include "modules/common/Inputs.h"
#include "tests/modules/Candidates.h"
#include "tests/modules/Truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace fla;
using namespace fla::test;
using activations::Activation;
using activations::ActivationProblem;
using activations::Options;
using testing::HasSubstr;

namespace {

class Activations : public testing::TestWithParam<std::string> {
protected:
  const Activation &op() const { return activations::activation_named(GetParam()); }
  ActivationProblem problem(Pass pass, int64_t rows, int64_t cols, DType dtype = tile::f32, Options o = {}) const {
    return {op(), dtype, pass, rows, cols, std::move(o)};
  }
  /// What people do with the op's memory.
  std::vector<Options> options(int64_t cols) const {
    std::vector<Options> all(3);
    all[1].strides = {{"x", cols + 3}, {op().gated() ? "dz" : "dy", 2 * cols}};
    all[2].temperature = op().scaled() ? 0.25 : 1;
    if (op().gated()) {
      all.resize(5);
      all[3].packed = true;
      all[4].again = true;
    }
    return all;
  }
};

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const Activation &a : activations::activations()) out.emplace_back(a.op);
  return out;
}
INSTANTIATE_TEST_SUITE_P(, Activations, testing::ValuesIn(names()), [](const auto &info) { return info.param; });

TEST_P(Activations, OracleGradientsAreThoseOfItsForward) {
  for (const Options &o : options(5)) {
    if (!o.strides.empty()) continue; // x and dx then differ in shape
    const ActivationProblem p = problem(Pass::FwdBwd, 6, 5, tile::f32, o);
    std::map<std::string, std::string> gradients;
    for (const std::string &input : p.forward_inputs())
      gradients.emplace(p.placement(input).tensor, p.placement("d" + input).tensor);
    if (op().biased()) gradients.emplace("b", "db");
    expect_gradients(p, {{p.forward_output(), "d" + p.forward_output()}}, gradients);
  }
}

/// Known values of the functions, from their definitions by other means.
TEST_P(Activations, OracleKnowsItsLimits) {
  // x, f(x)
  const std::map<std::string, std::vector<std::pair<double, double>>> known = {
      {"sigmoid", {{-1e4, 0}, {0, 0.5}, {1e4, 1}}},
      {"logsigmoid", {{-1e4, -1e4}, {0, -std::log(2.0)}, {1e4, 0}}},
      {"swish", {{-1e4, 0}, {1, 1 / (1 + std::exp(-1.0))}, {1e4, 1e4}}},
      {"gelu", {{-1e4, 0}, {1, 0.5 * (1 + std::tanh(std::sqrt(2 / M_PI) * 1.044715))}, {1e4, 1e4}}},
      {"gelu_erf", {{-1e4, 0}, {1, 0.84134474606854293}, {1e4, 1e4}}},
      {"bias_gelu", {{-1e4, 0}, {1e4, 1e4}}},
      {"sqrelu", {{-1e4, 0}, {3, 9}}},
      {"swiglu", {{-1e4, 0}, {1e4, 1e4}}},
      {"sigmoidglu", {{-1e4, 0}, {1e4, 1}}},
      {"geglu", {{-1e4, 0}, {1e4, 1e4}}},
      {"reglu", {{-1e4, 0}, {3, 3}}},
      {"powglu", {{-1e4, 0}, {4, 4 / (1 + std::exp(-4.0))}}}, // the exponent is 1 there
  };
  for (const auto &[x, y] : known.at(GetParam())) EXPECT_NEAR(op().value(x), y, 1e-15 * std::fabs(y)) << x;
  EXPECT_TRUE(std::isnan(op().value(NAN)));
  EXPECT_TRUE(std::isfinite(op().derivative(-1e4)) && std::isfinite(op().derivative(1e4)));
}

TEST_P(Activations, HostReferenceIsRight) {
  struct Shape {
    int64_t rows, cols;
  };
  for (DType dtype : {tile::bf16, tile::f16, tile::f32})
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
      for (const Shape &shape : {Shape{0, 8}, Shape{1, 1}, Shape{7, 50}, Shape{3, 1}, Shape{129, 257}, Shape{3, 2000}})
        for (const Options &o : options(shape.cols)) {
          SCOPED_TRACE(std::string(name_of(dtype)) + " " + std::string(name_of(pass)) + " " +
                       std::to_string(shape.rows) + "x" + std::to_string(shape.cols) + (o.packed ? " packed" : "") +
                       (o.again ? " again" : "") + (o.strides.empty() ? "" : " strided"));
          const ActivationProblem p = problem(pass, shape.rows, shape.cols, dtype, o);
          expect_host_reference_is_right(p, 42);
          expect_cuda_steps_are_sound(p);
        }
}

// The tolerances must be able to tell a wrong kernel from a right one.
TEST_P(Activations, ToleranceOfF32CatchesASlopeThatIsATenThousandthOff) {
  const ActivationProblem p = problem(Pass::FwdBwd, 64, 64);
  const Doubles in = make_inputs(p, 3), expected = truth(p, in);
  std::vector<float> dx;
  for (double x : expected.at("dx")) dx.push_back(float(x * 1.0001));
  EXPECT_FALSE(compare(tile::f32, dx.data(), expected.at("dx"), p.tolerance("dx")).ok());
  const std::string out = p.forward_output();
  std::vector<float> value;
  for (double y : expected.at(out)) value.push_back(float(y * 1.0001));
  EXPECT_FALSE(compare(tile::f32, value.data(), expected.at(out), p.tolerance(out)).ok());
}

TEST_P(Activations, BytesAreEachElementOnce) {
  const int64_t n = 128, d = 64, bias = op().biased() ? 1 : 0;
  const int64_t forward = op().gated() ? 3 : 2, backward = op().gated() ? 5 : 3;
  EXPECT_EQ(problem(Pass::Fwd, n, d, tile::bf16).bytes(), 2 * (forward * n + bias) * d);
  EXPECT_EQ(problem(Pass::Bwd, n, d, tile::bf16).bytes(), 2 * (backward * n + 2 * bias) * d);
  if (!op().gated()) return;
  Options o;
  o.packed = o.again = true; // packing moves no more, z again does
  EXPECT_EQ(problem(Pass::Bwd, n, d, tile::bf16, o).bytes(), 2 * 6 * n * d);
}

TEST_P(Activations, CandidatesBuildForEveryKindOfCase) {
  for (auto kind : {tile::Target::Kind::Nvvm, tile::Target::Kind::Simd})
    for (int64_t cols : {1, 3, 50, 1024, 1201, 40000})
      for (int64_t rows : {0, 1, 1000})
        for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
          for (const Options &o : options(cols)) {
            SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(cols) + " " + std::string(name_of(pass)));
            expect_candidates_build(problem(pass, rows, cols, tile::bf16, o), machine_of(kind));
          }
}

TEST_P(Activations, WithoutRowsOnlyTheBiasGradientIsWritten) {
  const auto launches = [&](Pass pass) {
    return problem(pass, 0, 100).candidates(machine_of(tile::Target::Kind::Nvvm), {}).front().launches.size();
  };
  EXPECT_EQ(launches(Pass::Fwd), 0u);
  EXPECT_EQ(launches(Pass::Bwd), op().biased() ? 1u : 0u);
}

std::string refusal(std::string_view op, const Case &c, DType dtype) {
  try {
    module_named("activations").problem(op, Pass::Fwd, c, dtype);
  } catch (const tile::UserError &error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ActivationsModule, RefusesWhatIsOutOfRange) {
  EXPECT_THAT(refusal("swish", {{"N", 1}, {"D", 0}}, tile::bf16), HasSubstr("D=0 is out of range; accepted: 1 to"));
  EXPECT_THAT(refusal("swiglu", {{"N", int64_t(1) << 31}, {"D", 1}}, tile::bf16), HasSubstr("N=2147483648 is out of"));
  EXPECT_THAT(refusal("gelu", {{"N", 1 << 30}, {"D", 1 << 20}}, tile::bf16), HasSubstr("more elements than"));
  EXPECT_THAT(refusal("gelu", {{"N", 1}, {"D", 1}}, tile::i32), HasSubstr("dtype i32"));
  EXPECT_THAT(refusal("mish", {{"N", 1}, {"D", 1}}, tile::f32), HasSubstr("sigmoid, logsigmoid, swish, gelu"));
  EXPECT_THAT(refusal("swish", {{"N", 1}, {"D", 1}}, tile::f32), HasSubstr("nothing was thrown"));
}

TEST(ActivationsModule, GridsHoldCasesThatItAccepts) {
  const Module &module = module_named("activations");
  for (const OpInfo &op : module.ops()) {
    for (const char *grid : {"quick", "fla"})
      for (const Case &c : module.cases(op.name, grid))
        EXPECT_NO_THROW(module.problem(op.name, Pass::Bwd, Case::parse(c.str(), op.keys), tile::bf16)) << c.str();
    EXPECT_EQ(module.cases(op.name, "fla").front().str(), "N=2048,D=1024");
    EXPECT_EQ(module.cases(op.name, "fla").back().str(), "N=32768,D=4096");
    EXPECT_EQ(module.cases(op.name, "fla").size(), 15u);
    EXPECT_THROW(module.cases(op.name, "slow"), tile::UserError);
  }
}

} // namespace
