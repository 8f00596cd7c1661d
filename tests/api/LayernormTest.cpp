// Norms as a caller calls them.
#include "modules/layernorm/api.h"
#include "modules/layernorm/problem.h"
#include "tests/api/Calls.h"

namespace fla::test {
namespace {

using layernorm::Gate;
using layernorm::NormProblem;
using layernorm::NormSpec;
using testing::HasSubstr;

class NormApi : public ApiTest {
protected:
  static NormOptions options_of(const NormSpec &spec, Call &call, double eps, Layout layout) {
    NormOptions o{.eps = eps, .groups = spec.groups, .weight_offset = spec.weight_offset};
    if (spec.gate != Gate::None) o.gate = call.input("g", {}, layout);
    o.activation = spec.gate == Gate::Sigmoid ? GateActivation::sigmoid : GateActivation::silu;
    o.gate_first = spec.gate_first;
    o.prenorm = spec.prenorm;
    o.residual_in_fp32 = spec.residual_in_fp32;
    o.out_dtype = spec.out_dtype;
    return o;
  }

  void expect_forward(const NormSpec &spec, int64_t rows, Layout layout = {}, double eps = 1e-5) {
    const NormProblem problem(spec, Pass::Fwd, rows, eps);
    Call call(*stream, problem, off);
    NormOptions options = options_of(spec, call, eps, layout);
    if (spec.residual) options.residual = call.input("residual");
    const Tensor x = call.input("x", {}, layout);
    const auto run = spec.centered ? layer_norm_forward : rms_norm_forward;
    const NormForward into{.y = call.output("y"),
                           .sum = spec.saves_sum() ? call.output("sum") : Tensor(),
                           .mean = spec.centered ? call.output("mean") : Tensor(),
                           .rstd = call.output("rstd")};
    const NormForward got = run(*stream, x, spec.weight ? call.input("w") : Tensor(),
                                spec.bias ? call.input("b") : Tensor(), options, into);
    call.expect("y", got.y);
    if (spec.centered) call.expect("mean", got.mean);
    call.expect("rstd", got.rstd);
    if (spec.saves_sum())
      call.expect("sum", got.sum);
    else
      EXPECT_EQ(got.sum.data, spec.prenorm ? x.data : nullptr);
    call.expect_unchanged("x", x);
  }

