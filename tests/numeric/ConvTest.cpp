// causal_conv1d where it is awkward: see TokenHarness.h; every width with every option, states given and handed on,
// tokens and sequences apart, columns that fill no vector, states updated in place.
#include "tests/numeric/FarRows.h"
#include "tests/numeric/Harness.h"
#include "tests/numeric/OnFastMemory.h"
#include "tests/numeric/TokenHarness.h"

#include "modules/common/Compare.h"
#include "modules/common/Convert.h"
#include "modules/common/Inputs.h"
#include "modules/conv/update.h"

#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace fla::test {
namespace {

using conv::ConvProblem;
using conv::ConvSpec;
using conv::UpdateProblem;

constexpr DType kDtypes[] = {DType::bf16, DType::f32, DType::f16};
constexpr Pass kPasses[] = {Pass::Fwd, Pass::Bwd};

/// Every option on or off, by the bits of `options`.
ConvSpec spec_of(int options, int64_t width, DType dtype) {
  ConvSpec spec;
  spec.width = width;
  spec.weight_dtype = (options & 1) != 0 ? tile::f32 : dtype;
  spec.bias = (options & 2) != 0;
  spec.silu = (options & 4) != 0;
  spec.residual = (options & 8) != 0;
  spec.initial_state = (options & 16) != 0;
  spec.final_state = (options & 32) != 0;
  return spec;
}

class Conv : public testing::TestWithParam<std::string> {
protected:
  static void expect(Machine &machine, const NamedSequences &s, int64_t cols, DType dtype, Pass pass, int options,
                     int64_t width, Which which = Which::First, int64_t gap = 0) {
    ConvSpec spec = spec_of(options, width, dtype);
    spec.tokens = layout_of(s.sequences, dtype, cols);
    if (gap) {
      spec.tokens.stride_divisor = 1;
      spec.tokens.align = int(tile::size_of(dtype));
    }
    expect_right(
        machine, ConvProblem(spec, pass, s.sequences, gap),
        fmt::format("{} D={} W={} {} {} options {}", s.name, cols, width, name_of(dtype), name_of(pass), options),
        which);
  }
};

TEST_P(Conv, AnySequences) {
  MACHINE_OR_SKIP(GetParam());
  size_t turn = 0;
  for (const auto &all : {awkward_batches(), awkward_packings()})
    for (const NamedSequences &s : all)
      for (Pass pass : kPasses) expect(machine, s, 40, kDtypes[turn++ % 3], pass, 2 | 4, 4);
}

// Blocks of as many tokens as a program takes, that begin, end and are cut anywhere: few boundaries and many.
TEST_P(Conv, BoundariesAnywhereInALargeBlock) {
  MACHINE_OR_SKIP(GetParam());
  for (size_t count : {20, 400}) {
    std::vector<int64_t> lengths;
    for (size_t i = 0; i + 1 < count; ++i) lengths.push_back(std::vector<int64_t>{63, 1, 1, 62, 0, 2, 127, 64}[i % 8]);
    lengths.push_back(16384 - std::accumulate(lengths.begin(), lengths.end(), int64_t(0)));
    const NamedSequences s{fmt::format("{} sequences", count), packed(lengths)};
    for (Pass pass : kPasses) expect(machine, s, 4, DType::f32, pass, 2 | 4, 4);
  }
}

// As many elements as are up to one round of programs, to two, to eight, and more, where an H200's choices can be
// others than an H100's; blocks that sequences begin in, end in and fill.
TEST_P(Conv, ChoicesForFastMemory) {
  MACHINE_OR_SKIP(GetParam());
  if (GetParam() == "host") GTEST_SKIP() << "has no other choices for fast memory";
  const NamedSequences all[] = {
      {"short", packed({300})}, {"one", {1, 1131}}, {"packed", packed({600, 31, 0, 500})}, {"batch", {3, 400}}};
  int turn = 0;
  for (const NamedSequences &s : all)
    for (int64_t cols : {40, 64, 200, 512})
      for (DType dtype : kDtypes) {
        // With no states given: those march, as on an H100.
        ConvSpec spec = spec_of(turn % 16 | (turn % 2 ? 32 : 0), 4 - turn % 3, dtype);
        spec.tokens = layout_of(s.sequences, dtype, cols);
        const OnFastMemory problem(std::make_unique<ConvProblem>(spec, Pass::Fwd, s.sequences));
        expect_right(machine, problem,
                     fmt::format("{} D={} {} turn {} W={}", s.name, cols, name_of(dtype), turn, spec.width),
                     Which::First);
        ++turn;
      }
}

TEST_P(Conv, StatesGivenAndHandedOn) {
  MACHINE_OR_SKIP(GetParam());
  size_t turn = 0;
  for (const auto &all : {awkward_batches(), awkward_packings()})
    for (const NamedSequences &s : all)
      for (int options : {16, 32, 48}) {
        expect(machine, s, 33, kDtypes[turn % 3], kPasses[turn / 3 % 2], 2 | 4 | options, 4);
        ++turn;
      }
}

TEST_P(Conv, EveryWidthAndOption) {
  MACHINE_OR_SKIP(GetParam());
  int options = 0;
  for (int64_t width = 1; width <= 8; ++width)
    for (Pass pass : kPasses) {
      expect(machine, {"batch", {2, 19}}, 64, kDtypes[options % 3], pass, options % 64, width);
      expect(machine, {"packed", packed({3, 0, 17, 1, 12})}, 64, kDtypes[options % 3], pass, 63 - options % 64, width);
      options += 5;
    }
}

TEST_P(Conv, AnyNumberOfColumns) {
  MACHINE_OR_SKIP(GetParam());
  size_t turn = 0;
  for (int64_t cols : {1, 2, 7, 33, 50, 60, 100, 1200, 4096}) {
    expect(machine, {"batch", {1, 9}}, cols, kDtypes[turn % 3], kPasses[turn % 2], 6, 4);
    expect(machine, {"packed", packed({5, 4})}, cols, kDtypes[turn % 3], kPasses[(turn + 1) % 2], 6, 3);
    ++turn;
  }
}

TEST_P(Conv, RowsTooWideToBeHeld) {
  MACHINE_OR_SKIP(GetParam());
  for (Pass pass : kPasses) {
    expect(machine, {"batch", {1, 3}}, 40000, DType::bf16, pass, 6, 4);
    expect(machine, {"packed", packed({2, 0, 1})}, 33001, DType::f32, pass, 54, 3);
  }
}

TEST_P(Conv, TokensAndSequencesApart) {
  MACHINE_OR_SKIP(GetParam());
  for (int64_t gap : {1, 8})
    for (Pass pass : kPasses) {
      expect(machine, {"batch", {3, 21}}, 64, DType::bf16, pass, 6, 4, Which::First, gap);
      expect(machine, {"packed", packed({5, 30, 0, 2})}, 64, DType::f32, pass, 62, 4, Which::First, gap);
    }
}

TEST_P(Conv, EveryCandidate) {
  MACHINE_OR_SKIP(GetParam());
  for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
    expect(machine, {"batch", {2, 75}}, 600, DType::bf16, pass, 6, 4, Which::All);
    expect(machine, {"packed", packed({5, 60, 0, 1, 67})}, 600, DType::bf16, pass, 6, 4, Which::All);
  }
}

