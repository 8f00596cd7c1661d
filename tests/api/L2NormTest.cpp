// l2norm as a caller calls it.
#include "modules/l2norm/api.h"
#include "modules/l2norm/problem.h"
#include "tests/api/Calls.h"

namespace fla::test {
namespace {

using l2norm::L2NormProblem;
using testing::HasSubstr;

class L2NormApi : public ApiTest {
protected:
  void expect_forward(DType dtype, DType out_dtype, std::vector<int64_t> shape, Layout layout, double eps) {
    const int64_t cols = shape.back();
    int64_t rows = 1;
    for (size_t d = 0; d + 1 < shape.size(); ++d) rows *= shape[d];
    const L2NormProblem problem({.dtype = dtype, .out_dtype = out_dtype, .cols = cols}, Pass::Fwd, rows, eps);
    Call call(*stream, problem, off);
    L2NormForward got = l2norm_forward(*stream, call.input("x", shape, layout), {.eps = eps, .out_dtype = out_dtype},
                                       {.y = call.place(out_dtype, shape, {.shift = layout.shift}),
                                        .rstd = call.output("rstd", {shape.begin(), shape.end() - 1})});
    EXPECT_EQ(got.rstd.shape, std::vector<int64_t>(shape.begin(), shape.end() - 1));
    call.expect("y", got.y);
    call.expect("rstd", got.rstd);
  }
  void expect_backward(DType dtype, DType out_dtype, int64_t rows, int64_t cols, Layout layout) {
    const L2NormProblem problem({.dtype = dtype, .out_dtype = out_dtype, .cols = cols}, Pass::Bwd, rows);
    Call call(*stream, problem, off);
    Tensor dy = call.input("dy", {}, layout);
    const L2NormBackward got =
        l2norm_backward(*stream, call.input("y"), call.input("rstd"), dy, dtype, {.dx = call.output("dx")});
    call.expect("dx", got.dx);
    call.expect_unchanged("dy", dy);
  }
};

TEST_P(L2NormApi, Forward) {
  expect_forward(tile::bf16, tile::bf16, {2, 3, 64}, {}, 1e-6);
  expect_forward(tile::bf16, tile::bf16, {2, 3, 64}, {}, 0.5); // not the plan of another eps
  expect_forward(tile::f32, tile::bf16, {5, 50}, {}, 1e-6);
  expect_forward(tile::bf16, tile::f32, {7}, {}, 1e-6); // a single row
}

TEST_P(L2NormApi, AddressesOfLittleAlignment) {
  expect_forward(tile::bf16, tile::bf16, {6, 64}, {.shift = 1}, 1e-6);
  expect_forward(tile::bf16, tile::bf16, {6, 64}, {.shift = 4}, 1e-6);
  expect_backward(tile::bf16, tile::bf16, 6, 64, {.shift = 2});
}

TEST_P(L2NormApi, RowsApart) {
  for (Layout layout : {Layout{.gap = 64}, Layout{.gap = 8}, Layout{.gap = 3, .shift = 1}}) {
    expect_forward(tile::bf16, tile::f32, {3, 2, 64}, layout, 1e-6);
    expect_backward(tile::f32, tile::bf16, 6, 64, layout);
    expect_backward(tile::f32, tile::f32, 6, 33, layout);
    expect_forward(tile::f32, tile::f32, {2, 5000}, layout, 1e-6);
  }
}

TEST_P(L2NormApi, EveryAddressAlignedToAnElement) {
  off = 1;
  for (DType dtype : {tile::bf16, tile::f32})
    for (DType out_dtype : {tile::bf16, tile::f32})
      for (int64_t cols : {33, 64, 1024}) {
        expect_forward(dtype, out_dtype, {3, 2, cols}, {}, 1e-6);
        expect_backward(dtype, out_dtype, 6, cols, {});
      }
}

TEST_P(L2NormApi, Backward) {
  expect_backward(tile::bf16, tile::bf16, 6, 64, {});
  expect_backward(tile::f32, tile::bf16, 5, 33, {});
}

TEST_P(L2NormApi, NoRows) {
  const L2NormForward saved = l2norm_forward(*stream, stream->empty(tile::bf16, {0, 64}));
  EXPECT_EQ(saved.y.str(), "bf16[0, 64]");
  EXPECT_EQ(l2norm_backward(*stream, saved.y, saved.rstd, saved.y).dx.str(), "bf16[0, 64]");
  stream->synchronize();
}

TEST_P(L2NormApi, RefusalsSayWhatIsAccepted) {
  Tensor x = stream->empty(tile::bf16, {4, 64}), f = stream->empty(tile::f32, {4, 64});
  Tensor apart = x, turned = x;
  apart.shape = {4, 32}, apart.strides = {64, 1};
  turned.strides = {1, 4};
  Tensor rstd = stream->empty(tile::f32, {4});
  auto forward = [&](const Tensor &x, L2NormOptions o = {}, L2NormForward into = {}) {
    return refusal([&] { l2norm_forward(*stream, x, o, into); });
  };
  EXPECT_EQ(forward(turned), "l2norm_forward: tensor 'x' is bf16[4, 64] with strides [1, 4]; accepted: a last "
                             "dimension of stride 1");
  EXPECT_EQ(refusal([&] { l2norm_backward(*stream, apart, rstd, apart); }),
            "l2norm_backward: tensor 'y' is bf16[4, 32] with strides [64, 1]; accepted: a contiguous tensor");
  EXPECT_EQ(forward(stream->empty(tile::i32, {4})), "l2norm_forward: tensor 'x' is i32[4]; accepted: bf16, f16, f32");
  EXPECT_THAT(forward(stream->empty(tile::f32, {})), HasSubstr("tensor 'x' is f32[]; accepted: 1 dimensions or more"));
  EXPECT_THAT(forward(stream->empty(tile::f32, {4, 0})), HasSubstr("accepted: a last dimension of 1 to 16777216"));
  EXPECT_EQ(forward(x, {.eps = -1}), "l2norm_forward: eps is -1; accepted: finite numbers from 0 up");
  EXPECT_EQ(forward(x, {.out_dtype = tile::i64}), "l2norm_forward: out_dtype is i64; accepted: bf16, f16, f32");
  EXPECT_THAT(forward(x, {}, {.y = f, .rstd = {}}), HasSubstr("tensor 'y' is f32[4, 64]; accepted: bf16"));
  EXPECT_THAT(forward(x, {}, {.y = x, .rstd = {}}), HasSubstr("accepted: memory that it does not share with 'x'"));
  auto backward = [&](const Tensor &rstd, const Tensor &dy) {
    return refusal([&] { l2norm_backward(*stream, x, rstd, dy); });
  };
  EXPECT_THAT(backward(f, x), HasSubstr("l2norm_backward: tensor 'rstd' is f32[4, 64]; accepted: the shape [4]"));
  EXPECT_EQ(refusal([&] { l2norm_backward(*stream, x, rstd, x, tile::i32); }),
            "l2norm_backward: x_dtype is i32; accepted: bf16, f16, f32");
  EXPECT_THAT(backward(rstd, f), HasSubstr("tensor 'dy' is f32[4, 64]; accepted: bf16"));
  Tensor odd = f;
  odd.data = static_cast<std::byte *>(odd.data) + 2;
  EXPECT_THAT(forward(odd),
              HasSubstr("'x' is f32[4, 64]; accepted: an address that is a multiple of its elements' size"));
}

INSTANTIATE_ON_DEVICES(L2NormApi);

} // namespace
} // namespace fla::test
