// The norms where they are awkward: rows of one column, of odd and of prime numbers of them, rows too wide to be held;
// no rows, one, and counts that fill no block; rows of infinities and NaNs; rows that lie far from zero.
#include "tests/numeric/Altered.h"
#include "tests/numeric/Harness.h"

#include "modules/common/Random.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <ostream>

namespace fla::test {
namespace {

struct Subject {
  std::string machine, module, op;
  Pass pass;
};

std::vector<Subject> subjects() {
  std::vector<Subject> out;
  for (const char *machine : {"host", "simt", "cuda"})
    for (const auto &[module, op] : {std::pair{"layernorm", "layer_norm"},
                                     {"layernorm", "rms_norm"},
                                     {"layernorm", "layer_norm_gate"},
                                     {"l2norm", "l2norm"}})
      for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}) out.push_back({machine, module, op, pass});
  return out;
}

void PrintTo(const Subject &s, std::ostream *out) {
  *out << s.op << ' ' << name_of(s.pass) << " on " << s.machine;
}

std::string name_of_test(const testing::TestParamInfo<Subject> &info) {
  return fmt::format("{}_{}_{}", info.param.machine, info.param.op, name_of(info.param.pass));
}

class Norm : public testing::TestWithParam<Subject> {
protected:
  std::unique_ptr<Problem> problem(int64_t rows, int64_t cols, DType dtype) const {
    return module_named(GetParam().module).problem(GetParam().op, GetParam().pass, {{"N", rows}, {"D", cols}}, dtype);
  }
  void expect(Machine &machine, int64_t rows, int64_t cols, DType dtype, Which which) const {
    const std::string what =
        fmt::format("{} {} N={},D={} {}", GetParam().op, name_of(GetParam().pass), rows, cols, tile::name_of(dtype));
    expect_right(machine, *problem(rows, cols, dtype), what, which);
  }
};

constexpr DType kDtypes[] = {DType::bf16, DType::f32, DType::f16};

// Every width; the dtype and the counts of rows change from one to the next.
TEST_P(Norm, AnyWidth) {
  MACHINE_OR_SKIP(GetParam().machine);
  size_t turn = 0;
  for (int64_t cols : {1, 2, 3, 7, 31, 32, 33, 50, 60, 100, 127, 128, 1000, 1024, 1200, 5120, 8192})
    for (int64_t rows : {5, 33}) expect(machine, rows, cols, kDtypes[turn++ / 2 % 3], Which::First);
}

TEST_P(Norm, RowsTooWideToBeHeld) {
  MACHINE_OR_SKIP(GetParam().machine);
  expect(machine, 3, 32768, DType::bf16, Which::First);
  expect(machine, 5, 40000, DType::bf16, Which::First);
  expect(machine, 2, 65537, DType::f32, Which::First);
}

TEST_P(Norm, AnyNumberOfRows) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (int64_t cols : {33, 1024})
    for (int64_t rows : {0, 1, 2, 3, 5, 33, 257}) expect(machine, rows, cols, DType::bf16, Which::First);
}

TEST_P(Norm, EveryCandidate) {
  MACHINE_OR_SKIP(GetParam().machine);
  expect(machine, 33, 60, DType::f32, Which::All);
  expect(machine, 33, 1200, DType::bf16, Which::All);
  expect(machine, 3, 8192, DType::f16, Which::All);
}

constexpr int64_t kPoisonedRows = 12, kPoisonedCols = 100;

/// Three rows of x are poisoned; all others must come out as if those were not there.
void poison_rows(TensorDesc &x) {
  x.derive = [](const auto &, std::vector<double> &self) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    fill_normal(random_key(7, "x"), 0, 1, self);
    self[2 * kPoisonedCols + 17] = std::nan("");
    self[5 * kPoisonedCols + 99] = kInfinity;
    self[6 * kPoisonedCols] = -kInfinity;
  };
}

TEST_P(Norm, RowsOfInfinitiesAndNaNsDoNotSpread) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (DType dtype : {DType::f32, DType::bf16})
    expect_right(machine, Altered(problem(kPoisonedRows, kPoisonedCols, dtype), "x", poison_rows),
                 fmt::format("poisoned rows {}", tile::name_of(dtype)), Which::All);
}

/// Ops whose rows and gates are like those above, with statistics for groups of columns, or a gate.
class AnyNorm : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(AnyNorm, RowsOfInfinitiesAndNaNsDoNotSpread) {
  const auto &[machine_name, op] = GetParam();
  MACHINE_OR_SKIP(machine_name);
  Case c{{"N", kPoisonedRows}, {"D", kPoisonedCols}};
  if (op == "group_norm" || op == "mamba_norm_gate") c = {{"N", kPoisonedRows}, {"D", kPoisonedCols}, {"G", 4}};
  for (Pass pass : {Pass::Fwd, Pass::Bwd})
    expect_right(machine, Altered(module_named("layernorm").problem(op, pass, c, DType::bf16), "x", poison_rows),
                 fmt::format("{} {} of poisoned rows", op, name_of(pass)), Which::First);
}

INSTANTIATE_TEST_SUITE_P(Awkward, AnyNorm,
                         testing::Combine(testing::Values("host", "simt", "cuda"),
                                          testing::Values("group_norm", "rms_norm_gate", "mamba_norm_gate")),
                         [](const auto &info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param); });

class FarFromZero : public testing::TestWithParam<std::string> {};

// A mean a thousand times the deviation: the variance must not be a difference of large numbers. Only the forward pass
// of a norm that subtracts the mean can lose it.
TEST_P(FarFromZero, KeepsTheDeviation) {
  MACHINE_OR_SKIP(GetParam());
  class Tolerant : public Altered {
    using Altered::Altered;
    // A mean of 1000 in f32 is off by some units of 2^-14, and so is every element's distance from it. The difference
    // of the mean square and the squared mean would be off by a tenth.
    Tolerance tolerance(std::string_view output) const override {
      return output == "mean" ? Tolerance{0, 0x1p-20} : Tolerance{0x1p-10, 0x1p-10};
    }
  };
  for (int64_t cols : {1024, 1200}) {
    const Module &norms = module_named("layernorm");
    auto expect = [&](const char *op, const Case &c, Which which) {
      const Tolerant problem(norms.problem(op, Pass::Fwd, c, DType::f32), "x", [](TensorDesc &x) { x.mean = 1000; });
      expect_right(machine, problem, fmt::format("{} far from zero, D={}", op, cols), which);
    };
    expect("layer_norm", {{"N", 9}, {"D", cols}}, Which::All);
    expect("layer_norm_gate", {{"N", 9}, {"D", cols}}, Which::First);
    expect("group_norm", {{"N", 9}, {"D", cols}, {"G", 4}}, Which::First);
  }
}

INSTANTIATE_TEST_SUITE_P(Awkward, FarFromZero, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(Awkward, Norm, testing::ValuesIn(subjects()), name_of_test);

} // namespace
} // namespace fla::test