// Steps of 16 tokens go over boundaries in a loop; with residuals, with narrower windows, with more sequences than one
// look at their boundaries tells apart.
TEST_P(Conv, EveryCandidateOfPackedSequences) {
  MACHINE_OR_SKIP(GetParam());
  for (int64_t width : {1, 2, 3, 4})
    expect(machine, {"packed", packed({5, 60, 0, 1, 67})}, 60, DType::bf16, Pass::Fwd, 2 | 4 | 8, width, Which::All);
  for (Pass pass : kPasses)
    expect(machine, {"many", Sequences::cut(600, 40, tile::i64)}, 60, DType::bf16, pass, 2 | 4, 4, Which::All);
}

// The first choice for these is blocks of 8 tokens; of one column a lane, or of two where there are more.
TEST_P(Conv, FewTokensBackward) {
  MACHINE_OR_SKIP(GetParam());
  for (const NamedSequences &s : {NamedSequences{"batch", {1, 45}}, {"packed", packed({7, 0, 30, 8})}})
    for (int options : {6, 6 | 16 | 32})
      for (int64_t width : {2, 4, 8})
        for (int64_t cols : {64, 256}) expect(machine, s, cols, DType::bf16, Pass::Bwd, options, width);
}

// Infinities and NaNs reach the tokens whose windows hold them and no others: not the next sequence, nor the one
// before.
// The first sequence ends within a block, and where one ends.
TEST_P(Conv, InfinitiesStayInTheirSequence) {
  MACHINE_OR_SKIP(GetParam());
  class Poisoned : public ConvProblem {
  public:
    Poisoned(const ConvSpec &spec, Pass pass, const Sequences &s)
        : ConvProblem(spec, pass, s), second_(size_t(s[1].first)) {}
    std::vector<TensorDesc> tensors() const override {
      std::vector<TensorDesc> all = ConvProblem::tensors();
      for (TensorDesc &t : all)
        if (t.name == "x")
          t.derive = [second = second_](const auto &, std::vector<double> &self) {
            for (size_t i = 0; i < self.size(); ++i) self[i] = double(i % 7) / 4 - 0.75;
            self[(second - 1) * 8 + 2] = std::nan("");  // the last token of the first sequence
            self[(second + 20) * 8 + 5] = std::nan(""); // within the second
          };
      return all;
    }

  private:
    size_t second_;
  };
  for (int64_t first : {20, 32})
    for (DType dtype : {tile::f32, tile::bf16})
      for (Pass pass : kPasses) {
        const Sequences s = packed({first, 40});
        ConvSpec spec = spec_of(6, 4, dtype);
        spec.tokens = layout_of(s, dtype, 8);
        expect_right(machine, Poisoned(spec, pass, s),
                     fmt::format("a NaN at {}, {} {}", first - 1, name_of(pass), name_of(dtype)));
      }
}

