// Sums in two stages: the second is started while the first still runs, and waits for it.
#include "compiler/Compiler.h"
#include "modules/common/Problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fla {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Subject {
  const char *module, *op;
  Case dims;
};

class TwoStages : public testing::TestWithParam<Subject> {};

TEST_P(TwoStages, OverlapOnTheGpu) {
  const tile::Target target = tile::Target::nvvm("sm_90a");
  tile::runtime::DeviceInfo device;
  device.units = 132;
  const Module &module = module_named(GetParam().module);
  const auto problem = module.problem(GetParam().op, Pass::Bwd, GetParam().dims, tile::bf16);
  const Candidate first = problem->candidates(target, device).front();
  ASSERT_EQ(first.launches.size(), 2u);
  const std::string sums = tile::emit(first.launches[0].kernel, target, tile::Stage::Code);
  const std::string total = tile::emit(first.launches[1].kernel, target, tile::Stage::Code);
  EXPECT_THAT(sums, HasSubstr("griddepcontrol.launch_dependents"));
  EXPECT_THAT(sums, Not(HasSubstr("griddepcontrol.wait")));
  EXPECT_THAT(total, HasSubstr("griddepcontrol.wait"));
}

INSTANTIATE_TEST_SUITE_P(
    Modules, TwoStages,
    testing::Values(Subject{"layernorm", "layer_norm", {{"N", 4096}, {"D", 1024}}},
                    Subject{"layernorm", "group_norm", {{"N", 4096}, {"D", 1024}, {"G", 4}}},
                    Subject{"conv", "causal_conv1d", {{"B", 1}, {"T", 2048}, {"D", 1024}, {"W", 4}, {"seqs", 0}}},
                    Subject{"activations", "bias_gelu", {{"N", 2048}, {"D", 1024}}}),
    [](const auto &info) { return std::string(info.param.op); });

} // namespace
} // namespace fla
