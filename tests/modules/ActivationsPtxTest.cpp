// The code of the activations for GPUs: ptxas takes what no case of the arena has, packed and strided tensors, without
// spills, and memory is moved 16 bytes at a time.
#include "modules/activations/problem.h"
#include "tests/codegen/Ptxas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

using namespace fla;
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
  std::vector<Candidate> candidates(const Target &target, Pass pass, DType dtype, int64_t cols, Options o = {},
                                    int64_t bandwidth = 0) const {
    tile::runtime::DeviceInfo device;
    device.units = 132;
    device.cache_bytes = int64_t(50) << 20;
    device.bandwidth = bandwidth;
    return ActivationProblem(op(), dtype, pass, 4096, cols, std::move(o)).candidates(target, device);
  }
};

constexpr DType kDtypes[] = {DType::bf16, DType::f32, DType::f16};

TEST_P(ActivationsPtx, PackedOrStridedAssemblesWithoutSpills) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  Options options;
  options.packed = op().gated();
  if (!options.packed) options.strides = {{"x", 2000}};
  for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
    const Target target = Target::nvvm("sm_90a");
    const Candidate first = candidates(target, pass, DType::bf16, 1000, options).front();
    for (const FusedLaunch &launch : first.launches)
      EXPECT_EQ(tile::test::complaints(tile::compile(launch.kernel, target).code, "sm_90a"), "") << first.name;
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

// With a register or two more, 8M elements are two rounds of programs and take 8 % longer.
TEST_P(ActivationsPtx, ForwardHasAllWarpsOfAMultiprocessor) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  if (op().gated() || op().biased() || op().crowded) GTEST_SKIP() << "has more to hold";
  const Target target = Target::nvvm("sm_90a");
  const Candidate first = candidates(target, Pass::Fwd, DType::bf16, 2048).front();
  const std::string ptx = tile::compile(first.launches[0].kernel, target).code;
  EXPECT_EQ(count(ptx, "ld\\.global"), 4) << first.name;
  EXPECT_EQ(count(ptx, "\\.maxnreg 32"), 1) << first.name;
  EXPECT_EQ(tile::test::complaints(ptx, "sm_90a"), "") << first.name;
}

constexpr int64_t kH200 = 4917000000000; // bytes a second

// Beyond a few rounds of programs: two accesses a lane; 48 warps that sum where 32 did.
TEST_P(ActivationsPtx, ForFastMemoryHasMoreInFlight) {
  const Target target = Target::nvvm("sm_90a");
  auto loads = [&](Pass pass, int64_t bandwidth) {
    const Candidate first = candidates(target, pass, DType::bf16, 8192, {}, bandwidth).front();
    return count(tile::compile(first.launches[0].kernel, target).code, "ld\\.global");
  };
  auto name = [&](int64_t cols, Options o = {}) {
    return candidates(target, Pass::Bwd, DType::bf16, cols, std::move(o), kH200).front().name;
  };
  if (!op().gated() && !op().biased()) {
    EXPECT_EQ(loads(Pass::Fwd, kH200), 2);
    EXPECT_EQ(loads(Pass::Fwd, 0), 1);
    EXPECT_EQ(loads(Pass::Bwd, kH200), op().wide_backward ? 4 : 2);
  }
  if (!op().biased()) return;
  EXPECT_THAT(name(8192), testing::EndsWith("resident=48"));
  EXPECT_THAT(name(8200), testing::Not(testing::HasSubstr("resident"))) << "accesses that are not whole";
  EXPECT_THAT(name(8192, {.align = 2}), testing::Not(testing::HasSubstr("resident"))) << "accesses of two bytes";
  EXPECT_THAT(name(8192, {.strides = {{"x", 8195}}}), testing::Not(testing::HasSubstr("resident"))) << "the same";
}

TEST_P(ActivationsPtx, ForFastMemorySpillsNothing) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  for (const char *arch : {"sm_90a", "sm_100a"})
    for (DType dtype : kDtypes)
      for (int64_t cols : {4096, 8192})
        for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
          const Target target = Target::nvvm(arch);
          const Candidate first = candidates(target, pass, dtype, cols, {}, 2 * kH200).front();
          const std::string ptx = tile::compile(first.launches[0].kernel, target).code;
          EXPECT_EQ(tile::test::complaints(ptx, arch), "") << first.name;
        }
}

INSTANTIATE_TEST_SUITE_P(, ActivationsPtx, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const Activation &a : ops()) names.emplace_back(a.op);
                           return names;
                         }()),
                         [](const auto &info) { return info.param; });

} // namespace
