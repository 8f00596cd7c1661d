// token_shift without its kernels: the truth, the references, what a case says of itself.
#include "tests/modules/Truth.h"

#include "modules/tokenshift/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace fla;
using namespace fla::test;
using testing::HasSubstr;

namespace {

tokenshift::ShiftProblem shift(Sequences sequences, Pass pass, int64_t cols, bool caches, DType dtype = tile::f32,
                               int64_t gap = 0) {
  tokenshift::ShiftSpec spec;
  spec.tokens = layout_of(sequences, dtype, cols);
  if (gap) spec.tokens.stride_divisor = 1;
  spec.cache = spec.next_cache = caches;
  return {spec, pass, std::move(sequences), gap};
}

std::vector<Sequences> kinds() {
  return {{2, 3}, {1, 1}, {{0, 0, 1, 4, 4, 6}, tile::i32}, {{0, 5}, tile::i64}, {2, 0}, {{0, 0}, tile::i64}};
}

TEST(Tokenshift, OracleIsTheDefinition) {
  Doubles in = {{"x", {1, 10, 100, 7, 20}}, {"cu_seqlens", {0, 3, 5}}, {"cache", {2, 4}}};
  Sequences packed({0, 3, 5}, tile::i32);
  auto out = truth(shift(packed, Pass::Fwd, 1, true), in);
  EXPECT_EQ(out.at("y"), (std::vector<double>{1, -9, -90, -3, -13}));
  EXPECT_EQ(out.at("next_cache"), (std::vector<double>{100, 20}));
  EXPECT_EQ(truth(shift(packed, Pass::Fwd, 1, false), in).at("y"), (std::vector<double>{-1, -9, -90, -7, -13}));
}

TEST(Tokenshift, OracleGradientsAreThoseOfItsForward) {
  for (const Sequences &s : kinds()) {
    if (s.rows() == 0) continue;
    expect_gradients(shift(s, Pass::FwdBwd, 2, false), {{"y", "dy"}}, {{"x", "dx"}});
    expect_gradients(shift(s, Pass::FwdBwd, 2, true), {{"y", "dy"}, {"next_cache", "dnext_cache"}},
                     {{"x", "dx"}, {"cache", "dcache"}});
  }
}

TEST(Tokenshift, ReferencesAreRight) {
  std::vector<Sequences> all = kinds();
  all.push_back(Sequences::cut(300, 40, tile::i32));
  all.push_back({3, 100});
  for (const Sequences &s : all)
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
      for (bool caches : {false, true})
        for (int64_t gap : {0, 3})
          for (DType dtype : {tile::bf16, tile::f32}) {
            const auto problem = shift(s, pass, 20, caches, dtype, gap);
            expect_host_reference_is_right(problem, 42);
            expect_cuda_steps_are_sound(problem);
          }
}

TEST(Tokenshift, BytesAreEachTensorOnce) {
  EXPECT_EQ(shift({2, 8}, Pass::Fwd, 16, false, tile::bf16).bytes(), 2 * 2 * 8 * 16 * 2);
  EXPECT_EQ(shift({2, 8}, Pass::Fwd, 16, false, tile::bf16, 5).bytes(), 2 * 2 * 8 * 16 * 2);
  EXPECT_EQ(shift({2, 8}, Pass::Bwd, 16, true, tile::f32).bytes(), 4 * (2 * 2 * 8 * 16 + 2 * 2 * 16));
}

template <class F> std::string refusal(F &&f) {
  try {
    f();
  } catch (const tile::UserError &error) {
    return error.what();
  }
  return "nothing was thrown";
}

std::string refused_case(int64_t batch, int64_t tokens, int64_t cols, int64_t sequences, DType dtype = tile::bf16) {
  const Case c{{"B", batch}, {"T", tokens}, {"D", cols}, {"seqs", sequences}};
  return refusal([&] { module_named("tokenshift").problem("token_shift", Pass::Fwd, c, dtype); });
}

TEST(TokenshiftModule, RefusesWhatIsOutOfRange) {
  EXPECT_THAT(refused_case(1, 1, 0, 0), HasSubstr("D=0 is out of range; accepted: 1 to"));
  EXPECT_THAT(refused_case(2, 8, 8, 3), HasSubstr("B=2 with seqs=3; packed sequences are one behind the other: B=1"));
  EXPECT_THAT(refused_case(1, 1, 1, int64_t(1) << 31), HasSubstr("is out of range; accepted: 0 to 16777216"));
  EXPECT_THAT(refused_case(1 << 20, 1 << 20, 1, 0), HasSubstr("more tokens than"));
  EXPECT_THAT(refused_case(1, 1 << 30, 1 << 20, 0), HasSubstr("more elements than"));
  EXPECT_THAT(refused_case(1, 1, 1, 0, tile::i32), HasSubstr("dtype i32"));
  EXPECT_THAT(refused_case(1, 1, 1, 4), HasSubstr("nothing was thrown"));
}

TEST(TokenshiftModule, GridsHoldCasesThatItAccepts) {
  const Module &module = module_named("tokenshift");
  for (const char *grid : {"quick", "fla"})
    for (const Case &c : module.cases("token_shift", grid))
      EXPECT_NO_THROW(module.problem("token_shift", Pass::Bwd, c, tile::bf16)) << c.str();
  EXPECT_EQ(module.cases("token_shift", "fla").size(), 9u);
  EXPECT_EQ(module.cases("token_shift", "fla").back().str(), "B=8,T=32768,D=4096,seqs=0");
  EXPECT_THROW(module.cases("token_shift", "slow"), tile::UserError);
}

TEST(Sequences, AreCutAtTheSamePlacesInEveryRun) {
  EXPECT_EQ(Sequences::cut(1000, 16, tile::i32).boundaries(), Sequences::cut(1000, 16, tile::i64).boundaries());
  EXPECT_EQ(Sequences::cut(1000, 16, tile::i32).count(), 16);
  EXPECT_EQ(Sequences::cut(0, 3, tile::i32).boundaries(), (std::vector<int64_t>{0, 0, 0, 0}));
}

TEST(Sequences, RefuseBoundariesThatAreNone) {
  auto made = [](std::vector<int64_t> boundaries, DType dtype) {
    return refusal([&] { Sequences(std::move(boundaries), dtype); });
  };
  EXPECT_THAT(made({}, tile::i32), HasSubstr("cu_seqlens is empty"));
  EXPECT_THAT(made({1, 2}, tile::i32), HasSubstr("begins with 1, not 0"));
  EXPECT_THAT(made({0, 5, 4, 9}, tile::i64), HasSubstr("falls from 5 to 4 at 2"));
  EXPECT_THAT(made({0, 5}, tile::f32), HasSubstr("cu_seqlens of f32; accepted: i32, i64"));
  EXPECT_THAT(made({0, int64_t(1) << 31}, tile::i32), HasSubstr("too many for cu_seqlens of i32"));
}

} // namespace
