// The activations where they are awkward: one column, odd and prime numbers of them, no elements, one, counts that fill
// no block; halves of packed tensors, rows further apart than they are long, addresses that are aligned to no more than
// an element; large, infinite and missing numbers.
#include "tests/numeric/Altered.h"
#include "tests/numeric/Harness.h"
#include "tests/numeric/OnFastMemory.h"

#include "modules/activations/problem.h"
#include "modules/common/Random.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <ostream>

namespace fla::test {
namespace {

using activations::Activation;
using activations::ActivationProblem;
using activations::Options;

struct Subject {
  std::string machine, op;
};

std::vector<Subject> subjects() {
  std::vector<Subject> out;
  for (const char *machine : {"host", "simt", "cuda"})
    for (const Activation &a : activations::activations()) out.push_back({machine, std::string(a.op)});
  return out;
}

void PrintTo(const Subject &s, std::ostream *out) {
  *out << s.op << " on " << s.machine;
}

class Activations : public testing::TestWithParam<Subject> {
protected:
  const Activation &op() const { return activations::activation_named(GetParam().op); }
  std::unique_ptr<Problem> problem(Pass pass, int64_t rows, int64_t cols, DType dtype, Options o = {}) const {
    return std::make_unique<ActivationProblem>(op(), dtype, pass, rows, cols, std::move(o));
  }
  void expect(Machine &machine, Pass pass, int64_t rows, int64_t cols, DType dtype, Which which, Options o = {}) const {
    const std::string what = fmt::format("{} {} N={},D={} {}{}{}", GetParam().op, name_of(pass), rows, cols,
                                         tile::name_of(dtype), o.packed ? " packed" : "", o.again ? " again" : "");
    expect_right(machine, *problem(pass, rows, cols, dtype, std::move(o)), what, which);
  }
};

constexpr DType kDtypes[] = {DType::bf16, DType::f32, DType::f16};
constexpr Pass kPasses[] = {Pass::Fwd, Pass::Bwd};

TEST_P(Activations, AnyShape) {
  MACHINE_OR_SKIP(GetParam().machine);
  size_t turn = 0;
  for (int64_t cols : {1, 3, 50, 128, 1200, 1201, 5120})
    for (int64_t rows : {0, 1, 2, 33}) {
      const DType dtype = kDtypes[turn++ % 3];
      for (Pass pass : kPasses) expect(machine, pass, rows, cols, dtype, Which::First);
    }
}

TEST_P(Activations, AnyWidth) {
  MACHINE_OR_SKIP(GetParam().machine);
  size_t turn = 0;
  for (int64_t cols : {2, 31, 60, 100, 127, 1000}) {
    const DType dtype = kDtypes[turn++ % 3];
    for (Pass pass : kPasses) expect(machine, pass, 5, cols, dtype, Which::First);
  }
  for (Pass pass : kPasses) expect(machine, pass, 2, 40001, DType::bf16, Which::First);
}

// Rounds of programs beyond which an H200's choices are not an H100's.
TEST_P(Activations, ChoicesForFastMemory) {
  MACHINE_OR_SKIP(GetParam().machine);
  if (GetParam().machine == "host") GTEST_SKIP() << "has no other choices for fast memory";
  for (DType dtype : kDtypes)
    for (Pass pass : kPasses)
      for (int64_t rows : {99, 200})
        expect_right(machine, OnFastMemory(problem(pass, rows, 1000, dtype)),
                     fmt::format("{} {} N={} {}", op().op, name_of(pass), rows, tile::name_of(dtype)), Which::First);
  if (op().biased())
    expect_right(machine, OnFastMemory(problem(Pass::Bwd, 200, 1024, DType::bf16)), "with sums", Which::All);
}

TEST_P(Activations, EveryCandidate) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (DType dtype : kDtypes)
    for (Pass pass : kPasses) {
      expect(machine, pass, 33, 60, dtype, Which::All);
      expect(machine, pass, 19, 1025, dtype, Which::All);
    }
}

TEST_P(Activations, RowsThatAreApart) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (int64_t cols : {1, 7, 64, 1000})
    for (int64_t gap : {1, 8, 64}) {
      Options o;
      o.strides = {{"x", cols + gap}, {op().gated() ? "dz" : "dy", 2 * cols + gap}};
      if (op().gated()) o.strides.emplace("y", cols + gap);
      for (Pass pass : kPasses) expect(machine, pass, 13, cols, kDtypes[cols % 3], Which::First, o);
    }
}

TEST_P(Activations, PackedHalvesAndTheirGradients) {
  MACHINE_OR_SKIP(GetParam().machine);
  if (!op().gated()) GTEST_SKIP() << "has one input";
  for (int64_t cols : {1, 7, 64, 100, 1201})
    for (bool again : {false, true}) {
      Options o;
      o.packed = true;
      o.again = again;
      for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
        expect(machine, pass, 21, cols, kDtypes[cols % 3], cols == 64 ? Which::All : Which::First, o);
    }
}

