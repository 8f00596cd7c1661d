// The kernels of layers along time as PTX: ptxas takes them for every family of GPUs, nothing is spilled, and tokens
// are moved 16 bytes at a time.
#include "tests/codegen/Ptxas.h"

#include "compiler/Compiler.h"
#include "modules/conv/update.h"
#include "modules/tokenshift/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace fla {
namespace {

using tile::Stage;
using tile::Target;
using tile::test::complaints;

std::vector<Sequences> batch_and_packed(int64_t tokens = 8192) {
  return {Sequences(1, tokens), Sequences::cut(tokens, 16, tile::i32)};
}

std::vector<std::unique_ptr<Problem>> problems(int64_t width, int64_t cols, int64_t tokens = 8192) {
  std::vector<std::unique_ptr<Problem>> all;
  for (const Sequences &s : batch_and_packed(tokens)) {
    conv::ConvSpec spec;
    spec.tokens = layout_of(s, tile::bf16, cols);
    spec.width = width;
    tokenshift::ShiftSpec shift;
    shift.tokens = spec.tokens;
    for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
      all.push_back(std::make_unique<conv::ConvProblem>(spec, pass, s));
      if (width == 4) all.push_back(std::make_unique<tokenshift::ShiftProblem>(shift, pass, s));
    }
    spec.residual = true;
    all.push_back(std::make_unique<conv::ConvProblem>(spec, Pass::Fwd, s));
    spec.initial_state = spec.final_state = true;
    spec.weight_dtype = tile::f32;
    all.push_back(std::make_unique<conv::ConvProblem>(spec, Pass::FwdBwd, s));
    if (!s.packed()) all.push_back(std::make_unique<conv::UpdateProblem>(spec, 64));
  }
  return all;
}

std::vector<Candidate> candidates(const Problem &problem, const Target &target, int64_t bandwidth = 0) {
  tile::runtime::DeviceInfo device;
  device.units = 132;
  device.bandwidth = bandwidth;
  return problem.candidates(target, device);
}

/// Candidates share kernels: each is assembled once.
void expect_assembled(const Candidate &candidate, const Target &target) {
  static std::set<std::string> done;
  for (const FusedLaunch &launch : candidate.launches) {
    const std::string ptx = tile::emit(launch.kernel, target, Stage::Code);
    if (!done.insert(ptx).second) continue;
    EXPECT_EQ(complaints(ptx, target.arch), "") << launch.kernel.name() << ", " << candidate.name;
  }
}

struct TokenKernelsOn : testing::TestWithParam<const char *> {};

TEST_P(TokenKernelsOn, AreAssembledWithoutSpills) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  const Target target = Target::nvvm(GetParam());
  for (const auto &problem : problems(4, 4096)) expect_assembled(candidates(*problem, target).front(), target);
}

INSTANTIATE_TEST_SUITE_P(All, TokenKernelsOn,
                         testing::Values("sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100a", "sm_120"),
                         [](const auto &info) { return std::string(info.param); });

TEST(TokenKernels, OfEveryCandidateSpillNothing) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  const Target target = Target::nvvm("sm_90a");
  for (int64_t width : {4, 8})
    for (const auto &problem : problems(width, 4096))
      for (const Candidate &candidate : candidates(*problem, target)) expect_assembled(candidate, target);
}

// Which kernels come first depends on how many tokens there are.
TEST(TokenKernels, OfFewTokensSpillNothing) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  const Target target = Target::nvvm("sm_90a");
  for (int64_t width : {4, 8})
    for (int64_t tokens : {512, 2048})
      for (const auto &problem : problems(width, 1024, tokens))
        expect_assembled(candidates(*problem, target).front(), target);
}

constexpr int64_t kH200 = 4917000000000, kB200 = 8000000000000; // bytes a second

TEST(TokenKernels, ForFastMemorySpillNothing) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  for (const auto &[arch, bandwidth] : {std::pair{"sm_90a", kH200}, {"sm_100a", kB200}})
    for (int64_t tokens : {1024, 2048, 8192, 16384})
      for (const auto &problem : problems(4, 4096, tokens))
        expect_assembled(candidates(*problem, Target::nvvm(arch), bandwidth).front(), Target::nvvm(arch));
}

