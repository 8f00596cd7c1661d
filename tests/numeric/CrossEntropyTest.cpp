// cross_entropy where it is awkward: every option and what they do to each other; one class, odd and large numbers of
// them; no rows, one, and more than one program takes; targets that are ignored or no class at all; infinities and
// NaNs; logits that lie apart and logits that are overwritten.
#include "tests/numeric/FarRows.h"
#include "tests/numeric/Harness.h"

#include "modules/common/Random.h"
#include "modules/cross_entropy/problem.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <limits>
#include <ostream>

namespace fla::test {
namespace {

using cross_entropy::CrossEntropyProblem;
using cross_entropy::Reduction;
using cross_entropy::Spec;
using cross_entropy::TargetMix;

struct Subject {
  std::string machine;
  Pass pass;
};

std::vector<Subject> subjects() {
  std::vector<Subject> out;
  for (const char *machine : {"host", "simt", "cuda"})
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}) out.push_back({machine, pass});
  return out;
}

void PrintTo(const Subject &s, std::ostream *out) {
  *out << name_of(s.pass) << " on " << s.machine;
}

constexpr TargetMix kSomeIgnored{.ignored = 0.25};
constexpr DType kDtypes[] = {DType::bf16, DType::f32, DType::f16};

Spec spec_of(int64_t classes, DType dtype) {
  Spec spec;
  spec.classes = classes;
  spec.dtype = dtype;
  return spec;
}

std::string describe(const Spec &s, Pass pass, int64_t rows) {
  return fmt::format("cross_entropy {} N={},V={} {} reduction={} smoothing={} scale={} softcap={} z={}{}{} ignore={}",
                     name_of(pass), rows, s.classes, tile::name_of(s.dtype), int(s.reduction), s.label_smoothing,
                     s.logit_scale, s.softcap, s.lse_square_scale, s.class_weights ? " weights" : "",
                     s.in_place ? " in place" : "", s.ignore_index);
}

class CrossEntropy : public testing::TestWithParam<Subject> {
protected:
  void expect(Machine &machine, int64_t rows, const Spec &spec, Which which = Which::First,
              TargetMix mix = kSomeIgnored) const {
    expect_right(machine, CrossEntropyProblem(spec, GetParam().pass, rows, mix), describe(spec, GetParam().pass, rows),
                 which);
  }
};

// Any three options with and without each other: eight options in sixteen specs, the columns of an orthogonal array.
TEST_P(CrossEntropy, CombinationsOfOptions) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (unsigned run = 0; run < 16; ++run) {
    const bool a = run & 1, b = run & 2, c = run & 4, d = run & 8;
    Spec spec = spec_of(a ? 60 : 1201, kDtypes[run % 3]);
    spec.label_smoothing = b ? 0.1 : 0;
    spec.class_weights = c;
    spec.lse_square_scale = d ? 1e-2 : 0;
    spec.softcap = (a != b) != c ? 5 : 0;
    spec.logit_scale = (b != c) != d ? 0.75 : 1;
    spec.in_place = (a != b) != d;
    spec.reduction = (a != c) != d ? Reduction::Mean : run % 2 ? Reduction::Sum : Reduction::None;
    expect(machine, 11, spec);
  }
}

TEST_P(CrossEntropy, EveryReductionWithEveryOption) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (Reduction reduction : {Reduction::Mean, Reduction::Sum, Reduction::None})
    for (int64_t classes : {100, 3001}) {
      Spec spec = spec_of(classes, DType::f32);
      spec.reduction = reduction;
      spec.label_smoothing = 0.2;
      spec.class_weights = true;
      spec.lse_square_scale = 1e-3;
      spec.softcap = 4;
      spec.logit_scale = 1.5;
      expect(machine, 9, spec);
    }
}

