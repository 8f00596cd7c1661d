// What the checks let through, and the words for what they do not.
#include "modules/common/TensorChecks.h"
#include "compiler/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fla {
namespace {

using testing::HasSubstr;

alignas(64) float memory[64];

Tensor tensor(std::vector<int64_t> shape, std::vector<int64_t> strides = {}) {
  return {.data = memory, .dtype = tile::f32, .shape = std::move(shape), .strides = std::move(strides)};
}

class TensorChecksTest : public testing::Test {
protected:
  Stream stream{"host"};
  TensorChecks check{stream, "op"};

  template <class F> std::string refusal(F &&call) {
    try {
      call();
    } catch (const tile::UserError &e) {
      return e.what();
    }
    return "accepted";
  }
};

TEST_F(TensorChecksTest, ARightTensorPasses) {
  check.input("x", tensor({4, 8}), {tile::f32, tile::bf16}, 2);
  check.shape("x", tensor({4, 8}), {4, 8});
  check.contiguous("x", tensor({4, 8}, {8, 1}));
  check.contiguous("x", tensor({1, 8}, {999, 1}));
}

TEST_F(TensorChecksTest, RefusalsNameOpTensorAndWhatIsAccepted) {
  EXPECT_EQ(refusal([&] { check.input("x", tensor({4, 8}), {tile::f16, tile::bf16}); }),
            "op: tensor 'x' is f32[4, 8]; accepted: f16, bf16");
  EXPECT_EQ(refusal([&] { check.input("x", tensor({8}), {tile::f32}, 2); }),
            "op: tensor 'x' is f32[8]; accepted: 2 dimensions or more");
  EXPECT_EQ(refusal([&] { check.shape("w", tensor({8}), {9}); }), "op: tensor 'w' is f32[8]; accepted: the shape [9]");
  EXPECT_EQ(refusal([&] { check.contiguous("w", tensor({4, 8}, {16, 1})); }),
            "op: tensor 'w' is f32[4, 8] with strides [16, 1]; accepted: a contiguous tensor");
  EXPECT_THAT(refusal([&] { check.input("x", tensor({-1, 8}), {tile::f32}); }), HasSubstr("extents from 0 up"));
  EXPECT_THAT(refusal([&] { check.input("x", tensor({4, 8}, {1}), {tile::f32}); }),
              HasSubstr("a stride for each dimension; given were 1"));
  Tensor nowhere = tensor({4});
  nowhere.data = nullptr;
  EXPECT_THAT(refusal([&] { check.input("x", nowhere, {tile::f32}); }), HasSubstr("an address; given was null"));
  Tensor odd = tensor({4});
  odd.data = reinterpret_cast<std::byte *>(memory) + 2;
  EXPECT_THAT(refusal([&] { check.input("x", odd, {tile::f32}); }), HasSubstr("a multiple of its elements' size"));
  Tensor strange = tensor({4});
  strange.dtype = DType(77);
  EXPECT_EQ(refusal([&] { check.input("x", strange, {tile::f32}); }), "op: tensor 'x' is ?[4]; accepted: f32");
}

TEST_F(TensorChecksTest, ExtentsAndStridesReachOnlySoFar) {
  constexpr int64_t kFar = int64_t(1) << 40;
  auto input = [&](const Tensor &t) { return refusal([&] { check.input("x", t, {tile::f32}); }); };
  EXPECT_THAT(input(tensor({kFar, kFar})),
              HasSubstr("'x' is f32[1099511627776, 1099511627776]; accepted: extents and"));
  EXPECT_THAT(input(tensor({kFar, 0, kFar})), HasSubstr("less than 2^62 bytes far"));
  EXPECT_THAT(input(tensor({2, 8}, {int64_t(1) << 62, 1})), HasSubstr("less than 2^62 bytes far"));
  EXPECT_THAT(input(tensor({2, 8}, {INT64_MIN, 1})), HasSubstr("less than 2^62 bytes far"));
  EXPECT_EQ(input(tensor({1, 8}, {INT64_MAX, 1})), "accepted"); // of one row
}

TEST_F(TensorChecksTest, Rows) {
  auto rows = [&](const Tensor &t) { return refusal([&] { check.rows_of("x", t); }); };
  EXPECT_EQ(rows(tensor({})), "op: tensor 'x' is f32[]; accepted: 1 dimensions or more");
  EXPECT_EQ(rows(tensor({4, 0})), "op: tensor 'x' is f32[4, 0]; accepted: a last dimension of 1 to 16777216");
  EXPECT_THAT(rows(tensor({1 << 25})), HasSubstr("a last dimension of 1 to 16777216"));
  EXPECT_THAT(rows(tensor({int64_t(1) << 31, 8})), HasSubstr("accepted: 2147483647 rows or fewer"));
  EXPECT_THAT(rows(tensor({1 << 20, (1 << 20) + 1})), HasSubstr("accepted: 1099511627776 elements or fewer"));
  EXPECT_EQ(rows(tensor({1 << 20, 1 << 20})), "accepted");
}

TEST_F(TensorChecksTest, RowStrides) {
  EXPECT_EQ(check.row_stride("x", tensor({4, 8})), 8);
  EXPECT_EQ(check.row_stride("x", tensor({2, 2, 8}, {32, 16, 1})), 16);
  EXPECT_EQ(check.row_stride("x", tensor({2, 1, 8}, {16, 5, 1})), 16);
  EXPECT_EQ(check.row_stride("x", tensor({1, 1, 8}, {3, 5, 1})), 8);
  EXPECT_EQ(check.row_stride("x", tensor({8})), 8);
  EXPECT_EQ(check.row_stride("x", tensor({4, 1}, {1, 7})), 1);
  EXPECT_THAT(refusal([&] { check.row_stride("x", tensor({2, 2, 8}, {8, 16, 1})); }), HasSubstr("collapse into one"));
  EXPECT_THAT(refusal([&] { check.row_stride("x", tensor({4, 8}, {1, 4})); }), HasSubstr("last dimension of stride 1"));
  EXPECT_THAT(refusal([&] { check.row_stride("x", tensor({4, 8}, {0, 1})); }), HasSubstr("8 elements apart"));
}

TEST_F(TensorChecksTest, OutputsAreMadeOrChecked) {
  Tensor made = check.output("y", {}, tile::bf16, {4, 8});
  EXPECT_TRUE(made);
  EXPECT_EQ(made.str(), "bf16[4, 8]");
  EXPECT_EQ(check.output("y", tensor({4, 8}), tile::f32, {4, 8}).data, memory);
  EXPECT_THAT(refusal([&] { check.output("y", tensor({4, 8}), tile::f32, {4, 9}); }), HasSubstr("the shape [4, 9]"));
  EXPECT_THAT(refusal([&] { check.output("y", tensor({4, 8}), tile::bf16, {4, 8}); }), HasSubstr("accepted: bf16"));
}

TEST_F(TensorChecksTest, Alignment) {
  Tensor a = tensor({4}), b = tensor({4}), c = tensor({4});
  b.data = memory + 4;
  c.data = memory + 1;
  EXPECT_EQ(TensorChecks::alignment({&a}), 64);
  EXPECT_EQ(TensorChecks::alignment({&a, &b}), 16);
  EXPECT_EQ(TensorChecks::alignment({&a, &b, &c}), 4);
}

} // namespace
} // namespace fla
