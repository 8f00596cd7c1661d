// layernorm without its kernels: the truth against finite differences, the host's reference against the truth, what a
// case says of itself.
#include "modules/common/Compare.h"
#include "modules/common/Inputs.h"
#include "modules/common/Problem.h"
#include "modules/layernorm/problem.h"
#include "tests/modules/Truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace fla;
using namespace fla::test;

namespace {

layernorm::NormProblem norm(bool centered, Pass pass, int64_t rows, int64_t cols, DType dtype = tile::f32) {
  using layernorm::NormSpec;
  return {centered ? NormSpec::layer_norm(dtype, cols) : NormSpec::rms_norm(dtype, cols), pass, rows};
}

struct Shape {
  int64_t rows, cols;
};

class Norms : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, Norms, testing::Bool(),
                         [](const auto &info) { return info.param ? "layer_norm" : "rms_norm"; });

// d(sum(y * dy)) by central differences, in every input element.
TEST_P(Norms, OracleGradientsAreThoseOfItsForward) {
  for (const Shape shape : {Shape{3, 7}, Shape{1, 2}, Shape{2, 1}, Shape{5, 33}}) {
    expect_gradients(norm(GetParam(), Pass::FwdBwd, shape.rows, shape.cols), {{"y", "dy"}},
                     {{"x", "dx"}, {"w", "dw"}, {"b", "db"}});
  }
}

TEST_P(Norms, OracleNormalises) {
  const auto problem = norm(GetParam(), Pass::Fwd, 4, 1000);
  Doubles in = make_inputs(problem, 5);
  in.at("w").assign(1000, 1);
  if (GetParam()) in.at("b").assign(1000, 0);
  const Doubles out = truth(problem, in);
  for (size_t row = 0; row < 4; ++row) {
    double mean = 0, square = 0;
    for (size_t j = 0; j < 1000; ++j) {
      mean += out.at("y")[row * 1000 + j] / 1000;
      square += out.at("y")[row * 1000 + j] * out.at("y")[row * 1000 + j] / 1000;
    }
    if (GetParam()) EXPECT_NEAR(mean, 0, 1e-12);
    EXPECT_NEAR(square, 1, 1e-4); // eps keeps it a little below
  }
}

TEST_P(Norms, OracleOfABackwardUsesTheStatisticsItIsGiven) {
  const auto problem = norm(GetParam(), Pass::Bwd, 3, 8);
  Doubles in = make_inputs(problem, 5);
  const Doubles before = truth(problem, in);
  for (double &rstd : in.at("rstd")) rstd *= 2;
  const Doubles after = truth(problem, in);
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(after.at("dw")[i], 2 * before.at("dw")[i], 1e-12);
}

TEST_P(Norms, HostReferenceIsRight) {
  const Shape shapes[] = {{1, 1},    {3, 1},     {1, 1000},  {5, 2},     {7, 50},
                          {64, 768}, {33, 1200}, {129, 257}, {2, 40000}, {3000, 24}};
  for (DType dtype : {tile::bf16, tile::f16, tile::f32})
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
      for (const Shape &shape : shapes) {
        SCOPED_TRACE(std::string(name_of(dtype)) + " " + std::string(name_of(pass)) + " " + std::to_string(shape.rows) +
                     "x" + std::to_string(shape.cols));
        expect_host_reference_is_right(norm(GetParam(), pass, shape.rows, shape.cols, dtype), 42);
      }
}

TEST_P(Norms, WithoutRowsTheWeightGradientsAreZero) {
  for (Pass pass : {Pass::Bwd, Pass::FwdBwd}) {
    const auto problem = norm(GetParam(), pass, 0, 100, tile::bf16);
    const Doubles out = truth(problem, make_inputs(problem, 1));
    EXPECT_EQ(out.at("dw"), std::vector<double>(100, 0.0));
    expect_host_reference_is_right(problem, 1);
  }
}

