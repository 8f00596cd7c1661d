#include "tests/modules/Candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace fla::test {

using tile::Target;

Target machine_of(Target::Kind kind) {
  Target target;
  target.kind = kind;
  target.lanes = kind == Target::Kind::Nvvm ? 32 : 16;
  target.max_warps = kind == Target::Kind::Nvvm ? 32 : 1;
  target.vector_bytes = kind == Target::Kind::Nvvm ? 16 : 64;
  return target;
}

namespace {

/// The names of a kernel's arguments, from its IR.
std::set<std::string> parameters(const tile::Kernel &kernel) {
  const std::string text = kernel.str();
  const std::regex name("tile\\.name = \"([^\"]*)\"");
  std::set<std::string> names;
  for (std::sregex_iterator i(text.begin(), text.end(), name), end; i != end; ++i) names.insert((*i)[1]);
  return names;
}

} // namespace

void expect_candidates_build(const Problem &problem, const Target &target) {
  tile::runtime::DeviceInfo device;
  device.units = target.kind == Target::Kind::Nvvm ? 132 : 2;
  const auto candidates = problem.candidates(target, device);
  ASSERT_FALSE(candidates.empty());
  std::set<std::string> names;
  for (const Candidate &candidate : candidates) {
    SCOPED_TRACE(candidate.name);
    EXPECT_TRUE(names.insert(candidate.name).second) << "two candidates of one name";
    std::map<std::string, TensorDesc> known;
    for (const TensorDesc &tensor : problem.tensors()) known.emplace(tensor.name, tensor);
    for (const TensorDesc &tensor : candidate.workspace) EXPECT_TRUE(known.emplace(tensor.name, tensor).second);
    for (const FusedLaunch &launch : candidate.launches) {
      EXPECT_GT(launch.grid.programs(), 0);
      EXPECT_LE(launch.grid.x, 0x7FFFFFFFu);
      if (target.is_gpu()) EXPECT_LE(std::max(launch.grid.y, launch.grid.z), 65535u);
      EXPECT_TRUE(bool(launch.kernel));
      EXPECT_LE(launch.kernel.warps(), target.max_warps);
      const std::set<std::string> declared = parameters(launch.kernel);
      std::set<std::string> params;
      for (const Arg &arg : launch.args) {
        EXPECT_TRUE(params.insert(arg.param).second) << arg.param << " twice";
        if (const auto *name = std::get_if<std::string>(&arg.value)) EXPECT_TRUE(known.contains(*name)) << *name;
      }
      EXPECT_EQ(params, declared) << launch.kernel.name();
    }
  }
}

} // namespace fla::test
