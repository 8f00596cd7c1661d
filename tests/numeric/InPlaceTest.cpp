// Kernels that overwrite what they read, measured over and over, all candidates in turns as when the best one is looked
// for: every run starts from the caller's numbers, and at the end those are still there.
#include "tests/numeric/Harness.h"

#include "bench/Measure.h"
#include "modules/conv/update.h"
#include "modules/cross_entropy/problem.h"

#include <algorithm>

namespace fla::test {
namespace {

class InPlace : public testing::TestWithParam<std::string> {
protected:
  static void expect_survives(Machine &machine, const Problem &problem, const std::string &overwritten) {
    bench::Session session(machine.device(), machine.stream(), problem, 5);
    const std::vector<std::byte> before = session.download(overwritten);
    std::vector<std::unique_ptr<bench::FusedProvider>> candidates;
    std::vector<bench::Provider *> providers;
    for (const Candidate &c : problem.candidates(machine.device().target(), machine.device().info())) {
      candidates.push_back(std::make_unique<bench::FusedProvider>(session, c, machine.loader()));
      providers.push_back(candidates.back().get());
    }
    ASSERT_GT(providers.size(), 1u) << "nothing to choose from";
    std::vector<std::vector<std::byte>> results;
    for (bench::Provider *provider : providers) {
      expect_right(session, problem, *provider, "before");
      results.push_back(session.download(overwritten));
    }
    bench::Timer(machine.device(), machine.stream()).measure(providers, {.exact = 3});
    EXPECT_TRUE(std::ranges::find(results, session.download(overwritten)) != results.end())
        << "a measured run went on from the one before it";
    for (bench::Provider *provider : providers) expect_right(session, problem, *provider, "after");
    EXPECT_EQ(session.damage(), "");
    session.restore();
    EXPECT_EQ(session.download(overwritten), before) << "the caller's numbers are gone";
  }
};

TEST_P(InPlace, CrossEntropyMeasuredRepeatedly) {
  MACHINE_OR_SKIP(GetParam());
  for (Pass pass : {Pass::Bwd, Pass::FwdBwd}) {
    cross_entropy::Spec spec;
    spec.classes = 3000;
    spec.in_place = true;
    expect_survives(machine, cross_entropy::CrossEntropyProblem(spec, pass, 9, {.ignored = 0.2}), "logits");
  }
}

TEST_P(InPlace, StateOfConvUpdateMeasuredRepeatedly) {
  MACHINE_OR_SKIP(GetParam());
  conv::ConvSpec spec;
  spec.tokens = layout_of(Sequences(3, 1), tile::bf16, 300);
  expect_survives(machine, conv::UpdateProblem(spec, 3), "state");
}

INSTANTIATE_TEST_SUITE_P(Awkward, InPlace, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
