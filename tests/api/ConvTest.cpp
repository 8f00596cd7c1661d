// causal_conv1d and its update as a caller calls them.
#include "modules/conv/api.h"
#include "modules/conv/problem.h"
#include "modules/conv/update.h"
#include "tests/api/Calls.h"

namespace fla::test {
namespace {

using conv::ConvProblem;
using conv::ConvSpec;
using conv::UpdateProblem;
using testing::HasSubstr;

class ConvApi : public ApiTest {
protected:
  void expect_forward(const Sequences &s, ConvSpec spec, DType dtype, int64_t cols, Layout layout = {}) {
    spec.tokens = layout_of(s, dtype, cols);
    const ConvProblem problem(spec, Pass::Fwd, s);
    Call call(*stream, problem, off);
    CausalConv1dOptions options{.silu = spec.silu, .final_state = spec.final_state, .check = true};
    if (spec.bias) options.bias = call.input("b", {}, {.shift = layout.shift});
    if (spec.residual) options.residual = call.input("residual");
    if (s.packed()) options.cu_seqlens = call.input("cu_seqlens");
    if (spec.initial_state) options.initial_state = call.input("initial_state");
    const Tensor x = call.input("x", {s.batch(), s.tokens(), cols}, layout);
    const CausalConv1dForward into{.y = call.output("y", x.shape),
                                   .final_state = spec.final_state ? call.output("final_state") : Tensor()};
    const CausalConv1dForward got = causal_conv1d_forward(*stream, x, call.input("w"), options, into);
    call.expect("y", got.y);
    if (spec.final_state) call.expect("final_state", got.final_state);
    call.expect_unchanged("x", x);
  }
  /// dy lies as `layout` says, x is dense.
  void expect_backward(const Sequences &s, ConvSpec spec, DType dtype, int64_t cols, Layout layout = {}) {
    spec.tokens = layout_of(s, dtype, cols);
    const ConvProblem problem(spec, Pass::Bwd, s);
    Call call(*stream, problem, off);
    CausalConv1dBackwardOptions options{.silu = spec.silu};
    CausalConv1dBackward into;
    if (spec.bias) {
      options.bias = call.input("b");
      into.db = call.place(spec.weight_dtype, {cols}, {.shift = layout.shift});
    }
    if (s.packed()) options.cu_seqlens = call.input("cu_seqlens");
    if (spec.initial_state) options.initial_state = call.input("initial_state");
    if (spec.final_state) options.dfinal_state = call.input("dfinal_state");
    if (spec.initial_state) into.dinitial_state = call.output("dinitial_state");
    into.dx = call.output("dx");
    into.dw = call.output("dw");
    const Tensor dy = call.input("dy", {s.batch(), s.tokens(), cols}, layout);
    const CausalConv1dBackward got =
        causal_conv1d_backward(*stream, call.input("x"), call.input("w"), dy, options, into);
    call.expect("dx", got.dx);
    call.expect("dw", got.dw);
    if (spec.bias) call.expect("db", got.db);
    if (spec.initial_state) call.expect("dinitial_state", got.dinitial_state);
  }
  void expect_update(int64_t rows, ConvSpec spec, DType dtype, int64_t cols) {
    spec.tokens = layout_of(Sequences(rows, 1), dtype, cols);
    const UpdateProblem problem(spec, rows);
    Call call(*stream, problem, off);
    const Tensor state = call.input("state");
    const CausalConv1dUpdateOptions options{.bias = call.input("b"), .residual = call.input("residual")};
    call.expect("y", causal_conv1d_update(*stream, call.input("x"), call.input("w"), state, options, call.output("y")));
    call.expect("new_state", state);
  }
};

TEST_P(ConvApi, Batches) {
  expect_forward({2, 9}, {}, tile::bf16, 64);
  expect_backward({2, 9}, {}, tile::bf16, 64);
  expect_forward({2, 9}, {.tokens = {}, .weight_dtype = tile::f32, .width = 3, .bias = false, .silu = false},
                 tile::bf16, 33);
}

TEST_P(ConvApi, PackedSequencesWithStates) {
  const Sequences s({0, 3, 3, 10, 19}, tile::i32);
  const ConvSpec spec{.tokens = {}, .residual = true, .initial_state = true, .final_state = true};
  expect_forward(s, spec, tile::bf16, 64);
  expect_backward(s, {.tokens = {}, .initial_state = true, .final_state = true}, tile::bf16, 64);
}

TEST_P(ConvApi, TokensApart) {
  expect_forward({2, 9}, {}, tile::bf16, 64, {.gap = 64});
  expect_forward({2, 9}, {}, tile::bf16, 64, {.gap = 3, .shift = 1});
  expect_backward({2, 9}, {}, tile::bf16, 64, {.gap = 8});
  expect_backward({2, 9}, {.tokens = {}, .weight_dtype = tile::f32}, tile::bf16, 33, {.gap = 0, .shift = 1});
}

TEST_P(ConvApi, NoTokens) {
  expect_forward({0, 5}, {}, tile::bf16, 64);
  expect_forward({2, 0}, {.tokens = {}, .initial_state = true, .final_state = true}, tile::bf16, 64);
  expect_backward({2, 0}, {}, tile::bf16, 64); // dw and db are 0
}

TEST_P(ConvApi, UpdatesAStateInPlace) {
  for (int64_t rows : {0, 1, 5}) expect_update(rows, {.tokens = {}, .residual = true}, tile::bf16, 40);
}

TEST_P(ConvApi, EveryAddressAlignedToAnElement) {
  off = 1;
  for (DType dtype : {tile::bf16, tile::f32}) {
    const ConvSpec spec{.tokens = {}, .weight_dtype = dtype, .residual = true};
    ConvSpec states = spec;
    states.initial_state = states.final_state = true;
    expect_forward({2, 9}, spec, dtype, 64);
    expect_backward({2, 9}, {.tokens = {}, .weight_dtype = dtype}, dtype, 64);
    const Sequences packed({0, 3, 3, 10, 19}, dtype == tile::f32 ? tile::i64 : tile::i32);
    for (const Sequences &s : {Sequences(2, 9), packed}) {
      expect_forward(s, states, dtype, 64, {.gap = 3});
      states.residual = false;
      expect_backward(s, states, dtype, 64, {.gap = 3});
      states.residual = true;
    }
    expect_update(5, spec, dtype, 64);
  }
  expect_forward({2, 9}, {.tokens = {}, .weight_dtype = tile::f32}, tile::bf16, 64);
  expect_backward({2, 9}, {.tokens = {}, .weight_dtype = tile::f32}, tile::bf16, 64);
  expect_forward({2, 9}, {.tokens = {}, .weight_dtype = tile::bf16}, tile::f32, 64);
  expect_backward({2, 9}, {.tokens = {}, .weight_dtype = tile::bf16}, tile::f32, 64);
  expect_update(5, {.tokens = {}, .weight_dtype = tile::bf16, .residual = true}, tile::f32, 64);
}

TEST_P(ConvApi, RefusalsSayWhatIsAccepted) {
  const Tensor x = stream->empty(tile::bf16, {1, 6, 8}), w = stream->empty(tile::bf16, {8, 4});
  const Tensor state = stream->empty(tile::bf16, {1, 8, 4}), f = stream->empty(tile::f32, {8});
  auto forward = [&](const Tensor &x, const Tensor &w, const CausalConv1dOptions &o = {},
                     const CausalConv1dForward &into = {}) {
    return refusal([&] { causal_conv1d_forward(*stream, x, w, o, into); });
  };
  EXPECT_EQ(forward(x, stream->empty(tile::bf16, {8, 9})),
            "causal_conv1d_forward: tensor 'w' is bf16[8, 9]; accepted: [8, W] with W from 1 to 8");
  EXPECT_THAT(forward(x, stream->empty(tile::bf16, {7, 4})), HasSubstr("'w' is bf16[7, 4]; accepted: [8, W]"));
  EXPECT_THAT(forward(x, stream->empty(tile::i32, {8, 4})), HasSubstr("'w' is i32[8, 4]; accepted: bf16, f16, f32"));
  EXPECT_THAT(forward(x, w, {.bias = f}), HasSubstr("tensor 'bias' is f32[8]; accepted: bf16"));
  EXPECT_THAT(forward(x, w, {.residual = w}), HasSubstr("'residual' is bf16[8, 4]; accepted: the shape [1, 6, 8]"));
  EXPECT_THAT(forward(x, w, {.initial_state = w}), HasSubstr("accepted: the shape [1, 8, 4]"));
  EXPECT_THAT(forward(x, w, {}, {.y = x, .final_state = {}}), HasSubstr("memory that it does not share with 'x'"));
  EXPECT_THAT(forward(x, w, {}, {.y = {}, .final_state = state}), HasSubstr("accepted: no such tensor"));
  const std::vector<int64_t> cuts = {0, 7};
  const Tensor cu_seqlens = stream->empty(tile::i64, {2});
  stream->upload(cu_seqlens, cuts.data());
  EXPECT_EQ(forward(x, w, {.cu_seqlens = cu_seqlens, .check = true}),
            "causal_conv1d_forward: cu_seqlens ends with 7; there are 6 tokens");
  EXPECT_THAT(refusal([&] { causal_conv1d_backward(*stream, x, w, w); }),
              HasSubstr("causal_conv1d_backward: tensor 'dy' is bf16[8, 4]; accepted: the shape [1, 6, 8]"));
  EXPECT_THAT(refusal([&] { causal_conv1d_backward(*stream, x, w, x, {}, {.db = f}); }),
              HasSubstr("tensor 'db' is f32[8]; accepted: no such tensor"));
  EXPECT_THAT(refusal([&] { causal_conv1d_update(*stream, stream->empty(tile::bf16, {2, 8}), w, state); }),
              HasSubstr("causal_conv1d_update: tensor 'state' is bf16[1, 8, 4]; accepted: the shape [2, 8, 4]"));
}

INSTANTIATE_ON_DEVICES(ConvApi);

} // namespace
} // namespace fla::test