TEST_P(Conv, UpdatesOfAnyKind) {
  MACHINE_OR_SKIP(GetParam());
  int options = 0;
  for (int64_t rows : {0, 1, 5})
    for (int64_t cols : {1, 33, 300})
      for (int64_t width : {1, 3, 4, 8}) {
        ++options;
        ConvSpec spec = spec_of(options % 16, width, kDtypes[options % 3]);
        spec.tokens = layout_of(Sequences(rows, 1), kDtypes[options % 3], cols);
        expect_right(machine, UpdateProblem(spec, rows), fmt::format("update {}x{} W={}", rows, cols, width),
                     rows == 5 ? Which::All : Which::First);
      }
}

// Decoding: the state given and the state made are the same memory.
TEST_P(Conv, UpdatesItsStateInPlace) {
  MACHINE_OR_SKIP(GetParam());
  constexpr int64_t kRows = 3, kCols = 300;
  for (int64_t width : {4, 8})
    for (DType dtype : kDtypes) {
      ConvSpec spec = spec_of(6, width, dtype);
      spec.tokens = layout_of(Sequences(kRows, 1), dtype, kCols);
      const UpdateProblem problem(spec, kRows);
      const auto in = make_inputs(problem, 3);
      std::map<std::string, std::vector<double>> expected;
      std::map<std::string, tile::runtime::Buffer> memory;
      for (const TensorDesc &t : problem.tensors()) {
        std::vector<std::byte> bytes(t.bytes());
        if (t.role == TensorDesc::Role::Output) expected[t.name].resize(size_t(t.elements()));
        if (t.name == "new_state") continue;
        memory[t.name] = machine.device().allocate(t.bytes());
        if (t.role == TensorDesc::Role::Input) from_double(t.dtype, in.at(t.name), bytes.data());
        machine.device().upload(memory.at(t.name).data(), bytes.data(), bytes.size());
      }
      problem.oracle(in, expected);

      for (const Candidate &candidate : problem.candidates(machine.device().target(), machine.device().info())) {
        std::vector<std::byte> state(size_t(kRows * kCols * width * tile::size_of(dtype)));
        from_double(dtype, in.at("state"), state.data());
        machine.device().upload(memory.at("state").data(), state.data(), state.size());
        bench::Preparation took;
        for (const FusedLaunch &launch : candidate.launches) {
          auto executable = machine.loader()(launch.kernel, took);
          tile::runtime::Arguments args(executable->artifact());
          for (const Arg &arg : launch.args) {
            if (const auto *name = std::get_if<std::string>(&arg.value))
              args.set(arg.param, static_cast<const void *>(memory.at(*name == "new_state" ? "state" : *name).data()));
            else
              args.set(arg.param, std::get<int64_t>(arg.value));
          }
          executable->launch(machine.stream(), launch.grid, args.block());
        }
        machine.stream().synchronize();
        for (const char *output : {"y", "new_state"}) {
          const std::vector<double> &want = expected.at(output);
          std::vector<std::byte> got(want.size() * size_t(tile::size_of(dtype)));
          const auto &from = memory.at(std::string(output) == "y" ? "y" : "state");
          machine.device().download(got.data(), from.data(), got.size());
          const Comparison c = compare(dtype, got.data(), want, problem.tolerance(output));
          EXPECT_TRUE(c.ok()) << candidate.name << ' ' << output << ": " << c.str(int64_t(want.size()));
        }
      }
    }
}

