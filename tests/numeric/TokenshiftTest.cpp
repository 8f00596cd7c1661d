// token_shift where it is awkward: see TokenHarness.h; caches given and handed on, tokens and sequences apart, columns
// that fill no vector, more programs than a second grid dimension holds, rows beyond 2^31 elements.
#include "tests/numeric/Harness.h"
#include "tests/numeric/TokenHarness.h"

#include "modules/tokenshift/problem.h"

#include <fmt/format.h>

namespace fla::test {
namespace {

using tokenshift::ShiftProblem;
using tokenshift::ShiftSpec;

constexpr DType kDtypes[] = {DType::bf16, DType::f32, DType::f16};
constexpr Pass kPasses[] = {Pass::Fwd, Pass::Bwd, Pass::FwdBwd};

class Tokenshift : public testing::TestWithParam<std::string> {
protected:
  static void expect(Machine &machine, const NamedSequences &s, int64_t cols, DType dtype, Pass pass, ShiftSpec spec,
                     Which which = Which::First, int64_t gap = 0) {
    spec.tokens = layout_of(s.sequences, dtype, cols);
    if (gap) {
      spec.tokens.stride_divisor = 1;
      spec.tokens.align = int(tile::size_of(dtype));
    }
    expect_right(machine, ShiftProblem(spec, pass, s.sequences, gap),
                 fmt::format("{} D={} {} {}{}{}", s.name, cols, name_of(dtype), name_of(pass),
                             spec.cache ? " cache" : "", spec.next_cache ? " next_cache" : ""),
                 which);
  }
};

TEST_P(Tokenshift, AnySequences) {
  MACHINE_OR_SKIP(GetParam());
  size_t turn = 0;
  for (const auto &all : {awkward_batches(), awkward_packings()})
    for (const NamedSequences &s : all)
      for (Pass pass : {Pass::Fwd, Pass::Bwd}) expect(machine, s, 40, kDtypes[turn++ % 3], pass, {});
}

TEST_P(Tokenshift, CachesGivenAndHandedOn) {
  MACHINE_OR_SKIP(GetParam());
  size_t turn = 0;
  for (const auto &all : {awkward_batches(), awkward_packings()})
    for (const NamedSequences &s : all)
      for (int options : {1, 2, 3})
        expect(machine, s, 33, kDtypes[turn++ % 3], Pass::FwdBwd,
               {.tokens = {}, .cache = (options & 1) != 0, .next_cache = (options & 2) != 0});
}

TEST_P(Tokenshift, AnyWidth) {
  MACHINE_OR_SKIP(GetParam());
  size_t turn = 0;
  for (int64_t cols : {1, 2, 7, 50, 60, 100, 1000, 1200, 4096}) {
    expect(machine, {"batch", {2, 19}}, cols, kDtypes[turn % 3], kPasses[turn / 3 % 3], {});
    expect(machine, {"packed", packed({5, 30, 2})}, cols, kDtypes[turn % 3], kPasses[turn / 3 % 3], {});
    ++turn;
  }
}

TEST_P(Tokenshift, TokensAndSequencesApart) {
  MACHINE_OR_SKIP(GetParam());
  for (int64_t gap : {1, 8, 24}) {
    expect(machine, {"batch", {3, 21}}, 64, DType::bf16, Pass::FwdBwd, {}, Which::First, gap);
    expect(machine, {"packed", packed({5, 30, 0, 2})}, 64, DType::f32, Pass::FwdBwd,
           {.tokens = {}, .cache = true, .next_cache = true}, Which::First, gap);
  }
}

TEST_P(Tokenshift, EveryCandidate) {
  MACHINE_OR_SKIP(GetParam());
  for (const NamedSequences &s :
       {NamedSequences{"batch", {2, 75}}, NamedSequences{"packed", packed({5, 60, 0, 1, 67})}})
    expect(machine, s, 1200, DType::bf16, Pass::FwdBwd, {}, Which::All);
}

TEST_P(Tokenshift, MoreProgramsThanASecondGridDimensionHolds) {
  MACHINE_OR_SKIP(GetParam());
  if (GetParam() == "simt") GTEST_SKIP() << "too many programs for the virtual GPU";
  expect(machine, {"70000 sequences", {70000, 1}}, 3, DType::bf16, Pass::FwdBwd, {});
  expect(machine, {"many tokens", {1, 600000}}, 1, DType::f32, Pass::FwdBwd, {});
}

INSTANTIATE_TEST_SUITE_P(Awkward, Tokenshift, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