TEST_P(CrossEntropy, AnyNumberOfClasses) {
  MACHINE_OR_SKIP(GetParam().machine);
  size_t turn = 0;
  for (int64_t classes : {1, 2, 3, 7, 32, 33, 50, 60, 100, 127, 1000, 1024, 1200, 5120, 20481})
    for (int64_t rows : {5, 33}) expect(machine, rows, spec_of(classes, kDtypes[turn++ / 2 % 3]));
}

TEST_P(CrossEntropy, RowsTooWideToBeHeld) {
  MACHINE_OR_SKIP(GetParam().machine);
  expect(machine, 3, spec_of(32768, DType::bf16));
  expect(machine, 2, spec_of(65537, DType::f32));
  expect(machine, 1, spec_of(120000, DType::bf16));
}

// More rows than the virtual GPU has multiprocessors: those of which a part is held.
TEST_P(CrossEntropy, RowsHeldInPart) {
  MACHINE_OR_SKIP(GetParam().machine);
  if (GetParam().pass != Pass::FwdBwd || GetParam().machine == "host") return;
  const TargetMix mix{.ignored = 0.3, .out_of_range = 0.2};
  for (DType dtype : kDtypes) expect(machine, 5, spec_of(17416, dtype), Which::All, mix);
  Spec spec = spec_of(32768, DType::bf16); // no rest
  spec.in_place = true;
  spec.lse_square_scale = 1e-3;
  spec.logit_scale = 1.5;
  spec.class_weights = true;
  expect(machine, 5, spec, Which::All, mix);
}

TEST_P(CrossEntropy, AnyNumberOfRows) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (Reduction reduction : {Reduction::Mean, Reduction::None})
    for (int64_t rows : {0, 1, 2, 3, 257}) {
      Spec spec = spec_of(rows % 2 ? 33 : 1024, DType::bf16);
      spec.reduction = reduction;
      expect(machine, rows, spec);
      spec.class_weights = true;
      spec.label_smoothing = 0.1;
      expect(machine, rows, spec);
    }
}

TEST_P(CrossEntropy, EveryCandidate) {
  MACHINE_OR_SKIP(GetParam().machine);
  expect(machine, 33, spec_of(60, DType::f32), Which::All);
  expect(machine, 9, spec_of(1200, DType::bf16), Which::All);
  Spec wide = spec_of(30011, DType::f16);
  wide.label_smoothing = 0.1;
  wide.in_place = true;
  expect(machine, 3, wide, Which::All);
}

// More rows than one program adds up: sums in two stages.
TEST_P(CrossEntropy, ManyRows) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (bool weights : {false, true}) {
    Spec spec = spec_of(3, DType::f32);
    spec.class_weights = weights;
    spec.lse_square_scale = 1e-3;
    expect(machine, 70001, spec);
  }
}

TEST_P(CrossEntropy, AllRowsIgnored) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (Reduction reduction : {Reduction::Mean, Reduction::Sum, Reduction::None})
    for (bool options : {false, true}) {
      Spec spec = spec_of(options ? 1201 : 50, DType::f32);
      spec.reduction = reduction;
      spec.label_smoothing = options ? 0.1 : 0;
      spec.class_weights = options;
      spec.lse_square_scale = options ? 0.1 : 0;
      expect(machine, 6, spec, Which::First, {.ignored = 1});
    }
}

// A class may be the one that is ignored.
TEST_P(CrossEntropy, IgnoredClass) {
  MACHINE_OR_SKIP(GetParam().machine);
  Spec spec = spec_of(5, DType::f32);
  spec.ignore_index = 2;
  expect(machine, 40, spec, Which::First, {});
}

// No access outside of the tensors, which guards and the virtual GPU would notice, and NaN: never a number.
TEST_P(CrossEntropy, TargetsOutOfRange) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (Reduction reduction : {Reduction::None, Reduction::Sum, Reduction::Mean})
    for (bool weights : {false, true})
      for (int64_t classes : {37, 2500}) {
        Spec spec = spec_of(classes, DType::f32);
        spec.reduction = reduction;
        spec.class_weights = weights;
        spec.lse_square_scale = 1e-3;
        expect(machine, 24, spec, Which::First, {.ignored = 0.2, .out_of_range = 0.2});
        expect(machine, 1, spec, Which::First, {.out_of_range = 1});
      }
}