TEST_P(Conv, MoreProgramsThanASecondGridDimensionHolds) {
  MACHINE_OR_SKIP(GetParam());
  if (GetParam() == "simt") GTEST_SKIP() << "too many programs for the virtual GPU";
  for (Pass pass : kPasses) {
    expect(machine, {"70000 sequences", {70000, 1}}, 3, DType::bf16, pass, 6, 4);
    expect(machine, {"70000 packed sequences", packed(std::vector<int64_t>(70000, 1))}, 3, DType::bf16, pass, 6, 4);
    expect(machine, {"many tokens", {1, 600000}}, 1, DType::f32, pass, 6, 4);
  }
}

TEST_P(Conv, OffsetsBeyond2To31) {
  MACHINE_OR_SKIP(GetParam());
  if (GetParam() == "simt") GTEST_SKIP() << "the virtual GPU writes NaN to every byte of a new buffer";
  constexpr int64_t kCols = 72;
  const Sequences sequences(1, 3);
  for (Pass pass : kPasses) {
    ConvSpec spec = spec_of(6, 4, DType::bf16);
    spec.tokens = layout_of(sequences, DType::bf16, kCols);
    const ConvProblem near(spec, pass, sequences);
    spec.tokens.stride_divisor = 8;
    spec.tokens.align = 16;
    const ConvProblem far(spec, pass, sequences, kFar - kCols);
    std::vector<TensorDesc> strided;
    for (const TensorDesc &t : near.tensors())
      if (t.name == "x" || t.name == "dy") strided.push_back(t);
    bench::Session session(machine.device(), machine.stream(), near, 3);
    for (const Candidate &candidate : far.candidates(machine.device().target(), machine.device().info())) {
      FarRows provider(session, candidate, machine.loader(), strided);
      expect_right(session, near, provider, fmt::format("{} far apart, {}", name_of(pass), candidate.name));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Awkward, Conv, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
