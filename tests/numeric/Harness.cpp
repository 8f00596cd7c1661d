// The harness adds to the arena's own validation what only tests have time for: all candidates, and determinism.
#include "tests/numeric/Harness.h"

#include "bench/Unfused.h"
#include "runtime/Backends.h"

#include <fmt/format.h>

namespace fla::test {
namespace {

using bench::Provider;
using bench::Session;

std::map<std::string, std::vector<std::byte>> all_outputs(const Session &session) {
  std::map<std::string, std::vector<std::byte>> out;
  for (const TensorDesc &t : session.outputs()) out[t.name] = session.download(t.name);
  return out;
}

} // namespace

Machine::Machine(std::unique_ptr<tile::runtime::Device> device)
    : device_(std::move(device)), stream_(device_->stream()), no_reference_(bench::why_no_reference(*device_)),
      loader_(bench::load_once_on(*device_)) {}

Machine *Machine::named(const std::string &name, std::string *why_not) {
  if (name == "cuda" && tile::runtime::list_cuda_devices(why_not).empty()) return nullptr;
  static std::map<std::string, std::unique_ptr<Machine>> machines;
  std::unique_ptr<Machine> &machine = machines[name];
  if (!machine) machine = std::make_unique<Machine>(tile::runtime::open_device(name));
  return machine.get();
}

bench::TimedLoader Machine::loader() {
  return loader_;
}

void expect_right(Session &session, const Problem &problem, Provider &provider, const std::string &what) {
  const bench::Verdict verdict = bench::validate(session, problem, provider);
  EXPECT_TRUE(verdict.ok) << what << ": " << verdict.detail;
  EXPECT_LE(verdict.ratio, 1.0) << what << ": error " << verdict.error << ", tolerance " << verdict.tolerance;
  const auto first = all_outputs(session);
  session.poison();
  if (provider.workspace()) provider.workspace()->poison();
  provider.enqueue(session.stream());
  session.stream().synchronize();
  for (const auto &[name, bytes] : all_outputs(session))
    EXPECT_TRUE(bytes == first.at(name)) << what << ": two runs differ in '" << name << "'";
}

static void expect_candidates_right(Session &session, Machine &machine, const Problem &problem, const std::string &what,
                                    Which which) {
  std::vector<Candidate> candidates = problem.candidates(machine.device().target(), machine.device().info());
  ASSERT_FALSE(candidates.empty()) << what;
  if (which == Which::First) candidates.resize(1);
  for (const Candidate &candidate : candidates) {
    const std::string full = fmt::format("{}, {}, candidate {}", machine.device().id(), what, candidate.name);
    SCOPED_TRACE(full);
    bench::FusedProvider fused(session, candidate, machine.loader());
    expect_right(session, problem, fused, full);
  }
}

constexpr uint64_t kSeed = 20240607;

void expect_right(Machine &machine, const Problem &problem, const std::string &what, Which which) {
  Session session(machine.device(), machine.stream(), problem, kSeed);
  expect_candidates_right(session, machine, problem, what, which);
  if (!machine.no_reference().empty()) return;
  std::unique_ptr<Provider> unfused = bench::make_unfused(session, problem);
  expect_right(session, problem, *unfused, fmt::format("{}, {}, unfused", machine.device().id(), what));
}

void expect_fused_right(Machine &machine, const Problem &problem, const std::string &what) {
  Session session(machine.device(), machine.stream(), problem, kSeed);
  expect_candidates_right(session, machine, problem, what, Which::First);
}

} // namespace fla::test