/// A problem with other logits.
class WithLogits : public CrossEntropyProblem {
public:
  using Change = std::function<void(std::vector<double> &)>;
  WithLogits(const Spec &spec, Pass pass, int64_t rows, Change change)
      : CrossEntropyProblem(spec, pass, rows), change_(std::move(change)) {}
  std::vector<TensorDesc> tensors() const override {
    std::vector<TensorDesc> all = CrossEntropyProblem::tensors();
    all.front().derive = [change = change_](const auto &, std::vector<double> &self) {
      fill_normal(random_key(7, "logits"), 0, 1, self);
      change(self);
    };
    return all;
  }

private:
  Change change_;
};

// Rows 2, 5 and 6 have no loss; 3 and 4 have classes without probability. All others are as if those were not there.
TEST_P(CrossEntropy, InfinitiesAndNaNsStayInTheirRows) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (int64_t classes : {100, 2600, 17408})
    for (DType dtype : {DType::f32, DType::bf16}) {
      Spec spec = spec_of(classes, dtype);
      spec.reduction = Reduction::None;
      const int64_t rows = classes > 10000 ? 7 : 12;
      const WithLogits problem(spec, GetParam().pass, rows, [classes](std::vector<double> &x) {
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        auto row = [&](int64_t i) { return x.begin() + i * classes; };
        row(2)[17] = std::nan("");
        row(3)[0] = row(3)[classes - 1] = -kInfinity;
        std::fill(row(4), row(4) + classes / 2, -kInfinity);
        row(5)[99] = kInfinity;
        std::fill(row(6), row(6) + classes, -kInfinity);
      });
      expect_right(machine, problem, describe(spec, GetParam().pass, rows) + " with infinities", Which::All);
    }
}

// With a softcap every logit is finite, and infinities have no slope.
TEST_P(CrossEntropy, SoftcapOfInfinities) {
  MACHINE_OR_SKIP(GetParam().machine);
  Spec spec = spec_of(70, DType::f32);
  spec.softcap = 3;
  const WithLogits problem(spec, GetParam().pass, 4, [](std::vector<double> &x) {
    x[5] = std::numeric_limits<double>::infinity();
    x[70] = -std::numeric_limits<double>::infinity();
  });
  expect_right(machine, problem, "softcap of infinities", Which::All);
}

// exp of a logit would overflow, and so would the difference of two; where lse is large, the loss is still small. (A
// backward pass alone has nothing but lse, which is rounded as a large number.)
TEST_P(CrossEntropy, LargeLogits) {
  MACHINE_OR_SKIP(GetParam().machine);
  if (GetParam().pass == Pass::Bwd) return;
  for (int64_t classes : {64, 2500, 17408}) {
    Spec spec = spec_of(classes, DType::f32);
    spec.reduction = Reduction::None;
    auto by = [classes](double distance) {
      return [=](auto row) {
        for (int64_t j = 0; j < classes; ++j) row[j] += distance;
      };
    };
    auto both_ends = [](auto row) { row[7] = 3e38, row[8] = -3e38; };
    auto lowest = [classes](auto row) { std::fill(row, row + classes, -3e38); };
    using Change = std::function<void(std::vector<double>::iterator)>;
    // So few that a machine of four units has rows in parts, too.
    for (const std::vector<Change> &changes : {std::vector<Change>{by(4096), by(-4096), both_ends, lowest, by(0)},
                                               std::vector<Change>{lowest, both_ends, by(4096)}}) {
      const auto rows = int64_t(changes.size());
      const WithLogits problem(spec, GetParam().pass, rows, [&](std::vector<double> &x) {
        for (int64_t i = 0; i < rows; ++i) changes[size_t(i)](x.begin() + i * classes);
      });
      expect_right(machine, problem, describe(spec, GetParam().pass, rows) + " of large logits", Which::All);
    }
  }
}

