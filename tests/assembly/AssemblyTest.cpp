// Every kernel of every module is taken by ptxas for every architecture people have, and keeps all it holds in
// registers: no spills, no memory of a thread's own.
//
// The suite goes over a part that is chosen by rule: one case of the arena and its most awkward one, in bf16 with all
// candidates on the oldest architecture and on one of the newest, with the first on all, and in the other dtypes with
// the first. FLABENCH_ALL_KERNELS=1 goes over all cases of all grids and more widths, in all dtypes, with all
// candidates on all architectures; FLABENCH_KERNELS, a regular expression, leaves those it finds itself in:
// 'bwd N=3000,D=64 .*sm_120'.
#include "bench/Emit.h"
#include "compiler/Compiler.h"
#include "modules/common/Problem.h"
#include "modules/common/Rows.h"
#include "runtime/Parallel.h"
#include "tests/codegen/Ptxas.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <ostream>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace fla;

namespace {

const std::vector<std::string> kArchitectures = {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100a", "sm_120"};

struct Subject {
  std::string module, op;
};

void PrintTo(const Subject &s, std::ostream *out) {
  *out << s.op;
}

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const auto &module : modules())
    for (const OpInfo &op : module->ops()) all.push_back({std::string(module->name()), op.name});
  return all;
}

bool wants_all() {
  const char *word = std::getenv("FLABENCH_ALL_KERNELS");
  return word && std::string(word) == "1";
}

bool is_wanted(const std::string &kernel) {
  static const char *pattern = std::getenv("FLABENCH_KERNELS");
  static const std::regex wanted(pattern ? pattern : "");
  return !pattern || std::regex_search(kernel, wanted);
}

/// The largest power of two that divides the sizes that are no powers of two themselves; how wide accesses can be.
int64_t evenness(const Case &c) {
  int64_t bits = int64_t(1) << 40;
  for (const auto &[key, size] : c.dims())
    if (size & (size - 1)) bits = std::min(bits, size & -size);
  return bits;
}

std::vector<Case> cases_of(const Module &module, const std::string &op) {
  std::vector<Case> quick = module.cases(op, "quick"), arena = module.cases(op, "fla");
  if (!wants_all()) return {arena[arena.size() / 2], *std::ranges::min_element(quick, {}, evenness)};
  std::vector<Case> all = std::move(quick);
  all.insert(all.end(), arena.begin(), arena.end());
  if (op_named(module, op).keys == std::vector<std::string>{"N", "D"})
    for (int64_t cols : {1, 50, 64, 1201, 2560, 5120, 8192, 16384, 40000}) all.push_back({{"N", 3000}, {"D", cols}});
  return all;
}

struct Job {
  tile::Kernel kernel;
  std::string what;
};

/// The kernels of one op for one architecture, each once: cases and candidates share many.
class Jobs {
public:
  Jobs(const Subject &subject, const std::string &arch)
      : module_(module_named(subject.module)), op_(subject.op),
        target_(tile::Target::nvvm(arch)), machines_{bench::typical_machine(target_)} {
    if (accesses_in_flight(target_, machines_[0]) == 1) return;
    machines_.push_back(machines_[0]);
    machines_.back().bandwidth = 0; // others of the architecture have slower memory, and other choices
  }

  void add(tile::DType dtype, bool every_candidate) {
    const std::vector<tile::DType> known = module_.dtypes();
    if (std::ranges::find(known, dtype) == known.end()) return;
    for (const Case &c : cases_of(module_, op_))
      for (Pass pass : op_named(module_, op_).passes) {
        const auto problem = module_.problem(op_, pass, c, dtype);
        for (const tile::runtime::DeviceInfo &machine : machines_) {
          auto all = problem->candidates(target_, machine);
          if (!every_candidate) all.resize(1);
          for (const Candidate &candidate : all)
            for (const FusedLaunch &launch : candidate.launches) add(launch.kernel, pass, c, dtype, candidate.name);
        }
      }
  }

  const std::vector<Job> &all() const { return all_; }
  const tile::Target &target() const { return target_; }

private:
  void add(const tile::Kernel &kernel, Pass pass, const Case &c, tile::DType dtype, const std::string &candidate) {
    if (!seen_.insert(fmt::format("{} {}", kernel.warps(), kernel.str())).second) return;
    std::string what = fmt::format("{} of {} {} {} {}, {}, for {}", kernel.name(), op_, name_of(pass), c.str(),
                                   tile::name_of(dtype), candidate, target_.arch);
    if (is_wanted(what)) all_.push_back({kernel, std::move(what)});
  }

  const Module &module_;
  std::string op_;
  tile::Target target_;
  std::vector<tile::runtime::DeviceInfo> machines_;
  std::set<std::string> seen_;
  std::vector<Job> all_;
};

void choose(Jobs &jobs) {
  const bool chosen = jobs.target().arch == "sm_75" || jobs.target().arch == "sm_90a";
  jobs.add(tile::bf16, wants_all() || chosen);
  if (wants_all() || chosen)
    for (tile::DType dtype : {tile::f16, tile::f32}) jobs.add(dtype, wants_all());
}

/// As many kernels as make one call of ptxas.
struct Batch {
  const Jobs *jobs;
  size_t begin, end;
};

/// What is to be said against the kernels of a batch.
std::vector<std::string> complaints_of(const Batch &batch) {
  std::vector<tile::test::Entry> entries;
  for (size_t i = batch.begin; i < batch.end; ++i) {
    const tile::Artifact made = tile::compile(batch.jobs->all()[i].kernel, batch.jobs->target());
    entries.push_back({made.entry, made.code});
  }
  const auto assembled = tile::test::assemble(entries, batch.jobs->target().arch);
  std::vector<std::string> said;
  for (size_t i = 0; i < entries.size(); ++i)
    if (!assembled[i].complaints.empty())
      said.push_back(batch.jobs->all()[batch.begin + i].what + ": " + assembled[i].complaints);
  return said;
}

class Assembly : public testing::TestWithParam<Subject> {};

TEST_P(Assembly, EveryKernelWithoutSpills) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "there is no ptxas on this computer";
  constexpr size_t kBatch = 12;
  std::vector<Jobs> all;
  for (const std::string &arch : kArchitectures) all.emplace_back(GetParam(), arch);
  tile::runtime::parallel_for(int64_t(all.size()), [&](int64_t begin, int64_t end) {
    for (auto i = size_t(begin); i < size_t(end); ++i) choose(all[i]);
  });
  std::vector<Batch> batches;
  for (const Jobs &jobs : all) {
    EXPECT_TRUE(!jobs.all().empty() || std::getenv("FLABENCH_KERNELS"));
    for (size_t begin = 0; begin < jobs.all().size(); begin += kBatch)
      batches.push_back({&jobs, begin, std::min(begin + kBatch, jobs.all().size())});
  }
  std::vector<std::vector<std::string>> said(batches.size());
  tile::runtime::parallel_for(int64_t(batches.size()), [&](int64_t begin, int64_t end) {
    for (auto i = size_t(begin); i < size_t(end); ++i) said[i] = complaints_of(batches[i]);
  });
  for (const auto &of_batch : said)
    for (const std::string &complaint : of_batch) ADD_FAILURE() << complaint;
  size_t kernels = 0;
  for (const Jobs &jobs : all) kernels += jobs.all().size();
  std::cout << kernels << " kernels in " << batches.size() << " calls of ptxas\n";
}

INSTANTIATE_TEST_SUITE_P(, Assembly, testing::ValuesIn(subjects()),
                         [](const auto &info) { return info.param.module + "_" + info.param.op; });

} // namespace
