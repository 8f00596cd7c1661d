// Large problems in parts: the same inputs and the same truth as the problem as a whole.
#include "modules/common/Judge.h"
#include "modules/common/Convert.h"
#include "modules/common/DoubleMath.h"
#include "modules/common/Inputs.h"
#include "modules/common/Tolerance.h"
#include "modules/conv/problem.h"
#include "modules/cross_entropy/problem.h"
#include "tests/modules/Truth.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace fla::test {
namespace {

// ---- Math -----------------------------------------------------------------------------------------------------------

TEST(DoubleMath, IsExactToSomeUnits) {
  for (int i = 0; i <= 1000000; ++i) {
    const double t = i / 1e6, x = -700 + 1400 * t;
    ASSERT_NEAR(fast_exp(x) / std::exp(x), 1, 1e-15) << x;
    ASSERT_NEAR(fast_exp(t) / std::exp(t), 1, 5e-16) << t;
    const double u = i == 0 ? 0x1p-53 : t;
    ASSERT_LE(std::fabs(fast_log(u) - std::log(u)), 5e-16 * std::fabs(std::log(u))) << u;
    const Direction d = fast_direction(t);
    ASSERT_NEAR(d.cos, std::cos(2 * M_PI * t), 1e-15) << t;
    ASSERT_NEAR(d.sin, std::sin(2 * M_PI * t), 1e-15) << t;
  }
}

TEST(DoubleMath, ExponentialOfExtremes) {
  EXPECT_EQ(fast_exp(-INFINITY), 0);
  EXPECT_EQ(fast_exp(-1e6), 0);
  EXPECT_EQ(fast_exp(INFINITY), INFINITY);
  EXPECT_EQ(fast_exp(800), INFINITY);
  EXPECT_TRUE(std::isnan(fast_exp(NAN)));
  EXPECT_EQ(fast_exp(0), 1);
}

// ---- Parts ----------------------------------------------------------------------------------------------------------

TEST(Runs, AreWhereAPartsElementsLie) {
  auto tensor = [](std::vector<int64_t> shape) {
    TensorDesc t;
    t.shape = std::move(shape);
    return t;
  };
  const Runs columns = *runs_of(tensor({2, 3, 8}), tensor({2, 3, 2}), 8, 4);
  EXPECT_EQ(columns.begin, 4);
  EXPECT_EQ(columns.count, 6);
  EXPECT_EQ(columns.length, 2);
  EXPECT_EQ(columns.stride, 8);
  EXPECT_EQ(columns.whole(0), 4);
  EXPECT_EQ(columns.whole(5), 21);
  const Runs rows = *runs_of(tensor({10, 7}), tensor({3, 7}), 10, 3);
  EXPECT_EQ(rows.count, 1);
  EXPECT_EQ(rows.whole(20), 41);
  EXPECT_FALSE(runs_of(tensor({7}), tensor({7}), 10, 3));
  EXPECT_THROW(runs_of(tensor({9, 7}), tensor({3, 7}), 10, 3), tile::InternalError);
}

void expect_parts_make_up_the_whole(const Problem &problem, const std::string &what) {
  SCOPED_TRACE(what);
  ASSERT_TRUE(Parts(problem).is_cut());
  const Doubles in = make_inputs(problem, 5);
  const Memory memory = make_input_memory(problem, 5);
  Memory result;
  const Doubles expected = truth(problem, in);
  for (const TensorDesc &t : problem.tensors()) {
    if (t.is_read()) {
      const Bytes bytes(t.bytes());
      from_double(t.dtype, in.at(t.name), bytes.data());
      EXPECT_EQ(std::memcmp(bytes.data(), memory.at(t.name).data(), t.bytes()), 0) << t.name;
    }
    if (t.is_written())
      from_double(t.dtype, expected.at(t.name), result.emplace(t.name, Bytes(t.bytes())).first->second.data());
  }

  Judge judge(problem, memory);
  const Memory *const results[] = {&result};
  const auto right = judge.compare(results).front();
  for (const auto &[name, c] : right) EXPECT_TRUE(c.ok()) << name << ": " << c.str(0);

  // One wrong element of each output, another of each.
  std::map<std::string, int64_t> at;
  for (const TensorDesc &t : problem.tensors())
    if (t.is_written()) {
      at[t.name] = t.elements() * int64_t(3 + at.size()) / 16;
      std::memset(result.at(t.name).data() + at[t.name] * size_of(t.dtype), 0xFF, size_t(size_of(t.dtype)));
    }
  const auto comparisons = judge.compare(results).front();
  EXPECT_EQ(comparisons.size(), at.size());
  for (const auto &[name, c] : comparisons) {
    EXPECT_EQ(c.wrong, 1) << name;
    EXPECT_EQ(c.index, at.at(name)) << name;
  }
}

TEST(Judge, PartsOfEveryModuleMakeUpTheWhole) {
  for (const auto &module : modules())
    for (const OpInfo &op : module->ops())
      for (Pass pass : op.passes)
        for (const Case &c : module->cases(op.name, "quick")) {
          const auto problem = module->problem(op.name, pass, c, module->dtypes().front());
          if (!Parts(*problem).is_cut() || problem->bytes() > (4 << 20)) continue;
          expect_parts_make_up_the_whole(*problem, op.name + " " + std::string(name_of(pass)) + " " + c.str());
          break;
        }
}

TEST(Judge, MeansAndSumsAndStatesOfPartsMakeUpTheWhole) {
  for (const auto reduction :
       {cross_entropy::Reduction::Mean, cross_entropy::Reduction::Sum, cross_entropy::Reduction::None})
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}) {
      cross_entropy::Spec spec;
      spec.classes = 1001;
      spec.reduction = reduction;
      spec.label_smoothing = 0.1;
      spec.lse_square_scale = 1e-3;
      spec.softcap = 20;
      spec.class_weights = true;
      spec.in_place = reduction == cross_entropy::Reduction::Sum;
      const cross_entropy::CrossEntropyProblem problem(spec, pass, 301, {.ignored = 0.2});
      expect_parts_make_up_the_whole(problem, "cross_entropy " + std::string(name_of(pass)));

      conv::ConvSpec conv;
      const Sequences sequences = Sequences::cut(2000, 7, tile::i32);
      conv.tokens = layout_of(sequences, tile::bf16, 150);
      conv.initial_state = conv.final_state = true;
      expect_parts_make_up_the_whole(conv::ConvProblem(conv, pass, sequences),
                                     "conv with states " + std::string(name_of(pass)));
    }
}

