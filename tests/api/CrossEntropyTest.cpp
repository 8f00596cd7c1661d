// cross_entropy as a caller calls it.
#include "modules/cross_entropy/api.h"
#include "modules/cross_entropy/problem.h"
#include "tests/api/Calls.h"

namespace fla::test {
namespace {

using cross_entropy::CrossEntropyProblem;
using cross_entropy::Reduction;
using cross_entropy::Spec;
using testing::HasSubstr;

constexpr cross_entropy::TargetMix kMix{.ignored = 0.2, .out_of_range = 0};

class CrossEntropyApi : public ApiTest {
protected:
  static CrossEntropyOptions options_of(const Spec &spec, Call &call) {
    CrossEntropyOptions o;
    o.reduction = LossReduction(int(spec.reduction));
    o.ignore_index = spec.ignore_index;
    o.label_smoothing = spec.label_smoothing;
    o.logit_scale = spec.logit_scale;
    o.softcap = spec.softcap;
    o.lse_square_scale = spec.lse_square_scale;
    if (spec.class_weights) o.weight = call.input("weight");
    return o;
  }
  static Tensor result(const Spec &spec, Tensor t) {
    if (spec.is_reduced()) t.shape = {};
    return t;
  }
  static CrossEntropyForward outputs(const Spec &spec, Call &call) {
    return {.loss = result(spec, call.output("loss")),
            .lse = call.output("lse"),
            .z_loss = spec.has_z() ? result(spec, call.output("z_loss")) : Tensor(),
            .total_weight = spec.is_mean() ? result(spec, call.output("total_weight")) : Tensor()};
  }
  static void expect_losses(const Spec &spec, Call &call, const CrossEntropyForward &got) {
    EXPECT_EQ(got.loss.rank(), spec.is_reduced() ? 0 : 1);
    call.expect("loss", got.loss);
    call.expect("lse", got.lse);
    if (spec.has_z()) call.expect("z_loss", got.z_loss);
    if (spec.is_mean()) call.expect("total_weight", got.total_weight);
  }

