// Every op of every module, every pass and dtype, on every machine: the quick grid's cases, and the smallest of them
// with all candidates. A new module is tested by being there.
#include "tests/numeric/Harness.h"

#include <algorithm>
#include <fmt/format.h>
#include <ostream>

namespace fla::test {
namespace {

struct Subject {
  std::string machine, module, op;
  Pass pass;
  DType dtype;
};

std::vector<Subject> subjects() {
  std::vector<Subject> out;
  for (const char *machine : {"host", "simt", "cuda"})
    for (const auto &module : modules())
      for (const OpInfo &op : module->ops())
        for (Pass pass : op.passes)
          for (DType dtype : module->dtypes())
            out.push_back({machine, std::string(module->name()), op.name, pass, dtype});
  return out;
}

void PrintTo(const Subject &s, std::ostream *out) {
  *out << s.op << ' ' << name_of(s.pass) << " on " << s.machine;
}

std::string name_of_test(const testing::TestParamInfo<Subject> &info) {
  const Subject &s = info.param;
  return fmt::format("{}_{}_{}_{}_{}", s.machine, s.module, s.op, name_of(s.pass), tile::name_of(s.dtype));
}

int64_t elements(const Problem &problem) {
  int64_t sum = 0;
  for (const TensorDesc &t : problem.tensors()) sum += t.elements();
  return sum;
}

class EveryModule : public testing::TestWithParam<Subject> {};

TEST_P(EveryModule, IsRightOnTheQuickGrid) {
  const Subject &s = GetParam();
  MACHINE_OR_SKIP(s.machine);
  const Module &module = module_named(s.module);
  std::vector<std::pair<Case, std::unique_ptr<Problem>>> problems;
  for (const Case &shape : module.cases(s.op, "quick"))
    problems.emplace_back(shape, module.problem(s.op, s.pass, shape, s.dtype));
  ASSERT_FALSE(problems.empty());
  auto smallest = std::ranges::min_element(problems, {}, [](const auto &p) { return elements(*p.second); });
  for (const auto &p : problems) {
    // The oracle of a large case takes long on a small computer; flabench itself validates those in bf16.
    // The virtual GPU checks every access, and takes longer still.
    const int64_t many = int64_t(s.machine == "simt" ? 1 : 12) << 20;
    if (elements(*p.second) > many && &p != &*smallest) continue;
    const std::string what = fmt::format("{} {} {} {}", s.op, name_of(s.pass), p.first.str(), tile::name_of(s.dtype));
    expect_right(machine, *p.second, what, &p == &*smallest ? Which::All : Which::First);
  }
}

INSTANTIATE_TEST_SUITE_P(Quick, EveryModule, testing::ValuesIn(subjects()), name_of_test);

} // namespace
} // namespace fla::test
