// token_shift where it is awkward: see TokenHarness.h; caches given and handed on, tokens and sequences apart, columns
// that fill no vector, more programs than a second grid dimension holds, rows beyond 2^31 elements, infinities.
#include "tests/numeric/Altered.h"
#include "tests/numeric/FarRows.h"
#include "tests/numeric/Harness.h"
#include "tests/numeric/TokenHarness.h"

#include "modules/tokenshift/problem.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>

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
  for (int64_t cols : {1, 2, 7, 33, 50, 60, 100, 1000, 1200, 4096}) {
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

TEST_P(Tokenshift, RowsTooWideToBeHeld) {
  MACHINE_OR_SKIP(GetParam());
  for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
    expect(machine, {"batch", {1, 3}}, 40000, DType::bf16, pass, {});
    expect(machine, {"packed", packed({2, 0, 1})}, 65537, DType::f32, pass, {});
  }
}

// Infinities and NaNs reach their own token and its neighbour and no others: not the next sequence, nor the one before.
TEST_P(Tokenshift, InfinitiesAndNaNsStayInTheirSequence) {
  MACHINE_OR_SKIP(GetParam());
  const Sequences s = packed({20, 1, 39});
  ShiftSpec spec;
  spec.tokens = layout_of(s, DType::f32, 8);
  spec.cache = spec.next_cache = true;
  for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
    auto poison = [](TensorDesc &t) {
      t.derive = [](const auto &, std::vector<double> &self) {
        for (size_t i = 0; i < self.size(); ++i) self[i] = double(i % 7) / 4 - 0.75;
        self[19 * 8 + 2] = std::nan("");                             // the last token of the first sequence
        self[20 * 8 + 3] = std::numeric_limits<double>::infinity();  // all of the second
        self[40 * 8 + 5] = -std::numeric_limits<double>::infinity(); // within the third
      };
    };
    const Altered problem(std::make_unique<ShiftProblem>(spec, pass, s), pass == Pass::Fwd ? "x" : "dy", poison);
    expect_right(machine, problem, fmt::format("infinities {}", name_of(pass)));
  }
}

TEST_P(Tokenshift, OffsetsBeyond2To31) {
  MACHINE_OR_SKIP(GetParam());
  if (GetParam() == "simt") GTEST_SKIP() << "the virtual GPU writes NaN to every byte of a new buffer";
  constexpr int64_t kCols = 72;
  const Sequences sequences(1, 3);
  for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
    ShiftSpec spec;
    spec.tokens = layout_of(sequences, DType::bf16, kCols);
    const ShiftProblem near(spec, pass, sequences);
    spec.tokens.stride_divisor = 8;
    spec.tokens.align = 16;
    const ShiftProblem far(spec, pass, sequences, kFar - kCols);
    bench::Session session(machine.device(), machine.stream(), near, 3);
    for (const Candidate &candidate : far.candidates(machine.device().target(), machine.device().info())) {
      FarRows provider(session, candidate, machine.loader(), {near.tensors().front()});
      expect_right(session, near, provider, fmt::format("{} far apart, {}", name_of(pass), candidate.name));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Awkward, Tokenshift, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