/// Rows of logits further apart than they are long.
class Apart : public CrossEntropyProblem {
public:
  Apart(const Spec &spec, Pass pass, int64_t rows, int64_t stride)
      : CrossEntropyProblem(spec, pass, rows, kSomeIgnored, stride), classes_(spec.classes), rows_(rows),
        stride_(stride) {}
  std::vector<TensorDesc> tensors() const override {
    std::vector<TensorDesc> all = CrossEntropyProblem::tensors();
    all.front().shape = {rows_, stride_};
    for (TensorDesc &t : all)
      if (t.derive && t.name != "targets")
        t.derive = [this, derive = t.derive](const auto &in, auto &self) { derive(together(in), self); };
    return all;
  }
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override {
    auto dense = out;
    if (dense.contains("logits")) dense.at("logits").resize(size_t(rows_ * classes_));
    CrossEntropyProblem::oracle(together(in), dense);
    if (out.contains("logits")) {
      std::vector<double> all = in.at("logits");
      for (int64_t i = 0; i < rows_; ++i)
        std::copy_n(&dense.at("logits")[size_t(i * classes_)], classes_, &all[size_t(i * stride_)]);
      dense.at("logits") = std::move(all);
    }
    out = std::move(dense);
  }

private:
  std::map<std::string, std::vector<double>> together(std::map<std::string, std::vector<double>> in) const {
    std::vector<double> &logits = in.at("logits"), rows;
    for (int64_t i = 0; i < rows_; ++i)
      rows.insert(rows.end(), logits.begin() + i * stride_, logits.begin() + i * stride_ + classes_);
    logits = std::move(rows);
    return in;
  }
  int64_t classes_, rows_, stride_;
};

TEST_P(CrossEntropy, RowsFurtherApart) {
  MACHINE_OR_SKIP(GetParam().machine);
  for (bool in_place : {false, true})
    for (int64_t classes : {61, 2600}) {
      Spec spec = spec_of(classes, DType::bf16);
      spec.in_place = in_place;
      spec.stride_divisor = 8;
      const Apart problem(spec, GetParam().pass, 7, (classes + 15) / 8 * 8);
      // The references take rows one after the other only.
      bench::Session session(machine.device(), machine.stream(), problem, 3);
      for (const Candidate &candidate : problem.candidates(machine.device().target(), machine.device().info())) {
        bench::FusedProvider fused(session, candidate, machine.loader());
        expect_right(session, problem, fused, describe(spec, GetParam().pass, 7) + " apart, " + candidate.name);
      }
    }
}

TEST_P(CrossEntropy, OffsetsBeyond2To31) {
  MACHINE_OR_SKIP(GetParam().machine);
  if (GetParam().machine == "simt") GTEST_SKIP() << "the virtual GPU writes NaN to every byte of a new buffer";
  for (int64_t classes : {100, 2600}) {
    Spec spec = spec_of(classes, DType::bf16);
    spec.in_place = true;
    const CrossEntropyProblem near(spec, GetParam().pass, 3, {.ignored = 0, .out_of_range = 0});
    spec.stride_divisor = 8;
    const CrossEntropyProblem far(spec, GetParam().pass, 3, {.ignored = 0, .out_of_range = 0}, kFar);
    bench::Session session(machine.device(), machine.stream(), near, 3);
    for (const Candidate &candidate : far.candidates(machine.device().target(), machine.device().info())) {
      FarRows provider(session, candidate, machine.loader(), {near.tensors().front()});
      expect_right(session, near, provider, describe(spec, GetParam().pass, 3) + " far apart, " + candidate.name);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Awkward, CrossEntropy, testing::ValuesIn(subjects()), [](const auto &info) {
  return fmt::format("{}_{}", info.param.machine, name_of(info.param.pass));
});

} // namespace
} // namespace fla::test