  void expect_forward(const Spec &spec, int64_t rows, Layout layout) {
    const CrossEntropyProblem problem(spec, Pass::Fwd, rows, kMix);
    Call call(*stream, problem, off);
    const Tensor logits = call.input("logits", {}, layout), targets = call.input("targets");
    expect_losses(spec, call,
                  cross_entropy_forward(*stream, logits, targets, options_of(spec, call), outputs(spec, call)));
  }
  void expect_backward(Spec spec, int64_t rows, Layout layout, bool in_place) {
    const CrossEntropyProblem problem(spec, Pass::Bwd, rows, kMix);
    Call call(*stream, problem, off);
    const Tensor logits = call.input("logits", {}, layout), targets = call.input("targets");
    CrossEntropyForward saved{.lse = call.input("lse")};
    if (spec.is_mean()) saved.total_weight = result(spec, call.input("total_weight"));
    const Tensor dloss = result(spec, call.input("dloss"));
    const Tensor got = cross_entropy_backward(*stream, logits, targets, saved, dloss, options_of(spec, call),
                                              in_place ? logits : call.output("dlogits"));
    EXPECT_EQ(got.data == logits.data, in_place && rows > 0);
    call.expect("dlogits", got);
    if (!in_place) call.expect_unchanged("logits", logits);
  }
  void expect_both(const Spec &spec, int64_t rows, Layout layout, bool in_place) {
    const CrossEntropyProblem problem(spec, Pass::FwdBwd, rows, kMix);
    Call call(*stream, problem, off);
    const Tensor logits = call.input("logits", {}, layout), targets = call.input("targets");
    const CrossEntropyBoth got = cross_entropy_forward_backward(
        *stream, logits, targets, options_of(spec, call),
        {.forward = outputs(spec, call), .dlogits = in_place ? logits : call.output("dlogits")});
    expect_losses(spec, call, got.forward);
    call.expect("dlogits", got.dlogits);
  }
  void expect_all(const Spec &spec, int64_t rows, Layout layout = {}, bool in_place = false) {
    expect_forward(spec, rows, layout);
    expect_backward(spec, rows, layout, in_place);
    expect_both(spec, rows, layout, in_place);
  }
};

Spec spec_of(DType dtype, int64_t classes) {
  Spec spec;
  spec.dtype = dtype;
  spec.classes = classes;
  return spec;
}

TEST_P(CrossEntropyApi, AMean) {
  expect_all(spec_of(tile::bf16, 64), 7);
}

TEST_P(CrossEntropyApi, EveryOption) {
  Spec spec = spec_of(tile::f32, 50);
  spec.reduction = Reduction::None;
  spec.ignore_index = 3;
  spec.label_smoothing = 0.1;
  spec.logit_scale = 0.5;
  spec.softcap = 20;
  spec.lse_square_scale = 1e-2;
  spec.class_weights = true;
  expect_all(spec, 5);
  spec.reduction = Reduction::Sum;
  expect_all(spec, 5);
}

TEST_P(CrossEntropyApi, RowsApartAndInPlace) {
  expect_all(spec_of(tile::bf16, 61), 6, {.gap = 3}, true);
  expect_all(spec_of(tile::bf16, 64), 6, {.gap = 5, .shift = 1}, false);
  expect_all(spec_of(tile::bf16, 64), 6, {}, true);
}

TEST_P(CrossEntropyApi, EveryAddressAlignedToAnElement) {
  off = 1;
  for (DType dtype : {tile::bf16, tile::f32}) {
    expect_all(spec_of(dtype, 64), 6);
    expect_all(spec_of(dtype, 64), 6, {}, true);
    expect_all(spec_of(dtype, 4100), 3, {.gap = 3}, true);
    Spec spec = spec_of(dtype, 2600);
    spec.label_smoothing = 0.1;
    spec.lse_square_scale = 1e-2;
    spec.class_weights = true;
    expect_all(spec, 3);
    spec.reduction = Reduction::None;
    expect_all(spec, 3, {.gap = 1});
  }
}

TEST_P(CrossEntropyApi, NoRows) {
  expect_all(spec_of(tile::bf16, 64), 0);
}

TEST_P(CrossEntropyApi, RefusalsSayWhatIsAccepted) {
  const Tensor x = stream->empty(tile::bf16, {4, 8}), t = stream->empty(tile::i64, {4});
  const Tensor f = stream->empty(tile::f32, {4}), one = stream->empty(tile::f32, {});
  auto forward = [&](const Tensor &x, const Tensor &t, const CrossEntropyOptions &o = {},
                     const CrossEntropyForward &into = {}) {
    return refusal([&] { cross_entropy_forward(*stream, x, t, o, into); });
  };
  EXPECT_EQ(forward(t, t), "cross_entropy_forward: tensor 'logits' is i64[4]; accepted: bf16, f16, f32");
  EXPECT_EQ(forward(x, f), "cross_entropy_forward: tensor 'targets' is f32[4]; accepted: i64");
  EXPECT_THAT(forward(x, stream->empty(tile::i64, {5})), HasSubstr("'targets' is i64[5]; accepted: the shape [4]"));
  EXPECT_EQ(forward(x, t, {.label_smoothing = 2}), "cross_entropy_forward: label_smoothing is 2; accepted: 0 to 1");
  EXPECT_THAT(forward(x, t, {.softcap = -1}), HasSubstr("softcap is -1; accepted: finite numbers from 0 up"));
  EXPECT_THAT(forward(x, t, {.logit_scale = 1 / 0.0}), HasSubstr("logit_scale is inf; accepted: finite numbers"));
  EXPECT_THAT(forward(x, t, {.lse_square_scale = -1}), HasSubstr("lse_square_scale is -1"));
  for (double none : {1e39, std::nan("")}) {
    EXPECT_THAT(forward(x, t, {.logit_scale = none}), HasSubstr("; accepted: finite numbers of f32"));
    EXPECT_THAT(forward(x, t, {.softcap = none}), HasSubstr("; accepted: finite numbers from 0 up, of f32"));
  }
  EXPECT_THAT(forward(x, t, {.softcap = 1e-40}), HasSubstr("logit_scale / softcap is 1e+40; accepted: finite"));
  EXPECT_THAT(forward(x, t, {.lse_square_scale = 2e38}), HasSubstr("lse_square_scale is 2e+38; accepted: finite"));
  EXPECT_THAT(forward(x, t, {.label_smoothing = std::nan("")}), HasSubstr("label_smoothing is nan; accepted: 0 to 1"));
  EXPECT_THAT(forward(x, t, {.weight = f}), HasSubstr("tensor 'weight' is f32[4]; accepted: the shape [8]"));
  EXPECT_THAT(forward(x, t, {.reduction = LossReduction(9)}),
              HasSubstr("9 is no LossReduction; accepted: Mean, Sum, None"));
  EXPECT_THAT(forward(x, t, {}, {.loss = f}), HasSubstr("tensor 'loss' is f32[4]; accepted: the shape []"));
  EXPECT_THAT(forward(x, t, {}, {.z_loss = one}), HasSubstr("tensor 'z_loss' is f32[]; accepted: no such tensor"));
  EXPECT_THAT(forward(x, t, {}, {.loss = one, .total_weight = one}),
              HasSubstr("tensor 'total_weight' is f32[]; accepted: memory that it does not share with 'loss'"));

  auto backward = [&](const CrossEntropyForward &saved, const Tensor &dloss, const Tensor &into = {}) {
    return refusal([&] { cross_entropy_backward(*stream, x, t, saved, dloss, {}, into); });
  };
  EXPECT_THAT(backward({}, one), HasSubstr("cross_entropy_backward: tensor 'lse' is f32[]; accepted: an address"));
  EXPECT_THAT(backward({.lse = f}, one), HasSubstr("tensor 'total_weight' is f32[]; accepted: an address"));
  EXPECT_THAT(backward({.lse = f, .total_weight = one}, f), HasSubstr("'dloss' is f32[4]; accepted: the shape []"));
  Tensor narrow = x, behind = x;
  narrow.shape = {2, 8}, narrow.strides = {16, 1};
  EXPECT_THAT(backward({.lse = f, .total_weight = one}, one, narrow), HasSubstr("'dlogits' is bf16[2, 8]"));
  const Tensor large = stream->empty(tile::bf16, {64});
  Tensor spread = large, wide = large; // one memory, rows 16 and 8 apart
  spread.shape = wide.shape = {4, 8}, spread.strides = {16, 1};
  EXPECT_THAT(
      refusal([&] { cross_entropy_backward(*stream, spread, t, {.lse = f, .total_weight = one}, one, {}, wide); }),
      HasSubstr("tensor 'dlogits' is bf16[4, 8]; accepted: in place of the logits, their strides"));
  behind = large, behind.shape = {4, 8};
  Tensor logits = behind;
  logits.data = static_cast<std::byte *>(logits.data) + 2;
  EXPECT_THAT(
      refusal([&] { cross_entropy_backward(*stream, logits, t, {.lse = f, .total_weight = one}, one, {}, behind); }),
      HasSubstr("tensor 'dlogits' is bf16[4, 8]; accepted: memory that it does not share with 'logits'"));
}

INSTANTIATE_ON_DEVICES(CrossEntropyApi);

} // namespace
} // namespace fla::test
