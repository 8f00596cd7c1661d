// token_shift as a caller calls it.
#include "modules/tokenshift/api.h"
#include "modules/tokenshift/problem.h"
#include "tests/api/Calls.h"

namespace fla::test {
namespace {

using testing::HasSubstr;
using tokenshift::ShiftProblem;
using tokenshift::ShiftSpec;

class TokenShiftApi : public ApiTest {
protected:
  static ShiftSpec spec_of(const Sequences &s, DType dtype, int64_t cols, bool cache) {
    ShiftSpec spec;
    spec.tokens = layout_of(s, dtype, cols);
    spec.cache = spec.next_cache = cache;
    return spec;
  }
  void expect_both(const Sequences &s, DType dtype, int64_t cols, bool cache, Layout layout = {}) {
    const std::vector<int64_t> shape = {s.batch(), s.tokens(), cols};
    const ShiftProblem fwd(spec_of(s, dtype, cols, cache), Pass::Fwd, s);
    Call call(*stream, fwd, off);
    TokenShiftOptions options;
    if (s.packed()) options.cu_seqlens = call.input("cu_seqlens");
    if (cache) options.cache = call.input("cache");
    options.next_cache = cache;
    options.check = true;
    Tensor x = call.input("x", shape, layout);
    const TokenShiftForward got =
        token_shift_forward(*stream, x, options,
                            {.y = call.output("y", shape), .next_cache = cache ? call.output("next_cache") : Tensor()});
    call.expect("y", got.y);
    if (cache) call.expect("next_cache", got.next_cache);
    call.expect_unchanged("x", x);

    const ShiftProblem bwd(spec_of(s, dtype, cols, cache), Pass::Bwd, s);
    Call back(*stream, bwd, off);
    TokenShiftBackwardOptions b{.cu_seqlens = options.cu_seqlens, .cache = cache, .check = false};
    if (cache) b.dnext_cache = back.input("dnext_cache");
    const TokenShiftBackward gradients =
        token_shift_backward(*stream, back.input("dy", shape, layout), b,
                             {.dx = back.output("dx", shape), .dcache = cache ? back.output("dcache") : Tensor()});
    back.expect("dx", gradients.dx);
    if (cache) back.expect("dcache", gradients.dcache);
  }
  Tensor boundaries(const std::vector<int32_t> &numbers) {
    Tensor t = stream->empty(tile::i32, {int64_t(numbers.size())});
    stream->upload(t, numbers.data());
    return t;
  }
};

TEST_P(TokenShiftApi, Batches) {
  expect_both({2, 9}, tile::bf16, 64, false);
  expect_both({3, 5}, tile::f32, 33, true);
}

TEST_P(TokenShiftApi, PackedSequences) {
  expect_both({{0, 3, 3, 10, 19}, tile::i32}, tile::bf16, 64, true);
  expect_both({{0, 1, 8, 10, 19}, tile::i32}, tile::bf16, 64, true); // the same plan, other cuts
  expect_both({{0, 4, 9}, tile::i64}, tile::f16, 40, false);
}

TEST_P(TokenShiftApi, TokensApart) {
  expect_both({2, 9}, tile::bf16, 64, true, {.gap = 8});
  expect_both({2, 9}, tile::bf16, 64, false, {.gap = 3, .shift = 1});
  expect_both({{0, 4, 9}, tile::i32}, tile::bf16, 33, false, {.gap = 1});
}

TEST_P(TokenShiftApi, EveryAddressAlignedToAnElement) {
  off = 1;
  for (DType dtype : {tile::bf16, tile::f32})
    for (bool cache : {false, true}) {
      expect_both({2, 9}, dtype, 64, cache);
      expect_both({2, 9}, dtype, 33, cache, {.gap = 3});
      expect_both({{0, 3, 3, 10, 19}, cache ? tile::i64 : tile::i32}, dtype, 64, cache);
    }
}

TEST_P(TokenShiftApi, DimensionsInAnyOrder) { // [T, B, D] seen as [B, T, D]
  const Sequences s(2, 4);
  const ShiftProblem problem(spec_of(s, tile::f32, 16, false), Pass::Fwd, s);
  Call call(*stream, problem, off);
  const Tensor x = call.input("x");
  std::vector<float> dense(128), turned(128);
  stream->download(dense.data(), x);
  for (size_t i = 0; i < 128; ++i) turned[i / 16 % 4 * 32 + i / 64 * 16 + i % 16] = dense[i];
  Tensor y = stream->empty(tile::f32, {2, 4, 16});
  stream->upload(y, turned.data());
  y.strides = {16, 32, 1};
  call.expect("y", token_shift_forward(*stream, y).y);
}

TEST_P(TokenShiftApi, NoTokens) {
  expect_both({0, 5}, tile::bf16, 64, true);
  expect_both({2, 0}, tile::bf16, 64, true);
}

TEST_P(TokenShiftApi, RefusalsSayWhatIsAccepted) {
  Tensor x = stream->empty(tile::bf16, {1, 6, 8});
  auto forward = [&](const Tensor &x, const TokenShiftOptions &o = {}, const TokenShiftForward &into = {}) {
    return refusal([&] { token_shift_forward(*stream, x, o, into); });
  };
  auto cut = [&](const std::vector<int32_t> &at) { return forward(x, {.cu_seqlens = boundaries(at), .check = true}); };
  EXPECT_EQ(cut({1, 6}), "token_shift_forward: cu_seqlens begins with 1, not 0");
  EXPECT_EQ(cut({0, 4, 2, 6}), "token_shift_forward: cu_seqlens falls from 4 to 2 at 2");
  EXPECT_EQ(cut({0, 5}), "token_shift_forward: cu_seqlens ends with 5; there are 6 tokens");
  EXPECT_THAT(cut({0}), HasSubstr("tensor 'cu_seqlens' is i32[1]; accepted: one dimension, a number more than there"));
  EXPECT_THAT(forward(x, {.cu_seqlens = stream->empty(tile::f32, {2})}), HasSubstr("accepted: i32, i64"));
  EXPECT_THAT(forward(stream->empty(tile::bf16, {2, 3, 8}), {.cu_seqlens = boundaries({0, 6})}),
              HasSubstr("tensor 'x' is bf16[2, 3, 8]; accepted: a single [T, D] with cu_seqlens"));
  EXPECT_THAT(forward(x, {.cache = stream->empty(tile::bf16, {2, 8})}),
              HasSubstr("tensor 'cache' is bf16[2, 8]; accepted: the shape [1, 8]"));
  EXPECT_THAT(forward(x, {}, {.y = {}, .next_cache = stream->empty(tile::bf16, {1, 8})}),
              HasSubstr("'next_cache' is bf16[1, 8]; accepted: no such tensor"));
  EXPECT_THAT(forward(x, {}, {.y = x, .next_cache = {}}), HasSubstr("memory that it does not share with 'x'"));
  EXPECT_THAT(forward(stream->empty(tile::bf16, {8})), HasSubstr("accepted: 2 dimensions or more"));
  Tensor turned = x;
  turned.strides = {48, 1, 6};
  EXPECT_THAT(forward(turned), HasSubstr("accepted: a last dimension of stride 1"));
  Tensor uneven = stream->empty(tile::bf16, {200});
  uneven.shape = {2, 2, 6, 8}, uneven.strides = {100, 48, 8, 1};
  EXPECT_THAT(forward(uneven), HasSubstr("accepted: dimensions before the last two that collapse into one"));
  uneven.strides = {96, -48, 8, 1};
  EXPECT_THAT(forward(uneven), HasSubstr("with strides [96, -48, 8, 1]; accepted: strides from 0 up"));
  Tensor none = x;
  none.shape = {1, 6, 0};
  EXPECT_THAT(forward(none), HasSubstr("'x' is bf16[1, 6, 0]; accepted: a last dimension of 1 to 16777216"));
  none.shape = {1 << 16, 1 << 15, 8};
  EXPECT_THAT(forward(none), HasSubstr("'x' is bf16[65536, 32768, 8]; accepted: 2147483647 tokens or fewer"));
  none.shape = {int64_t(1) << 32, int64_t(1) << 32, 1, 8}; // of no tokens, if one multiplies carelessly
  EXPECT_THAT(forward(none), HasSubstr("accepted: extents and strides that reach less than 2^62 bytes far"));
  EXPECT_THAT(refusal([&] { token_shift_backward(*stream, x, {.dnext_cache = x}); }),
              HasSubstr("token_shift_backward: tensor 'dnext_cache' is bf16[1, 6, 8]; accepted: the shape [1, 8]"));
}

INSTANTIATE_ON_DEVICES(TokenShiftApi);

} // namespace
} // namespace fla::test
