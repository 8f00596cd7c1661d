// Norms with every option, without their kernels: the truth against finite differences, the host's reference and the
// GPU's steps.
#include "tests/modules/NormOptions.h"

#include "tests/modules/Truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace fla::test {

void PrintTo(const NormOptions &options, std::ostream *out) {
  *out << options.name;
}

namespace {

using layernorm::NormProblem;
using layernorm::NormSpec;
using testing::HasSubstr;

class NormWith : public testing::TestWithParam<NormOptions> {
protected:
  NormProblem problem(Pass pass, int64_t rows, int64_t cols, DType dtype) const {
    NormSpec spec = GetParam().spec;
    spec.dtype = dtype;
    spec.cols = cols;
    return {spec, pass, rows};
  }
};

TEST_P(NormWith, OracleGradientsAreThoseOfItsForward) {
  for (const auto &[rows, cols] : {std::pair{3, 12}, {1, 24}, {17, 36}}) {
    NormSpec spec = GetParam().spec;
    spec.dtype = tile::f32;
    spec.cols = cols;
    // The backward pass starts from the sum as it was rounded: to f32, that is as good as exact.
    expect_gradients(NormProblem(spec, Pass::FwdBwd, rows), {{"y", "dy"}, {spec.saves_sum() ? "sum" : "x", "dsum"}},
                     {{"x", "dx"}, {"residual", "dx"}, {"w", "dw"}, {"b", "db"}, {"g", "dg"}});
  }
}

TEST_P(NormWith, HostReferenceIsRight) {
  for (DType dtype : {tile::bf16, tile::f16, tile::f32})
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
      for (const auto &[rows, cols] : {std::pair{0, 12}, {1, 12}, {33, 60}, {100, 1200}}) {
        SCOPED_TRACE(fmt::format("{} {} {}x{}", name_of(dtype), name_of(pass), rows, cols));
        expect_host_reference_is_right(problem(pass, rows, cols, dtype), 42);
      }
}

TEST_P(NormWith, CudaStepsAreSound) {
  for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
    for (const auto &[rows, cols] : {std::pair{0, 12}, {1, 12}, {4096, 1200}})
      expect_cuda_steps_are_sound(problem(pass, rows, cols, tile::bf16));
}

INSTANTIATE_TEST_SUITE_P(, NormWith, testing::ValuesIn(norm_options()),
                         [](const auto &info) { return info.param.name; });

std::string refusal(const NormSpec &spec) {
  try {
    NormProblem(spec, Pass::Fwd, 1);
  } catch (const tile::UserError &error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(NormSpecs, AreChecked) {
  const NormSpec norm = NormSpec::layer_norm(tile::bf16, 12);
  auto with = [&](auto change) {
    NormSpec spec = norm;
    change(spec);
    return refusal(spec);
  };
  EXPECT_EQ(refusal(norm), "nothing was thrown");
  EXPECT_THAT(with([](NormSpec &s) { s.groups = 5; }), HasSubstr("5 groups of 12 columns; accepted: a divisor of 12"));
  EXPECT_THAT(with([](NormSpec &s) { s.groups = 0; }), HasSubstr("0 groups"));
  EXPECT_THAT(with([](NormSpec &s) { s.gate_first = true; }), HasSubstr("no gate; accepted: gates silu, sigmoid"));
  EXPECT_THAT(with([](NormSpec &s) { s.weight = false, s.weight_offset = true; }),
              HasSubstr("no weight; accepted: a weight, or no"));
  EXPECT_THAT(with([](NormSpec &s) { s.out_dtype = tile::i32; }), HasSubstr("dtype i32 is not accepted"));
}

} // namespace
} // namespace fla::test
