// The code of the activations for GPUs: ptxas takes it for every architecture without spills, memory is moved 16 bytes
// at a time, and no more is computed for an element than the memory has time for.
#include "modules/activations/problem.h"
#include "tests/modules/Ptxas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

using namespace fla;
using namespace fla::test;
using activations::Activation;
using activations::ActivationProblem;
using activations::Options;
using tile::Target;

namespace {

const std::vector<Activation> &ops() {
  return activations::activations();
}

class ActivationsPtx : public testing::TestWithParam<std::string> {
protected:
  const Activation &op() const { return activations::activation_named(GetParam()); }
  std::vector<Candidate> candidates(const Target &target, Pass pass, DType dtype, int64_t cols, Options o = {}) const {
    tile::runtime::DeviceInfo device;
    device.units = 132;
    device.cache_bytes = int64_t(50) << 20;
    return ActivationProblem(op(), dtype, pass, 4096, cols, std::move(o)).candidates(target, device);
  }
  void expect_accepted(const std::string &arch, const std::vector<Candidate> &candidates) const {
    for (const Candidate &candidate : candidates)
      for (const FusedLaunch &launch : candidate.launches)
        EXPECT_EQ(complaints_of_ptxas(launch.kernel, arch), "") << arch << ' ' << candidate.name;
  }
};

constexpr DType kDtypes[] = {DType::bf16, DType::f32, DType::f16};

TEST_P(ActivationsPtx, EveryCandidateAssemblesWithoutSpills) {
  if (!has_ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
    expect_accepted("sm_90a", candidates(Target::nvvm("sm_90a"), pass, DType::bf16, 2048));
    Options packed; // or else strided
    packed.packed = op().gated();
    if (!packed.packed) packed.strides = {{"x", 2000}};
    auto first = candidates(Target::nvvm("sm_90a"), pass, DType::bf16, 1000, packed);
    first.resize(1);
    expect_accepted("sm_90a", first);
  }
}

// One candidate each; the dtype changes from one to the next.
TEST_P(ActivationsPtx, EveryArchitectureTakesIt) {
  if (!has_ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  size_t turn = 0;
  for (const char *arch : {"sm_75", "sm_80", "sm_86", "sm_89", "sm_100a", "sm_120"})
    for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
      auto first = candidates(Target::nvvm(arch), pass, kDtypes[turn++ % 3], 2048);
      first.resize(1);
      expect_accepted(arch, first);
    }
}

int count(const std::string &text, const std::string &pattern) {
  const std::regex word(pattern);
  return int(std::distance(std::sregex_iterator(text.begin(), text.end(), word), std::sregex_iterator()));
}

TEST_P(ActivationsPtx, MovesSixteenBytesAtATime) {
  const Target target = Target::nvvm("sm_90a");
  for (DType dtype : kDtypes)
    for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
      const std::string ptx =
          tile::compile(candidates(target, pass, dtype, 2048).front().launches[0].kernel, target).code;
      const int partial_sums = op().biased() && pass == Pass::Bwd ? count(ptx, "st\\.global\\.(v4\\.)?[bf]32") : 0;
      EXPECT_GT(count(ptx, "ld\\.global[.a-z]*\\.v4\\.b32"), 0) << ptx;
      EXPECT_EQ(count(ptx, "ld\\.global"), count(ptx, "ld\\.global[.a-z]*\\.v4\\.b32")) << ptx;
      if (partial_sums == 0) EXPECT_EQ(count(ptx, "st\\.global"), count(ptx, "st\\.global[.a-z]*\\.v4\\.b32")) << ptx;
    }
}

INSTANTIATE_TEST_SUITE_P(, ActivationsPtx, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const Activation &a : ops()) names.emplace_back(a.op);
                           return names;
                         }()),
                         [](const auto &info) { return info.param; });

} // namespace
