// cross_entropy without its kernels: the truth against finite differences and against numbers known otherwise, what a
// case says of itself.
#include "modules/common/Inputs.h"
#include "modules/common/Problem.h"
#include "modules/cross_entropy/problem.h"
#include "tests/modules/Truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

using namespace fla;
using cross_entropy::CrossEntropyProblem;
using cross_entropy::Reduction;
using cross_entropy::Spec;
using fla::test::Doubles;
using fla::test::truth;

namespace {

Spec every_option() {
  Spec spec;
  spec.dtype = tile::f32;
  spec.classes = 7;
  spec.label_smoothing = 0.2;
  spec.logit_scale = 1.5;
  spec.softcap = 4;
  spec.lse_square_scale = 0.05;
  spec.class_weights = true;
  return spec;
}

// d(sum of losses), or of their mean, by central differences in every logit.
TEST(CrossEntropyOracle, GradientsAreThoseOfItsForward) {
  for (Reduction reduction : {Reduction::Mean, Reduction::Sum, Reduction::None})
    for (bool plain : {true, false}) {
      Spec spec = every_option();
      if (plain) spec = {.dtype = tile::f32, .classes = 7};
      spec.reduction = reduction;
      const CrossEntropyProblem problem(spec, Pass::FwdBwd, 6, {.ignored = 0.3});
      Doubles in = make_inputs(problem, 11);
      const Doubles analytic = truth(problem, in);
      auto loss = [&] {
        const Doubles out = truth(problem, in);
        double total = 0;
        for (double x : out.at("loss")) total += x;
        return total;
      };
      for (size_t i = 0; i < in.at("logits").size(); ++i) {
        double &element = in.at("logits")[i];
        const double original = element, step = 1e-5;
        element = original + step;
        const double above = loss();
        element = original - step;
        const double below = loss();
        element = original;
        ASSERT_NEAR(analytic.at("dlogits")[i], (above - below) / (2 * step), 1e-8) << i;
      }
    }
}

TEST(CrossEntropyOracle, OfEqualLogitsIsTheLogarithmOfTheirNumber) {
  const Spec spec{.dtype = tile::f32, .classes = 8};
  const CrossEntropyProblem problem(spec, Pass::Fwd, 3);
  Doubles in = make_inputs(problem, 1);
  in.at("logits").assign(24, 1000);
  const Doubles out = truth(problem, in);
  EXPECT_NEAR(out.at("loss")[0], std::log(8), 1e-14);
  EXPECT_NEAR(out.at("lse")[2], 1000 + std::log(8), 1e-12);
  EXPECT_EQ(out.at("total_weight")[0], 3);
}

// As PyTorch has it: the mean of weighted losses is divided by the weights of the targets, smoothing or not.
TEST(CrossEntropyOracle, WeightsOfTargetsDivideTheMean) {
  Spec spec{.dtype = tile::f32, .classes = 2};
  spec.class_weights = true;
  spec.label_smoothing = 0.5;
  const CrossEntropyProblem problem(spec, Pass::Fwd, 3);
  Doubles in = make_inputs(problem, 1);
  in.at("logits").assign(6, 0);
  in.at("weight") = {1, 3};
  in.at("targets") = {0, 1, -100};
  const Doubles out = truth(problem, in);
  // Each row: half of its weight, and a quarter of each class's, times log 2.
  EXPECT_NEAR(out.at("loss")[0], std::log(2) * ((0.5 + 1) + (1.5 + 1)) / 4, 1e-14);
  EXPECT_EQ(out.at("total_weight")[0], 4);
}

TEST(CrossEntropyOracle, OfABackwardUsesWhatItIsGiven) {
  const Spec spec{.dtype = tile::f32, .classes = 5};
  const CrossEntropyProblem problem(spec, Pass::Bwd, 4);
  Doubles in = make_inputs(problem, 5);
  const Doubles before = truth(problem, in);
  in.at("dloss")[0] *= 2;
  in.at("total_weight")[0] *= 8;
  const Doubles after = truth(problem, in);
  for (size_t i = 0; i < 20; ++i) EXPECT_NEAR(after.at("dlogits")[i], before.at("dlogits")[i] / 4, 1e-15);
}

TEST(CrossEntropyOracle, ARowOfNoClassIsIgnoredOrHasNoLoss) {
  Spec spec = every_option();
  spec.reduction = Reduction::None;
  const CrossEntropyProblem problem(spec, Pass::FwdBwd, 3);
  Doubles in = make_inputs(problem, 5);
  in.at("targets") = {-100, 7, -1};
  const Doubles out = truth(problem, in);
  EXPECT_EQ(out.at("loss")[0], 0);
  EXPECT_EQ(out.at("lse")[0], 0);
  EXPECT_EQ(out.at("dlogits")[3], 0);
  for (size_t row : {1, 2}) {
    EXPECT_TRUE(std::isnan(out.at("loss")[row]));
    EXPECT_TRUE(std::isnan(out.at("z_loss")[row]));
    EXPECT_TRUE(std::isnan(out.at("dlogits")[row * 7]));
    EXPECT_TRUE(std::isfinite(out.at("lse")[row]));
  }
}

TEST(CrossEntropy, TargetsAreDrawnAsTheMixSays) {
  const Spec spec{.dtype = tile::f32, .classes = 10};
  const CrossEntropyProblem problem(spec, Pass::Fwd, 10000, {.ignored = 0.25, .out_of_range = 0.1});
  int ignored = 0, outside = 0;
  std::set<double> classes;
  const auto inputs = make_inputs(problem, 3);
  for (double t : inputs.at("targets")) {
    if (t == -100)
      ++ignored;
    else if (t < 0 || t >= 10)
      ++outside;
    else
      classes.insert(t);
  }
  EXPECT_NEAR(ignored, 2500, 200);
  EXPECT_NEAR(outside, 1000, 150);
  EXPECT_EQ(classes.size(), 10u);
  EXPECT_NE(make_inputs(problem, 3).at("targets"), make_inputs(problem, 4).at("targets"));
}

TEST(CrossEntropy, BytesAreEachTensorOnceAndTwiceInPlace) {
  Spec spec{.dtype = tile::bf16, .classes = 64};
  EXPECT_EQ(CrossEntropyProblem(spec, Pass::Fwd, 8).bytes(), 2 * 8 * 64 + 8 * 8 + 4 * (8 + 1 + 1));
  EXPECT_EQ(CrossEntropyProblem(spec, Pass::Bwd, 8).bytes(), 2 * 2 * 8 * 64 + 8 * 8 + 4 * (8 + 1 + 1));
  spec.in_place = true;
  EXPECT_EQ(CrossEntropyProblem(spec, Pass::Bwd, 8).bytes(), 2 * 2 * 8 * 64 + 8 * 8 + 4 * (8 + 1 + 1));
}

// The tolerances must be able to tell a wrong kernel from a right one: a class too few is wrong.
TEST(CrossEntropy, ToleranceOfF32CatchesAMissingClass) {
  for (int64_t classes : {16, 1000, 10000}) {
    const Spec spec{.dtype = tile::f32, .classes = classes};
    const CrossEntropyProblem problem(spec, Pass::Fwd, 1);
    const Tolerance t = problem.tolerance("lse");
    const double lse = std::log(double(classes)) + 0.5;
    EXPECT_LT(t.atol + t.rtol * lse, std::log(double(classes) / double(classes - 1))) << classes;
  }
}

TEST(CrossEntropy, CudaStepsNameKernelsAndTensorsThatExist) {
  for (bool plain : {true, false})
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
      for (int64_t rows : {int64_t(0), int64_t(1), int64_t(65536)}) {
        Spec spec = every_option();
        if (plain) spec = {.dtype = tile::f16, .classes = 120000};
        const CrossEntropyProblem problem(spec, pass, rows);
        const CudaReference reference = problem.cuda_reference();
        std::set<std::string> known, named;
        for (const TensorDesc &tensor : problem.tensors()) known.insert(tensor.name);
        for (const TensorDesc &tensor : reference.workspace)
          EXPECT_TRUE(known.insert(tensor.name).second) << tensor.name;
        for (const CudaStep &step : reference.steps) {
          EXPECT_NE(reference.source.find("void " + step.kernel + "("), std::string::npos) << step.kernel;
          EXPECT_GT(step.grid.programs(), 0) << step.kernel;
          for (const ArgValue &arg : step.args)
            if (const auto *name = std::get_if<std::string>(&arg)) {
              EXPECT_TRUE(known.contains(*name)) << *name;
              named.insert(*name);
            }
        }
        for (const TensorDesc &tensor : problem.tensors())
          EXPECT_TRUE(tensor.elements() == 0 || rows == 0 || named.contains(tensor.name)) << tensor.name;
      }
}

std::string refusal(std::string_view op, const Case &c, DType dtype) {
  try {
    module_named("cross_entropy").problem(op, Pass::Fwd, c, dtype);
  } catch (const tile::UserError &error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(CrossEntropyModule, RefusesWhatIsOutOfRange) {
  using testing::HasSubstr;
  const char *op = "cross_entropy";
  EXPECT_THAT(refusal(op, {{"N", 1}, {"V", 0}}, tile::bf16), HasSubstr("V=0 is out of range; accepted: 1 to"));
  EXPECT_THAT(refusal(op, {{"N", int64_t(1) << 31}, {"V", 1}}, tile::bf16), HasSubstr("N=2147483648 is out of"));
  EXPECT_THAT(refusal(op, {{"N", 1 << 30}, {"V", 1 << 20}}, tile::bf16), HasSubstr("more elements than"));
  EXPECT_THAT(refusal(op, {{"N", 1}, {"V", 1}}, tile::i32), HasSubstr("dtype i32"));
  EXPECT_THAT(refusal("entropy", {{"N", 1}, {"V", 1}}, tile::f32), HasSubstr("there are cross_entropy"));
  EXPECT_THAT(refusal(op, {{"N", 65536}, {"V", 120000}}, tile::f32), HasSubstr("nothing was thrown"));
}

TEST(CrossEntropyModule, GridsHoldCasesThatItAccepts) {
  const Module &module = module_named("cross_entropy");
  const OpInfo &op = op_named(module, "cross_entropy");
  for (const char *grid : {"quick", "fla"})
    for (const Case &c : module.cases(op.name, grid))
      EXPECT_NO_THROW(module.problem(op.name, Pass::Bwd, Case::parse(c.str(), op.keys), tile::bf16)) << c.str();
  EXPECT_EQ(module.cases(op.name, "fla").back().str(), "N=65536,V=120000");
  EXPECT_EQ(module.cases(op.name, "fla").size(), 8u);
  EXPECT_THROW(module.cases(op.name, "slow"), tile::UserError);
}

} // namespace
