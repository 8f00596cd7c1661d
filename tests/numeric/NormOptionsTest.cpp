// Norms with every option, which no op of the arena has: every candidate against the oracle.
#include "tests/modules/NormOptions.h"
#include "tests/numeric/Harness.h"

#include <fmt/format.h>
#include <ostream>
#include <tuple>

namespace fla::test {

static void PrintTo(const NormOptions &options, std::ostream *out) {
  *out << options.name;
}

namespace {

using layernorm::NormProblem;
using layernorm::NormSpec;

class NormWith : public testing::TestWithParam<std::tuple<std::string, NormOptions>> {
protected:
  void expect(Machine &machine, int64_t rows, int64_t cols, DType dtype, Which which) const {
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}) {
      NormSpec spec = std::get<1>(GetParam()).spec;
      spec.dtype = dtype;
      spec.cols = cols;
      expect_right(
          machine, NormProblem(spec, pass, rows),
          fmt::format("{} {} {}x{} {}", std::get<1>(GetParam()).name, name_of(pass), rows, cols, tile::name_of(dtype)),
          which);
    }
  }
};

TEST_P(NormWith, HeldRows) {
  MACHINE_OR_SKIP(std::get<0>(GetParam()));
  expect(machine, 33, 60, DType::bf16, Which::All);
  expect(machine, 5, 1536, DType::f16, Which::First);
  expect(machine, 7, 12, DType::f32, Which::First);
}

TEST_P(NormWith, WideRows) {
  MACHINE_OR_SKIP(std::get<0>(GetParam()));
  expect(machine, 2, 33024, DType::bf16, Which::First);
}

TEST_P(NormWith, NoRowsAndOne) {
  MACHINE_OR_SKIP(std::get<0>(GetParam()));
  expect(machine, 0, 120, DType::bf16, Which::First);
  expect(machine, 1, 120, DType::bf16, Which::First);
}

INSTANTIATE_TEST_SUITE_P(Options, NormWith,
                         testing::Combine(testing::Values("host", "simt", "cuda"), testing::ValuesIn(norm_options())),
                         [](const auto &info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param).name; });

} // namespace
} // namespace fla::test
