// Row kernels are assembled by ptxas for every architecture people have, and none spills: the first choice everywhere,
// every candidate on the architectures whose code differs most.
#include "compiler/Compiler.h"
#include "modules/common/Problem.h"
#include "runtime/Parallel.h"
#include "tests/modules/Ptxas.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <ostream>
#include <set>
#include <string>
#include <vector>

using namespace fla;

namespace {

struct Subject {
  std::string module, op;
  std::vector<Case> cases; ///< the first choice on all architectures
  std::vector<Case> whole; ///< every candidate on some
};

void PrintTo(const Subject &s, std::ostream *out) {
  *out << s.op;
}

std::vector<Subject> subjects() {
  const std::vector<Case> one = {{{"N", 4096}, {"D", 1024}}};
  const std::vector<Case> grouped = {{{"N", 4096}, {"D", 1024}, {"G", 4}}};
  const std::vector<Case> widths = {
      {{"N", 4096}, {"D", 64}}, {{"N", 4096}, {"D", 1200}}, {{"N", 4096}, {"D", 5120}}, {{"N", 64}, {"D", 40000}}};
  return {{"layernorm", "layer_norm", one, widths},
          {"layernorm", "rms_norm", one, {}},
          {"layernorm", "group_norm", grouped, grouped},
          {"layernorm", "layer_norm_gate", one, widths},
          {"layernorm", "mamba_norm_gate", grouped, grouped},
          {"l2norm", "l2norm", one, widths},
          {"softmax", "softmax", one, widths}};
}

class Assembly : public testing::TestWithParam<Subject> {
protected:
  void SetUp() override {
    if (!test::has_ptxas()) GTEST_SKIP() << "there is no ptxas on this computer";
  }

  void expect(const std::vector<Case> &cases, const std::vector<const char *> &archs, bool every_candidate) {
    struct Job {
      tile::Kernel kernel;
      std::string arch, what;
    };
    std::vector<Job> jobs;
    for (const char *arch : archs) {
      const tile::Target target = tile::Target::nvvm(arch);
      tile::runtime::DeviceInfo device;
      device.units = 132;
      std::set<std::string> seen; // candidates share kernels
      for (const Case &c : cases)
        for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
          auto candidates =
              module_named(GetParam().module).problem(GetParam().op, pass, c, tile::bf16)->candidates(target, device);
          if (!every_candidate) candidates.resize(1);
          for (const Candidate &candidate : candidates)
            for (const FusedLaunch &launch : candidate.launches)
              if (seen.insert(fmt::format("{} {}", launch.kernel.warps(), launch.kernel.str())).second)
                jobs.push_back({launch.kernel, arch,
                                fmt::format("{} {} {} of {} for {}", launch.kernel.name(), candidate.name,
                                            name_of(pass), c.str(), arch)});
        }
    }
    std::vector<std::string> said(jobs.size());
    tile::runtime::parallel_for(int64_t(jobs.size()), [&](int64_t begin, int64_t end) {
      for (auto i = size_t(begin); i < size_t(end); ++i)
        said[i] = test::complaints_of_ptxas(jobs[i].kernel, jobs[i].arch);
    });
    EXPECT_FALSE(jobs.empty());
    for (size_t i = 0; i < jobs.size(); ++i) EXPECT_EQ(said[i], "") << jobs[i].what;
  }
};

TEST_P(Assembly, TheFirstChoiceOfEveryArchitecture) {
  expect(GetParam().cases, {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100a", "sm_120"}, false);
}

TEST_P(Assembly, EveryCandidate) {
  if (GetParam().whole.empty()) GTEST_SKIP() << "its kernels are those of an op that is tested";
  expect(GetParam().whole, {"sm_90a"}, true);
}

INSTANTIATE_TEST_SUITE_P(Rows, Assembly, testing::ValuesIn(subjects()), [](const auto &info) { return info.param.op; });

} // namespace