TEST_P(Activations, ValueWrittenAgainWithTheGradients) {
  MACHINE_OR_SKIP(GetParam().machine);
  if (!op().gated()) GTEST_SKIP() << "only gated ops write their value again";
  Options o;
  o.again = true;
  for (DType dtype : kDtypes) expect(machine, Pass::Bwd, 17, 513, dtype, Which::First, o);
}

TEST_P(Activations, Temperatures) {
  MACHINE_OR_SKIP(GetParam().machine);
  if (!op().scaled()) GTEST_SKIP() << "has no temperature";
  for (double t : {0.1, 3.0, 16.0}) {
    Options o;
    o.temperature = t;
    for (Pass pass : kPasses) expect(machine, pass, 9, 100, DType::f32, Which::First, o);
  }
}

/// All tensors of a problem behind one element that is not theirs, so that their addresses are multiples of an
/// element's size and of nothing more.
class OffByOne : public Wrapped {
public:
  using Wrapped::Wrapped;

  std::vector<TensorDesc> tensors() const override {
    std::vector<TensorDesc> all = Wrapped::tensors();
    for (TensorDesc &t : all)
      if (t.role == TensorDesc::Role::Input) t.shape = {t.elements() + 1};
    return all;
  }
  std::vector<Candidate> candidates(const tile::Target &target, const tile::runtime::DeviceInfo &info) const override {
    std::map<std::string, int64_t> sizes;
    for (const TensorDesc &t : tensors())
      if (t.role == TensorDesc::Role::Input) sizes[t.name] = tile::size_of(t.dtype);
    std::vector<Candidate> all = Wrapped::candidates(target, info);
    for (Candidate &candidate : all)
      for (FusedLaunch &launch : candidate.launches)
        for (Arg &arg : launch.args)
          if (const auto *name = std::get_if<std::string>(&arg.value); name && sizes.contains(*name))
            arg.offset += sizes.at(*name);
    return all;
  }
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override {
    auto shifted = in;
    for (auto &[name, values] : shifted) values.erase(values.begin());
    Wrapped::oracle(shifted, out);
  }
};

TEST_P(Activations, AddressesAlignedToAnElement) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (DType dtype : kDtypes)
    for (Pass pass : kPasses)
      for (int64_t cols : {64, 1001}) {
        Options o;
        o.align = int(tile::size_of(dtype));
        const OffByOne shifted(std::make_unique<ActivationProblem>(op(), dtype, pass, 7, cols, o));
        expect_fused_right(machine, shifted, fmt::format("{} {} off by one, D={}", GetParam().op, name_of(pass), cols));
      }
}

/// x as given, one number after the other.
class WithNumbers : public Altered {
public:
  WithNumbers(std::unique_ptr<Problem> inner, std::vector<double> numbers)
      : Altered(std::move(inner), "x", [numbers = std::move(numbers)](TensorDesc &x) {
          x.derive = [=](const auto &, std::vector<double> &self) {
            for (size_t i = 0; i < self.size(); ++i) self[i] = numbers[i % numbers.size()];
          };
        }) {}
};

TEST_P(Activations, LargeNumbers) {
  MACHINE_OR_SKIP(GetParam().machine);
  std::vector<double> numbers = {0, -0.0};
  for (double size : {1e-30, 1e-4, 0.5, 8.0, 16.0, 20.0, 50.0, 88.0, 100.0, 1e4, 6e4, 1e10, 1e18, 3e30})
    for (double sign : {-1, 1}) numbers.push_back(sign * size);
  for (DType dtype : {DType::f32, DType::bf16})
    for (Pass pass : kPasses) {
      const bool squares = op().op == "sqrelu"; // beyond f32 in double too
      std::vector<double> fitting;
      for (double x : numbers)
        if (!squares || std::fabs(x) < 1e18) fitting.push_back(x);
      expect_fused_right(machine, WithNumbers(problem(pass, 4, 60, dtype), fitting),
                         fmt::format("{} {} of large numbers {}", GetParam().op, name_of(pass), tile::name_of(dtype)));
    }
}

TEST_P(Activations, InfinitiesAndNaNsAreTheOracles) {
  MACHINE_OR_SKIP(GetParam().machine);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (DType dtype : kDtypes)
    for (Pass pass : kPasses) // D is a multiple of the count: with a bias, columns of their own for the sums
      expect_fused_right(machine,
                         WithNumbers(problem(pass, 4, 60, dtype), {1, kInfinity, -2, -kInfinity, std::nan(""), 0.5}),
                         fmt::format("{} {} of infinities {}", GetParam().op, name_of(pass), tile::name_of(dtype)));
}

INSTANTIATE_TEST_SUITE_P(Awkward, Activations, testing::ValuesIn(subjects()),
                         [](const auto &info) { return info.param.machine + "_" + info.param.op; });

} // namespace
} // namespace fla::test
