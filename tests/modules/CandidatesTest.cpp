// Every candidate of every kind of case builds, and its launches bind each argument to something that exists.
#include "tests/modules/Candidates.h"
#include "modules/activations/problem.h"
#include "modules/common/Problem.h"
#include "modules/cross_entropy/problem.h"
#include "modules/l2norm/problem.h"
#include "modules/layernorm/problem.h"
#include "tests/modules/NormOptions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace fla;
using namespace fla::test;
using tile::Target;

namespace {

TEST(Candidates, BuildForEveryKindOfCase) {
  for (Target::Kind kind : {Target::Kind::Nvvm, Target::Kind::Simd})
    for (bool centered : {true, false})
      for (int64_t cols : {1, 3, 50, 64, 768, 1024, 1200, 1201, 4096, 5120, 16384, 40000})
        for (int64_t rows : {0, 1, 1000})
          for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}) {
            const auto spec = centered ? layernorm::NormSpec::layer_norm(tile::bf16, cols)
                                       : layernorm::NormSpec::rms_norm(tile::bf16, cols);
            SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(cols) + " " + std::string(name_of(pass)));
            if (centered) expect_candidates_build(l2norm::L2NormProblem({.cols = cols}, pass, rows), machine_of(kind));
            expect_candidates_build(layernorm::NormProblem(spec, pass, rows), machine_of(kind));
          }
}

TEST(Candidates, BuildForEveryOptionOfNorms) {
  for (Target::Kind kind : {Target::Kind::Nvvm, Target::Kind::Simd})
    for (const test::NormOptions &options : test::norm_options())
      for (int64_t cols : {12, 1200, 49152})
        for (int64_t rows : {0, 1, 1000})
          for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}) {
            layernorm::NormSpec spec = options.spec;
            spec.cols = cols;
            SCOPED_TRACE(options.name + " " + std::to_string(rows) + "x" + std::to_string(cols));
            expect_candidates_build(layernorm::NormProblem(spec, pass, rows), machine_of(kind));
          }
}

TEST(Candidates, OfRmsNormBackwardHaveTwoWarpsARowWhereThereAreMany) {
  tile::runtime::DeviceInfo device;
  device.units = 132;
  const auto first = [&](int64_t rows, layernorm::NormSpec spec) {
    return layernorm::NormProblem(spec, Pass::Bwd, rows).candidates(Target::nvvm("sm_90a"), device).front().name;
  };
  const auto rms = layernorm::NormSpec::rms_norm(tile::bf16, 1024);
  EXPECT_THAT(first(32768, rms), testing::StartsWith("rows=2 warps=4 "));
  EXPECT_THAT(first(8192, rms), testing::StartsWith("rows=4 warps=4 "));
  EXPECT_THAT(first(32768, layernorm::NormSpec::layer_norm(tile::bf16, 1024)), testing::StartsWith("rows=4 warps=4 "));
}

// As many rows as there may be, as many columns, and both: a second grid dimension takes 65535 programs.
TEST(Candidates, FitIntoTheGridsOfADevice) {
  constexpr int64_t kMost = (int64_t(1) << 31) - 1, kWidest = int64_t(1) << 24,
                    kGroups = layernorm::NormSpec::kMostGroups;
  for (Target::Kind kind : {Target::Kind::Nvvm, Target::Kind::Simd})
    for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
      for (const auto &[rows, cols] : {std::pair{kMost, int64_t(3)}, {kMost, 512}, {1, kWidest}, {4096, kWidest}}) {
        SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(cols) + " " + std::string(name_of(pass)));
        const Target machine = machine_of(kind);
        for (tile::DType dtype : {tile::bf16, tile::f32}) {
          for (const char *op : {"swish", "bias_gelu", "swiglu"}) {
            activations::Options apart;
            apart.strides = {{"x", cols + 8}};
            for (const activations::Options &options : {activations::Options(), apart})
              expect_candidates_build(
                  activations::ActivationProblem(activations::activation_named(op), dtype, pass, rows, cols, options),
                  machine);
          }
          expect_candidates_build(l2norm::L2NormProblem({.dtype = dtype, .out_dtype = dtype, .cols = cols}, pass, rows),
                                  machine);
          expect_candidates_build(layernorm::NormProblem(layernorm::NormSpec::layer_norm(dtype, cols), pass, rows),
                                  machine);
          cross_entropy::Spec loss;
          loss.dtype = dtype;
          loss.classes = cols;
          expect_candidates_build(cross_entropy::CrossEntropyProblem(loss, pass, rows), machine);
        }
        auto groups = layernorm::NormSpec::layer_norm(tile::bf16, 2 * kGroups);
        for (groups.groups = kGroups; groups.groups > 1; groups.groups = groups.groups == kGroups ? 2 : 1)
          expect_candidates_build(layernorm::NormProblem(groups, pass, kMost / groups.groups), machine);
      }
}

TEST(Candidates, WithoutRowsOnlyTheWeightGradientsAreWritten) {
  const auto spec = layernorm::NormSpec::layer_norm(tile::bf16, 1024);
  const Target target = machine_of(Target::Kind::Nvvm);
  EXPECT_TRUE(layernorm::NormProblem(spec, Pass::Fwd, 0).candidates(target, {}).front().launches.empty());
  EXPECT_EQ(layernorm::NormProblem(spec, Pass::Bwd, 0).candidates(target, {}).front().launches.size(), 1u);
}

TEST(Candidates, OfCrossEntropyBuildWithAndWithoutOptions) {
  using namespace cross_entropy;
  for (Target::Kind kind : {Target::Kind::Nvvm, Target::Kind::Simd})
    for (Reduction reduction : {Reduction::Mean, Reduction::Sum, Reduction::None})
      for (bool options : {false, true})
        for (int64_t classes : {1, 50, 1000, 20480, 120000})
          for (int64_t rows : {0, 1, 100000})
            for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}) {
              Spec spec;
              spec.classes = classes;
              spec.reduction = reduction;
              if (options) {
                spec.label_smoothing = spec.lse_square_scale = 0.1;
                spec.class_weights = spec.in_place = true;
                spec.softcap = 30;
              }
              SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(classes) + " " + std::string(name_of(pass)));
              expect_candidates_build(CrossEntropyProblem(spec, pass, rows), machine_of(kind));
            }
}

} // namespace