  void expect_backward(const NormSpec &spec, int64_t rows, Layout layout = {}) {
    const NormProblem problem(spec, Pass::Bwd, rows);
    Call call(*stream, problem, off);
    NormOptions options = options_of(spec, call, 1e-5, layout);
    NormForward saved{.rstd = call.input("rstd")};
    if (spec.centered) saved.mean = call.input("mean");
    Tensor x{.dtype = spec.dtype, .shape = {rows, spec.cols}};
    if (spec.saves_sum())
      saved.sum = call.input("sum");
    else
      x = call.input("x", {}, layout);
    if (spec.residual) options.residual = {.dtype = spec.sum_dtype(), .shape = {rows, spec.cols}}; // is not read
    // Only its gradient is wanted where the kernels do not read it.
    const Tensor bias = !spec.bias                   ? Tensor()
                        : spec.backward_needs_bias() ? call.input("b")
                                                     : stream->empty(spec.dtype, {spec.cols});
    const auto run = spec.centered ? layer_norm_backward : rms_norm_backward;
    const NormBackward got = run(*stream, x, spec.weight ? call.input("w") : Tensor(), bias, saved,
                                 call.input("dy", {}, layout), options, spec.prenorm ? call.input("dsum") : Tensor(),
                                 {.dx = call.output("dx"),
                                  .dresidual = spec.has_dresidual() ? call.output("dresidual") : Tensor(),
                                  .dgate = spec.gate != Gate::None ? call.output("dg") : Tensor(),
                                  .dweight = spec.weight ? call.output("dw") : Tensor(),
                                  .dbias = spec.bias ? call.output("db") : Tensor()});
    call.expect("dx", got.dx);
    if (spec.has_dresidual()) call.expect("dresidual", got.dresidual);
    if (spec.residual && !spec.has_dresidual()) EXPECT_EQ(got.dresidual.data, got.dx.data);
    if (spec.gate != Gate::None) call.expect("dg", got.dgate);
    if (spec.weight) call.expect("dw", got.dweight);
    if (spec.bias) call.expect("db", got.dbias);
  }
  void expect_both(const NormSpec &spec, int64_t rows, Layout layout = {}) {
    expect_forward(spec, rows, layout);
    expect_backward(spec, rows, layout);
  }
};

TEST_P(NormApi, LayerAndRmsNorm) {
  expect_both(NormSpec::layer_norm(tile::bf16, 64), 7);
  expect_forward(NormSpec::layer_norm(tile::bf16, 64), 7, {}, 0.5); // not the plan of another eps
  expect_both(NormSpec::rms_norm(tile::f32, 33), 5);
  NormSpec plain = NormSpec::layer_norm(tile::bf16, 64);
  plain.weight = plain.bias = false;
  expect_both(plain, 5);
}

TEST_P(NormApi, GroupsAndGates) {
  NormSpec group = NormSpec::layer_norm(tile::bf16, 64), gated = group;
  group.groups = 4;
  gated.gate = Gate::Sigmoid;
  NormSpec mamba = NormSpec::rms_norm(tile::bf16, 64);
  mamba.gate = Gate::Silu;
  mamba.gate_first = true;
  mamba.groups = 2;
  expect_both(group, 5);
  expect_both(gated, 5);
  expect_both(mamba, 5);
}

TEST_P(NormApi, ResidualsAndPrenorm) {
  NormSpec spec = NormSpec::rms_norm(tile::bf16, 64);
  spec.prenorm = true;
  expect_forward(spec, 5);
  spec.residual = true;
  spec.weight_offset = true;
  expect_both(spec, 5);
  spec.residual_in_fp32 = true;
  spec.out_dtype = tile::f32;
  expect_both(spec, 5);
}

TEST_P(NormApi, RowsApartAndAddressesOfLittleAlignment) {
  expect_both(NormSpec::layer_norm(tile::bf16, 64), 6, {.gap = 16});
  expect_both(NormSpec::rms_norm(tile::bf16, 64), 6, {.gap = 3, .shift = 1});
  expect_both(NormSpec::layer_norm(tile::f32, 33), 6, {.shift = 1});
}

TEST_P(NormApi, RowsOfGroupsAndGatesApart) {
  NormSpec group = NormSpec::layer_norm(tile::bf16, 1024), odd = NormSpec::layer_norm(tile::f32, 60);
  group.groups = 4;
  expect_both(group, 21, {.gap = 64});
  group.residual = true; // read from the saved sum, whose rows are not apart
  expect_both(group, 5, {.gap = 8});
  odd.groups = 3;
  expect_both(odd, 7, {.gap = 3, .shift = 1});
  odd.groups = 6;
  expect_both(odd, 7, {.gap = 4});
  NormSpec gated = NormSpec::layer_norm(tile::bf16, 64), mamba = NormSpec::rms_norm(tile::bf16, 256);
  gated.gate = Gate::Sigmoid;
  mamba.gate = Gate::Silu;
  mamba.gate_first = true;
  expect_both(gated, 5, {.gap = 16});
  expect_both(mamba, 6, {.gap = 8});
  mamba.groups = 2;
  expect_both(mamba, 6, {.gap = 24});
  NormSpec wide = NormSpec::layer_norm(tile::bf16, 60000); // two rows too wide to be held
  wide.groups = 2;
  expect_both(wide, 3, {.gap = 8});
}

// A gate that is a part of a projection, of an x that is not.
TEST_P(NormApi, OnlyTheGateApart) {
  NormSpec spec = NormSpec::rms_norm(tile::bf16, 128);
  spec.gate = Gate::Silu;
  spec.gate_first = true;
  spec.groups = 2;
  const NormProblem problem(spec, Pass::Fwd, 9);
  Call call(*stream, problem, off);
  const NormOptions options = options_of(spec, call, 1e-5, {.gap = 40});
  const NormForward got = rms_norm_forward(*stream, call.input("x"), call.input("w"), {}, options);
  call.expect("y", got.y);
  call.expect("rstd", got.rstd);
}

TEST_P(NormApi, EveryAddressAlignedToAnElement) {
  off = 1;
  for (DType dtype : {tile::bf16, tile::f32}) {
    expect_both(NormSpec::layer_norm(dtype, 64), 6);
    expect_both(NormSpec::rms_norm(dtype, 1200), 6, {.gap = 3});
    NormSpec first = NormSpec::layer_norm(dtype, 64); // tensors of two dtypes
    first.weight_offset = first.residual = first.prenorm = first.residual_in_fp32 = first.gate_first = true;
    first.gate = Gate::Silu;
    first.out_dtype = dtype == tile::f32 ? tile::bf16 : tile::f32;
    expect_both(first, 6);
    NormSpec last = NormSpec::layer_norm(dtype, 128);
    last.residual = last.prenorm = true;
    last.gate = Gate::Sigmoid;
    last.groups = 2;
    expect_both(last, 6);
  }
}

TEST_P(NormApi, NoRows) {
  expect_both(NormSpec::layer_norm(tile::bf16, 64), 0);
}

TEST_P(NormApi, RefusalsSayWhatIsAccepted) {
  const Tensor x = stream->empty(tile::bf16, {4, 8}), w = stream->empty(tile::bf16, {8});
  const Tensor f = stream->empty(tile::f32, {8}), rstd = stream->empty(tile::f32, {4});
  auto forward = [&](const Tensor &x, const Tensor &w, const NormOptions &o = {}, const NormForward &into = {}) {
    return refusal([&] { layer_norm_forward(*stream, x, w, {}, o, into); });
  };
  EXPECT_EQ(forward(stream->empty(tile::i32, {4, 8}), w),
            "layer_norm_forward: tensor 'x' is i32[4, 8]; accepted: bf16, f16, f32");
  EXPECT_EQ(forward(x, f), "layer_norm_forward: tensor 'weight' is f32[8]; accepted: bf16");
  EXPECT_EQ(forward(x, x), "layer_norm_forward: tensor 'weight' is bf16[4, 8]; accepted: the shape [8]");
  EXPECT_EQ(forward(x, w, {.eps = -1}), "layer_norm_forward: eps is -1; accepted: finite numbers from 0 up");
  EXPECT_THAT(forward(x, w, {.groups = 3}), HasSubstr("3 groups of 8 columns; accepted: a divisor of 8"));
  Tensor many = x; // of no more memory than it needs to be refused
  many.shape = {1 << 30, 1024};
  EXPECT_EQ(forward(many, {}, {.groups = 1024}),
            "layer_norm_forward: 1073741824 rows of 1024 groups; accepted: 2147483647 groups in all");
  EXPECT_EQ(forward(x, w, {.eps = 1 / 0.0}), "layer_norm_forward: eps is inf; accepted: finite numbers from 0 up");
  EXPECT_THAT(forward(x, w, {.gate_first = true}), HasSubstr("a gate before the norm, but no gate"));
  EXPECT_THAT(forward(x, {}, {.weight_offset = true}), HasSubstr("an offset of the weight, but no weight"));
  EXPECT_THAT(forward(x, w, {.gate = w}), HasSubstr("tensor 'gate' is bf16[8]; accepted: the shape [4, 8]"));
  EXPECT_THAT(forward(x, w, {.gate = x, .activation = GateActivation(7)}),
              HasSubstr("7 is no GateActivation; accepted: silu"));
  EXPECT_THAT(forward(x, w, {.residual = x, .residual_in_fp32 = true}),
              HasSubstr("tensor 'residual' is bf16[4, 8]; accepted: f32"));
  EXPECT_THAT(forward(x, w, {.out_dtype = tile::i32}), HasSubstr("dtype i32 is not accepted"));
  EXPECT_THAT(forward(x, w, {}, {.y = x}), HasSubstr("'y' is bf16[4, 8]; accepted: memory that it does not share"));
  EXPECT_THAT(forward(x, w, {}, {.sum = x}), HasSubstr("tensor 'sum' is bf16[4, 8]; accepted: no such tensor"));
  Tensor turned = x;
  turned.shape = {4, 4}, turned.strides = {1, 8};
  EXPECT_THAT(forward(stream->empty(tile::bf16, {4, 4}), {}, {.gate = turned}),
              HasSubstr("'gate' is bf16[4, 4] with strides [1, 8]; accepted: a last dimension of stride 1"));
  auto backward = [&](const NormForward &saved, const Tensor &dy, const NormOptions &o = {}, const Tensor &dsum = {}) {
    return refusal([&] { rms_norm_backward(*stream, x, w, {}, saved, dy, o, dsum); });
  };
  EXPECT_THAT(backward({}, x), HasSubstr("rms_norm_backward: tensor 'rstd' is f32[]; accepted: an address"));
  EXPECT_THAT(backward({.rstd = rstd}, w), HasSubstr("tensor 'dy' is bf16[8]; accepted: the shape [4, 8]"));
  EXPECT_THAT(backward({.rstd = rstd}, x, {}, x), HasSubstr("'dsum' is bf16[4, 8]; accepted: no such tensor without"));
  EXPECT_THAT(backward({.rstd = rstd}, x, {.prenorm = true}), HasSubstr("tensor 'dsum' is f32[]; accepted: an"));
  EXPECT_THAT(backward({.rstd = rstd}, x, {.residual = x}), HasSubstr("tensor 'sum' is f32[]; accepted: the shape"));
}

INSTANTIATE_ON_DEVICES(NormApi);

} // namespace
} // namespace fla::test