TEST(Judge, JudgesSeveralResultsAtOnce) {
  for (const int64_t rows : {3, 3000}) { // whole, and in parts
    const auto problem = module_named("l2norm").problem("l2norm", Pass::Fwd, {{"N", rows}, {"D", 128}}, tile::bf16);
    const Memory inputs = make_input_memory(*problem, 1);
    const Doubles expected = truth(*problem, make_inputs(*problem, 1));
    Memory good, bad;
    for (const TensorDesc &t : problem->tensors())
      if (t.is_written()) {
        from_double(t.dtype, expected.at(t.name), good.emplace(t.name, Bytes(t.bytes())).first->second.data());
        std::memset(bad.emplace(t.name, Bytes(t.bytes())).first->second.data(), 0, t.bytes());
      }
    Judge judge(*problem, inputs);
    const Memory *const results[] = {&good, &bad};
    for (int times = 0; times < 2; ++times) {
      const auto c = judge.compare(results);
      EXPECT_TRUE(c[0].at("y").ok());
      EXPECT_GT(c[1].at("y").wrong, rows * 100);
    }
  }
}

TEST(Memory, FirstDifferenceIsFound) {
  const size_t n = 1000003;
  const Bytes a(n), b(n);
  std::memset(a.data(), 1, n);
  std::memset(b.data(), 1, n);
  EXPECT_EQ(first_difference(a.data(), b.data(), n), n);
  b.data()[n - 1] = std::byte(2);
  EXPECT_EQ(first_difference(a.data(), b.data(), n), n - 1);
  b.data()[77] = std::byte(2);
  EXPECT_EQ(first_difference(a.data(), b.data(), n), 77u);
}

} // namespace
} // namespace fla::test
