// Activations as a caller calls them.
#include "modules/activations/api.h"
#include "modules/activations/problem.h"
#include "tests/api/Calls.h"

namespace fla::test {
namespace {

using activations::activation_named;
using activations::ActivationProblem;
using activations::Options;
using testing::HasSubstr;

class ActivationsApi : public ApiTest {
protected:
  void expect_plain(Activation f, DType dtype, int64_t rows, int64_t cols, Layout layout = {}, double t = 1) {
    Options options;
    options.temperature = t;
    const ActivationProblem fwd(activation_named(name_of(f)), dtype, Pass::Fwd, rows, cols, options);
    Call call(*stream, fwd, off);
    Tensor out = call.place(dtype, {rows, cols}, layout);
    call.expect("y", activation_forward(*stream, f, call.input("x", {}, layout), {t}, out));
    const ActivationProblem bwd(activation_named(name_of(f)), dtype, Pass::Bwd, rows, cols, options);
    Call back(*stream, bwd, off);
    back.expect("dx",
                activation_backward(*stream, f, back.input("x"), back.input("dy", {}, layout), {t}, back.output("dx")));
  }
  /// x and y, dx and dy as halves of one tensor.
  void expect_gated(Gate gate, DType dtype, int64_t rows, int64_t cols, bool again) {
    Options options;
    options.packed = true;
    const ActivationProblem fwd(activation_named(name_of(gate)), dtype, Pass::Fwd, rows, cols, options);
    Call call(*stream, fwd, off);
    const auto [x, y] = halves(call.input("xy"));
    call.expect("z", gated_forward(*stream, gate, x, y, call.output("z")));

    options.again = again;
    const ActivationProblem bwd(activation_named(name_of(gate)), dtype, Pass::Bwd, rows, cols, options);
    Call back(*stream, bwd, off);
    const Tensor xy = back.input("xy"), dxy = back.place(dtype, {rows, 2 * cols});
    const auto [bx, by] = halves(xy);
    const auto [dx, dy] = halves(dxy);
    const GatedBackward got = gated_backward(*stream, gate, bx, by, back.input("dz"), again,
                                             {.dx = dx, .dy = dy, .z = again ? back.output("z") : Tensor()});
    back.expect("dxy", dxy);
    if (again) back.expect("z", got.z);
    back.expect_unchanged("xy", xy);
  }
  /// x, y and their gradients as tensors of their own.
  void expect_separate(Gate gate, DType dtype, int64_t rows, int64_t cols) {
    const ActivationProblem fwd(activation_named(name_of(gate)), dtype, Pass::Fwd, rows, cols);
    Call call(*stream, fwd, off);
    call.expect("z", gated_forward(*stream, gate, call.input("x"), call.input("y"), call.output("z")));
    const ActivationProblem bwd(activation_named(name_of(gate)), dtype, Pass::Bwd, rows, cols);
    Call back(*stream, bwd, off);
    const GatedBackward got = gated_backward(*stream, gate, back.input("x"), back.input("y"), back.input("dz"), false,
                                             {.dx = back.output("dx"), .dy = back.output("dy"), .z = {}});
    back.expect("dx", got.dx);
    back.expect("dy", got.dy);
  }
  void expect_biased(DType dtype, int64_t rows, int64_t cols, Layout layout) {
    const ActivationProblem fwd(activation_named("bias_gelu"), dtype, Pass::Fwd, rows, cols);
    Call call(*stream, fwd, off);
    call.expect("y", bias_gelu_forward(*stream, call.input("x", {}, layout), call.input("b"), call.output("y")));
    const ActivationProblem bwd(activation_named("bias_gelu"), dtype, Pass::Bwd, rows, cols);
    Call back(*stream, bwd, off);
    const BiasGeluBackward got =
        bias_gelu_backward(*stream, back.input("x"), back.input("b", {}, {.shift = layout.shift}), back.input("dy"),
                           {.dx = back.output("dx"), .db = back.output("db")});
    back.expect("dx", got.dx);
    back.expect("db", got.db);
  }
};

TEST_P(ActivationsApi, EveryPlainOne) {
  for (Activation f :
       {Activation::sigmoid, Activation::swish, Activation::gelu, Activation::gelu_erf, Activation::sqrelu})
    expect_plain(f, tile::bf16, 5, 64);
  expect_plain(Activation::logsigmoid, tile::f32, 3, 33, {}, 1);
  expect_plain(Activation::logsigmoid, tile::f32, 3, 33, {}, 16); // not the plan of another temperature
}

TEST_P(ActivationsApi, RowsApartAndAddressesOfLittleAlignment) {
  expect_plain(Activation::swish, tile::bf16, 6, 64, {.gap = 16});
  expect_plain(Activation::swish, tile::bf16, 6, 64, {.gap = 5, .shift = 3});
  expect_plain(Activation::swish, tile::f32, 6, 33, {.shift = 1});
}

TEST_P(ActivationsApi, EveryAddressAlignedToAnElement) {
  off = 1;
  for (DType dtype : {tile::bf16, tile::f32}) {
    expect_plain(Activation::swish, dtype, 6, 64);
    expect_plain(Activation::logsigmoid, dtype, 5, 33, {.gap = 3}, 16);
    expect_gated(Gate::swiglu, dtype, 6, 64, true);
    expect_gated(Gate::geglu, dtype, 5, 33, false);
    expect_separate(Gate::reglu, dtype, 6, 64);
    expect_biased(dtype, 9, 64, {});
    expect_biased(dtype, 9, 33, {.gap = 3});
  }
}

TEST_P(ActivationsApi, EveryGateOnHalvesOfOneTensor) {
  for (Gate gate : {Gate::swiglu, Gate::sigmoidglu, Gate::geglu, Gate::reglu, Gate::powglu})
    expect_gated(gate, tile::bf16, 5, 64, gate == Gate::geglu);
  expect_gated(Gate::swiglu, tile::f16, 4, 27, true);
}

TEST_P(ActivationsApi, Biased) {
  expect_biased(tile::bf16, 9, 64, {});
  expect_biased(tile::f32, 9, 33, {.gap = 2, .shift = 1});
}

TEST_P(ActivationsApi, NoRows) {
  expect_plain(Activation::gelu, tile::bf16, 0, 64);
  expect_gated(Gate::swiglu, tile::bf16, 0, 64, true);
  expect_biased(tile::bf16, 0, 64, {}); // db is 0
}

TEST_P(ActivationsApi, RefusalsSayWhatIsAccepted) {
  const Tensor x = stream->empty(tile::bf16, {4, 8}), w = stream->empty(tile::bf16, {4, 9});
  const Tensor f = stream->empty(tile::f32, {4, 8}), xy = stream->empty(tile::bf16, {4, 16});
  auto forward = [&](Activation a, const Tensor &x, ActivationOptions o = {}, const Tensor &into = {}) {
    return refusal([&] { activation_forward(*stream, a, x, o, into); });
  };
  EXPECT_EQ(forward(Activation::swish, stream->empty(tile::i64, {4})),
            "swish_forward: tensor 'x' is i64[4]; accepted: bf16, f16, f32");
  EXPECT_EQ(forward(Activation::logsigmoid, x, {0}),
            "logsigmoid_forward: temperature is 0; accepted: finite numbers but 0");
  EXPECT_EQ(forward(Activation::swish, x, {2}), "swish_forward: temperature is 2; accepted: 1, but for logsigmoid");
  EXPECT_THAT(forward(Activation::swish, x, {}, f), HasSubstr("tensor 'y' is f32[4, 8]; accepted: bf16"));
  EXPECT_THAT(forward(Activation::swish, x, {}, x), HasSubstr("memory that it does not share with 'x'"));
  EXPECT_EQ(refusal([&] { activation_backward(*stream, Activation::gelu, x, w); }),
            "gelu_backward: tensor 'dy' is bf16[4, 9]; accepted: the shape [4, 8]");
  const auto [left, right] = halves(xy);
  EXPECT_THAT(refusal([&] { gated_forward(*stream, Gate::geglu, left, right, left); }),
              HasSubstr("geglu_forward: tensor 'z' is bf16[4, 8] with strides [16, 1]; accepted: memory that it does "
                        "not share with 'x'"));
  EXPECT_THAT(refusal([&] { gated_backward(*stream, Gate::reglu, x, x, x, false, {.dx = {}, .dy = {}, .z = w}); }),
              HasSubstr("tensor 'z' is bf16[4, 9]; accepted: no such tensor without `again`"));
  EXPECT_THAT(refusal([&] { gated_backward(*stream, Gate::reglu, x, x, x, false, {.dx = f, .dy = {}, .z = {}}); }),
              HasSubstr("reglu_backward: tensor 'dx' is f32[4, 8]; accepted: bf16"));
  EXPECT_EQ(refusal([&] { bias_gelu_forward(*stream, x, w); }),
            "bias_gelu_forward: tensor 'b' is bf16[4, 9]; accepted: the shape [8]");
  EXPECT_THAT(refusal([&] { halves(w); }), HasSubstr("halves of bf16[4, 9]; accepted: a last dimension of an even"));
  EXPECT_THAT(refusal([&] { name_of(Gate(99)); }), HasSubstr("99 is no Gate; accepted: swiglu, sigmoidglu"));
  EXPECT_THAT(refusal([&] { name_of(Activation(42)); }), HasSubstr("42 is no Activation; accepted: sigmoid, logsig"));
  EXPECT_THAT(forward(Activation::logsigmoid, x, {std::nan("")}), HasSubstr("temperature is nan; accepted: finite"));
}

INSTANTIATE_ON_DEVICES(ActivationsApi);

} // namespace
} // namespace fla::test