// Up to one round of programs, two, up to eight, and more; see best_measured() in modules/conv/candidates.cpp.
TEST(TokenKernels, AreCutAsMeasured) {
  const auto first = [](int64_t tokens, int64_t sequences, int64_t bandwidth) {
    const Sequences s = sequences > 0 ? Sequences::cut(tokens, sequences, tile::i32) : Sequences(1, tokens);
    conv::ConvSpec spec;
    spec.tokens = layout_of(s, tile::bf16, 4096);
    return candidates(conv::ConvProblem(spec, Pass::Fwd, s), Target::nvvm("sm_90a"), bandwidth).front().name;
  };
  EXPECT_EQ(first(1024, 0, 0), "tokens=16 unroll=16 warps=1 cols=64");
  EXPECT_EQ(first(1024, 0, kH200), "tokens=8 unroll=4 warps=1 cols=128 stages=2");
  EXPECT_EQ(first(1024, 2, 0), "tokens=8 unroll=8 warps=1 cols=64 stages=2");
  EXPECT_EQ(first(1024, 2, kH200), "tokens=8 unroll=4 warps=1 cols=128");
  for (int64_t tokens : {2048, 16384}) {
    EXPECT_EQ(first(tokens, 0, 0), "tokens=8 unroll=4 warps=1 cols=128 stages=2");
    EXPECT_EQ(first(tokens, 0, kH200), "tokens=16 unroll=4 warps=1 cols=128 stages=2");
  }
  for (int64_t sequences : {2, 128}) {
    EXPECT_EQ(first(2048, sequences, 0), "tokens=8 unroll=4 warps=1 cols=128");
    EXPECT_EQ(first(2048, sequences, kH200), "tokens=16 unroll=4 warps=1 cols=128");
  }
  for (int64_t bandwidth : {int64_t(0), kH200}) {
    EXPECT_EQ(first(8192, 2, bandwidth), "tokens=16 unroll=16 warps=1 cols=64");
    EXPECT_EQ(first(16384, 2, bandwidth), "tokens=16 unroll=16 warps=1 cols=128");
  }
  EXPECT_EQ(first(16384, 128, kH200), first(2048, 128, kH200)) << "too short for long steps";
}

std::string forward_ptx(const Sequences &sequences) {
  const Target target = Target::nvvm("sm_90a");
  conv::ConvSpec spec;
  spec.tokens = layout_of(sequences, tile::bf16, 4096);
  const conv::ConvProblem problem(spec, Pass::Fwd, sequences);
  return tile::emit(candidates(problem, target).front().launches.front().kernel, target, Stage::Code);
}

TEST(TokenKernels, MoveTokensAsVectors) {
  for (const Sequences &s : batch_and_packed(16384)) {
    const std::string ptx = forward_ptx(s);
    EXPECT_THAT(ptx, testing::HasSubstr("st.global.v2.b32"));
    EXPECT_THAT(ptx, testing::Not(testing::HasSubstr("global.b16")));
  }
}

int64_t count(const std::string &text, const std::string &word) {
  int64_t n = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

// Weights are loaded by the lanes that need them, and the window in front before it is asked where sequences begin:
// once.
TEST(TokenKernels, WaitForNothingBeforeTheyLoad) {
  for (const Sequences &s : batch_and_packed())
    EXPECT_THAT(forward_ptx(s), testing::Not(testing::HasSubstr(".shared")));
  for (int64_t tokens : {256, 2048}) {
    const std::string ptx = forward_ptx(Sequences::cut(tokens, 2, tile::i32));
    EXPECT_EQ(count(ptx, "redux.sync"), 1);
    const std::string before = ptx.substr(0, ptx.find("redux.sync"));
    EXPECT_EQ(count(before, "+-"), 3) << "tokens in front, behind this program's address: " << before;
    // Of few tokens there are two steps on their way: 8 tokens, beside the window, the bias and the boundaries.
    if (tokens == 256) EXPECT_EQ(count(before, "ld.global.b32"), 8 + 3 + 1 + 1) << before;
  }
}

} // namespace
} // namespace fla