// The tolerances must be able to tell a wrong kernel from a right one: a variance over D-1 instead of D is wrong.
TEST_P(Norms, ToleranceOfF32CatchesAVarianceOverOneColumnLess) {
  for (int64_t cols : {16, 1024, 4096}) {
    const auto problem = norm(GetParam(), Pass::Fwd, 16, cols);
    const Doubles in = make_inputs(problem, 3);
    const Doubles expected = truth(problem, in);
    std::vector<float> rstd;
    for (double r : expected.at("rstd")) rstd.push_back(float(r * std::sqrt(double(cols - 1) / double(cols))));
    EXPECT_FALSE(compare(tile::f32, rstd.data(), expected.at("rstd"), problem.tolerance("rstd")).ok()) << cols;
  }
}

TEST_P(Norms, BytesAreEachTensorOnce) {
  const int64_t n = 128, d = 64, stats = GetParam() ? 2 : 1, vectors = GetParam() ? 2 : 1;
  EXPECT_EQ(norm(GetParam(), Pass::Fwd, n, d, tile::bf16).bytes(), 2 * (2 * n * d + vectors * d) + 4 * stats * n);
  EXPECT_EQ(norm(GetParam(), Pass::Bwd, n, d, tile::bf16).bytes(), 2 * (3 * n * d + (1 + vectors) * d) + 4 * stats * n);
}

TEST_P(Norms, CudaStepsNameTensorsThatExist) {
  for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
    for (const Shape shape : {Shape{0, 8}, Shape{1, 1}, Shape{4096, 1024}, Shape{1 << 20, 1}, Shape{1, 1 << 20}})
      expect_cuda_steps_are_sound(norm(GetParam(), pass, shape.rows, shape.cols, tile::f16));
}

std::string refusal(std::string_view op, const Case &c, DType dtype) {
  try {
    module_named("layernorm").problem(op, Pass::Fwd, c, dtype);
  } catch (const tile::UserError &error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(LayernormModule, RefusesWhatIsOutOfRange) {
  using testing::HasSubstr;
  EXPECT_THAT(refusal("layer_norm", {{"N", 1}, {"D", 0}}, tile::bf16),
              HasSubstr("D=0 is out of range; accepted: 1 to"));
  EXPECT_THAT(refusal("rms_norm", {{"N", int64_t(1) << 31}, {"D", 1}}, tile::bf16),
              HasSubstr("N=2147483648 is out of"));
  EXPECT_THAT(refusal("rms_norm", {{"N", 1 << 30}, {"D", 1 << 20}}, tile::bf16), HasSubstr("more elements than"));
  EXPECT_THAT(refusal("layer_norm", {{"N", 1}, {"D", 1}}, tile::i32), HasSubstr("dtype i32"));
  EXPECT_THAT(refusal("batch_norm", {{"N", 1}, {"D", 1}}, tile::f32), HasSubstr("layer_norm, rms_norm, group_norm"));
  EXPECT_THAT(refusal("group_norm", {{"N", 1}, {"D", 8}, {"G", 0}}, tile::f32), HasSubstr("G=0 is out of range"));
  EXPECT_THAT(refusal("group_norm", {{"N", 1}, {"D", 8}, {"G", 3}}, tile::f32), HasSubstr("3 groups of 8 columns"));
  EXPECT_THAT(refusal("mamba_norm_gate", {{"N", 1 << 30}, {"D", 8}, {"G", 8}}, tile::f32),
              HasSubstr("8589934592 groups of all rows"));
  EXPECT_THAT(refusal("layer_norm", {{"N", 1}, {"D", 1}}, tile::f32), HasSubstr("nothing was thrown"));
}

TEST(LayernormModule, GridsHoldCasesThatItAccepts) {
  const Module &module = module_named("layernorm");
  for (const OpInfo &op : module.ops()) {
    for (const char *grid : {"quick", "fla"})
      for (const Case &c : module.cases(op.name, grid))
        EXPECT_NO_THROW(module.problem(op.name, Pass::Bwd, Case::parse(c.str(), op.keys), tile::bf16)) << c.str();
    EXPECT_EQ(module.cases(op.name, "fla").back().str(),
              op.keys.size() == 2 ? "N=262144,D=1024" : "N=262144,D=1024,G=4");
    EXPECT_EQ(module.cases(op.name, "fla").size(), 8u);
    EXPECT_THROW(module.cases(op.name, "slow"), tile::UserError);
  }
}

} // namespace
