// causal_conv1d without its kernels: the truth, the references, what a case says of itself.
#include "tests/modules/Truth.h"

#include "modules/conv/update.h"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace fla;
using namespace fla::test;
using conv::ConvSpec;
using testing::HasSubstr;

namespace {

/// Every option on or off, by the bits of `options`.
ConvSpec spec_of(int options, int64_t width, DType dtype = tile::f32) {
  ConvSpec spec;
  spec.width = width;
  spec.weight_dtype = (options & 1) != 0 ? tile::f32 : dtype;
  spec.bias = (options & 2) != 0;
  spec.silu = (options & 4) != 0;
  spec.residual = (options & 8) != 0;
  spec.initial_state = (options & 16) != 0;
  spec.final_state = (options & 32) != 0;
  return spec;
}

conv::ConvProblem conv_of(ConvSpec spec, Sequences s, Pass pass, int64_t cols, DType dtype, int64_t gap = 0) {
  spec.tokens = layout_of(s, dtype, cols);
  if (gap) spec.tokens.stride_divisor = 1;
  return {spec, pass, std::move(s), gap};
}

conv::UpdateProblem update_of(ConvSpec spec, int64_t rows, int64_t cols, DType dtype) {
  spec.tokens = layout_of(Sequences(rows, 1), dtype, cols);
  return {spec, rows};
}

TEST(Conv, OracleIsTheDefinition) {
  ConvSpec spec = spec_of(1 | 2, 3);
  Doubles in = {{"x", {1, 2, 3, 10, 20}}, {"w", {100, 10, 1}}, {"b", {5}}, {"cu_seqlens", {0, 3, 5}}};
  const Sequences s({0, 3, 5}, tile::i32);
  EXPECT_EQ(truth(conv_of(spec, s, Pass::Fwd, 1, tile::f32), in).at("y"), (std::vector<double>{6, 17, 128, 15, 125}));
  spec.initial_state = spec.final_state = true;
  in["initial_state"] = {7, 8, 9, 4, 5, 6};
  const Doubles out = truth(conv_of(spec, s, Pass::Fwd, 1, tile::f32), in);
  EXPECT_EQ(out.at("y"), (std::vector<double>{896, 917, 128, 575, 725}));
  EXPECT_EQ(out.at("final_state"), (std::vector<double>{1, 2, 3, 6, 10, 20}));
}

TEST(Conv, OracleGradientsAreThoseOfItsForward) {
  for (int64_t width : {1, 2, 4, 8})
    for (int options : {2 | 4, 0, 63, 2 | 16, 4 | 32})
      for (const Sequences &s : {Sequences(2, 5), Sequences({0, 0, 1, 3, 8, 8}, tile::i32)})
        expect_gradients(conv_of(spec_of(options, width), s, Pass::FwdBwd, 2, tile::f32),
                         {{"y", "dy"}, {"final_state", "dfinal_state"}},
                         {{"x", "dx"}, {"w", "dw"}, {"b", "db"}, {"initial_state", "dinitial_state"}});
}

TEST(Conv, ReferencesAreRight) {
  int turn = 0;
  for (int options = 0; options < 64; ++options)
    for (const Sequences &s : {Sequences(2, 50), Sequences({0, 0, 1, 3, 80, 80, 99}, tile::i32), Sequences(3, 0),
                               Sequences::cut(120, 40, tile::i64)}) {
      const Pass pass = std::array{Pass::Fwd, Pass::Bwd, Pass::FwdBwd}[size_t(turn % 3)];
      const DType dtype = std::array{tile::bf16, tile::f32, tile::f16}[size_t(turn / 3 % 3)];
      SCOPED_TRACE(options);
      const auto problem = conv_of(spec_of(options, 1 + turn % 8, dtype), s, pass, 20, dtype, turn % 5 == 0 ? 3 : 0);
      expect_host_reference_is_right(problem, 42);
      expect_cuda_steps_are_sound(problem);
      ++turn;
    }
}

TEST(Conv, ReferencesOfUpdatesAreRight) {
  for (int options = 0; options < 16; ++options)
    for (int64_t width : {1, 4, 7})
      for (int64_t rows : {0, 1, 9}) {
        const auto problem = update_of(spec_of(options, width, tile::bf16), rows, 33, tile::bf16);
        expect_host_reference_is_right(problem, 42);
        expect_cuda_steps_are_sound(problem);
      }
}

// The tolerances must be able to tell a wrong kernel from a right one: a window that is one token late is wrong.
TEST(Conv, ToleranceCatchesAWindowThatIsLate) {
  const auto problem = conv_of(spec_of(6, 4), Sequences(1, 40), Pass::Fwd, 8, tile::f32);
  EXPECT_LT(problem.tolerance("y").atol, 1e-5);
  EXPECT_LT(conv_of(spec_of(6, 4), Sequences(1, 4096), Pass::Bwd, 8, tile::f32).tolerance("dw").atol, 1e-2);
}

TEST(Conv, BytesAreEachTensorOnce) {
  EXPECT_EQ(conv_of(spec_of(2 | 4, 4, tile::bf16), Sequences(1, 64), Pass::Fwd, 32, tile::bf16).bytes(),
            2 * (2 * 64 * 32 + 32 * 5));
  EXPECT_EQ(conv_of(spec_of(2 | 4, 4, tile::bf16), Sequences(1, 64), Pass::Bwd, 32, tile::bf16, 3).bytes(),
            2 * (3 * 64 * 32 + 2 * 32 * 5));
}

std::string refusal(std::string_view op, const Case &c, Pass pass = Pass::Fwd, DType dtype = tile::bf16) {
  try {
    module_named("conv").problem(op, pass, c, dtype);
  } catch (const tile::UserError &error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ConvModule, RefusesWhatIsOutOfRange) {
  auto conv = [](int64_t batch, int64_t width, int64_t sequences) {
    return Case{{"B", batch}, {"T", 16}, {"D", 8}, {"W", width}, {"seqs", sequences}};
  };
  EXPECT_THAT(refusal("causal_conv1d", conv(1, 0, 0)), HasSubstr("W=0 is out of range; accepted: 1 to 8"));
  EXPECT_THAT(refusal("causal_conv1d", conv(1, 9, 0)), HasSubstr("W=9"));
  EXPECT_THAT(refusal("causal_conv1d", conv(2, 4, 3)), HasSubstr("B=2 with seqs=3"));
  EXPECT_THAT(refusal("causal_conv1d", conv(1, 4, 0), Pass::Fwd, tile::i64), HasSubstr("dtype i64"));
  EXPECT_THAT(refusal("causal_conv1d_update", {{"B", 4}, {"D", 8}, {"W", 4}}, Pass::Bwd), HasSubstr("no pass bwd"));
  EXPECT_THAT(refusal("causal_conv1d_update", {{"B", 4}, {"D", 0}, {"W", 4}}), HasSubstr("D=0 is out of range"));
  EXPECT_THAT(refusal("causal_conv1d", conv(1, 8, 3)), HasSubstr("nothing was thrown"));
}

TEST(ConvModule, GridsHoldCasesThatItAccepts) {
  const Module &module = module_named("conv");
  for (const OpInfo &op : module.ops()) {
    for (const char *grid : {"quick", "fla"})
      for (const Case &c : module.cases(op.name, grid))
        EXPECT_THAT(refusal(op.name, c), HasSubstr("nothing")) << c.str();
    EXPECT_THROW(module.cases(op.name, "slow"), tile::UserError);
  }
  const std::vector<Case> all = module.cases("causal_conv1d", "fla");
  EXPECT_EQ(all.size(), 2u * 5 * 9);
  EXPECT_EQ(all.front().str(), "B=1,T=256,D=256,W=4,seqs=4");
  EXPECT_EQ(all.back().str(), "B=1,T=65536,D=4096,W=4,seqs=0");
}

} // namespace
