// l2norm without its kernels: the truth against finite differences, the host's reference against the truth, what a case
// says of itself.
#include "modules/common/Compare.h"
#include "modules/common/Inputs.h"
#include "modules/l2norm/problem.h"
#include "tests/modules/Truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace fla;
using namespace fla::test;
using testing::HasSubstr;

namespace {

l2norm::L2NormProblem l2(Pass pass, int64_t rows, int64_t cols, DType dtype = tile::f32) {
  return {{.dtype = dtype, .out_dtype = dtype, .cols = cols}, pass, rows};
}

TEST(L2Norm, OracleNormalises) {
  const auto problem = l2(Pass::Fwd, 4, 1000);
  const Doubles in = make_inputs(problem, 5), out = truth(problem, in);
  for (size_t row = 0; row < 4; ++row) {
    double square = 0;
    for (size_t j = 0; j < 1000; ++j) square += out.at("y")[row * 1000 + j] * out.at("y")[row * 1000 + j];
    EXPECT_NEAR(square, 1, 1e-8); // eps keeps it a little below
    EXPECT_NEAR(out.at("y")[row * 1000], in.at("x")[row * 1000] * out.at("rstd")[row], 1e-15);
  }
}

// The backward is of the normalised vector: eps in rstd is as good as none.
TEST(L2Norm, OracleGradientsAreThoseOfItsForward) {
  for (const auto &[rows, cols] : {std::pair{3, 7}, {1, 2}, {2, 64}, {5, 33}}) {
    // Saved in f32, y and rstd are exact to 2^-24.
    const l2norm::L2NormProblem problem({.dtype = tile::f32, .out_dtype = tile::f32, .cols = cols}, Pass::FwdBwd, rows,
                                        1e-12);
    expect_gradients(problem, {{"y", "dy"}}, {{"x", "dx"}});
  }
}

TEST(L2Norm, OracleOfABackwardIsAFunctionOfWhatWasSaved) {
  const auto problem = l2(Pass::Bwd, 3, 8);
  Doubles in = make_inputs(problem, 5);
  const Doubles before = truth(problem, in);
  for (double &rstd : in.at("rstd")) rstd *= 2;
  for (double &x : in.at("x")) x = NAN;
  const Doubles after = truth(problem, in);
  for (size_t i = 0; i < 24; ++i) EXPECT_NEAR(after.at("dx")[i], 2 * before.at("dx")[i], 1e-12);
}

TEST(L2Norm, HostReferenceIsRight) {
  for (DType dtype : {tile::bf16, tile::f16, tile::f32})
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
      for (const auto &[rows, cols] :
           {std::pair{0, 8}, {1, 1}, {3, 1}, {1, 1000}, {5, 2}, {7, 50}, {33, 1200}, {2, 40000}, {3000, 24}}) {
        SCOPED_TRACE(std::string(name_of(dtype)) + " " + std::string(name_of(pass)) + " " + std::to_string(rows) + "x" +
                     std::to_string(cols));
        expect_host_reference_is_right(l2(pass, rows, cols, dtype), 42);
      }
}

TEST(L2Norm, OutputHasADtypeOfItsOwn) {
  const l2norm::L2NormProblem problem({.dtype = tile::bf16, .out_dtype = tile::f32, .cols = 100}, Pass::FwdBwd, 9);
  for (const TensorDesc &tensor : problem.tensors())
    EXPECT_EQ(tensor.dtype, tensor.name == "x" || tensor.name == "dx" ? tile::bf16 : tile::f32) << tensor.name;
  expect_host_reference_is_right(problem, 42);
}

// The tolerances must be able to tell a wrong kernel from a right one: a sum over one column less is wrong.
TEST(L2Norm, ToleranceOfF32CatchesASumOfOneColumnLess) {
  for (int64_t cols : {16, 1024, 4096}) {
    const auto problem = l2(Pass::Fwd, 16, cols);
    const Doubles expected = truth(problem, make_inputs(problem, 3));
    std::vector<float> rstd;
    for (double r : expected.at("rstd")) rstd.push_back(float(r * std::sqrt(double(cols - 1) / double(cols))));
    EXPECT_FALSE(compare(tile::f32, rstd.data(), expected.at("rstd"), problem.tolerance("rstd")).ok()) << cols;
  }
}

TEST(L2Norm, BytesAreEachTensorOnceThatIsRead) {
  const int64_t n = 128, d = 64;
  EXPECT_EQ(l2(Pass::Fwd, n, d, tile::bf16).bytes(), 2 * 2 * n * d + 4 * n);
  EXPECT_EQ(l2(Pass::Bwd, n, d, tile::bf16).bytes(), 2 * 3 * n * d + 4 * n);
}

TEST(L2Norm, CudaStepsAreSound) {
  for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
    for (const auto &[rows, cols] : {std::pair{0, 8}, {1, 1}, {4096, 1024}, {1 << 20, 1}, {1, 1 << 20}})
      expect_cuda_steps_are_sound(l2(pass, rows, cols, tile::f16));
}

TEST(L2NormModule, HasTheArenasCases) {
  const Module &module = module_named("l2norm");
  const auto fla = module.cases("l2norm", "fla");
  EXPECT_EQ(fla.size(), 7u * 5u);
  EXPECT_EQ(fla.front().str(), "N=4096,D=2048");
  EXPECT_EQ(fla.back().str(), "N=262144,D=128");
  EXPECT_THROW(module.cases("l2norm", "slow"), tile::UserError);
}

std::string refusal(const Case &c, DType dtype) {
  try {
    module_named("l2norm").problem("l2norm", Pass::Fwd, c, dtype);
  } catch (const tile::UserError &error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(L2NormModule, RefusesWhatIsOutOfRange) {
  EXPECT_THAT(refusal({{"N", 1}, {"D", 0}}, tile::bf16), HasSubstr("D=0 is out of range; accepted: 1 to"));
  EXPECT_THAT(refusal({{"N", int64_t(1) << 31}, {"D", 1}}, tile::bf16), HasSubstr("N=2147483648 is out of range"));
  EXPECT_THAT(refusal({{"N", 1 << 30}, {"D", 1 << 20}}, tile::bf16), HasSubstr("more elements than"));
  EXPECT_THAT(refusal({{"N", 1}, {"D", 1}}, tile::i64),
              HasSubstr("dtype i64 is not accepted; there are bf16, f16, f32"));
  EXPECT_EQ(refusal({{"N", 0}, {"D", 1}}, tile::f32), "nothing was thrown");
}

} // namespace
