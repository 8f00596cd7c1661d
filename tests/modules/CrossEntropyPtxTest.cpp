// The code of cross_entropy for GPUs where registers are scarce: rows of which a part is held, with options that no
// case of the arena has, stay in registers.
#include "modules/cross_entropy/problem.h"
#include "tests/codegen/Ptxas.h"

#include <algorithm>

#include <gtest/gtest.h>

using namespace fla;
using cross_entropy::CrossEntropyProblem;
using cross_entropy::Spec;
using tile::Target;

namespace {

std::vector<Candidate> candidates(const Target &target, const Spec &spec) {
  tile::runtime::DeviceInfo device;
  device.units = 132;
  device.cache_bytes = int64_t(50) << 20;
  return CrossEntropyProblem(spec, Pass::FwdBwd, 2048).candidates(target, device);
}

TEST(CrossEntropyPtx, RowsHeldInPartDoNotSpill) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  int held = 0;
  for (const char *arch : {"sm_80", "sm_90a"})
    for (tile::DType dtype : {tile::bf16, tile::f16, tile::f32})
      for (bool options : {false, true}) {
        const Target target = Target::nvvm(arch);
        Spec spec{.dtype = dtype, .classes = 120000};
        if (options) {
          spec.class_weights = true;
          spec.lse_square_scale = 1e-3;
          spec.logit_scale = 1.5;
          spec.in_place = true;
        }
        for (const Candidate &candidate : candidates(target, spec)) {
          if (candidate.name.find("held") == std::string::npos) continue;
          for (const FusedLaunch &launch : candidate.launches)
            if (launch.kernel.name() == "cross_entropy_forward_backward") {
              EXPECT_EQ(tile::test::complaints(tile::compile(launch.kernel, target).code, arch), "")
                  << candidate.name << " of " << tile::name_of(dtype) << (options ? " with options" : "");
              ++held;
            }
        }
      }
  EXPECT_EQ(held, 3 * (3 + 3) + 3 * (4 + 3)) << "before Hopper, 32 warps hold a chunk less";
}

// 16-bit floats are widened twice from the word they were loaded in, and no third time.
TEST(CrossEntropyPtx, HeldNumbersAreWidenedAnew) {
  const Target target = Target::nvvm("sm_90a");
  const std::vector<Candidate> all = candidates(target, {.dtype = tile::bf16, .classes = 65536});
  const auto first = std::ranges::find_if(all, [](const Candidate &c) { return c.name.ends_with("held=8"); });
  ASSERT_NE(first, all.end());
  for (const FusedLaunch &launch : first->launches) {
    if (launch.kernel.name() != "cross_entropy_forward_backward") continue;
    const std::string ptx = tile::compile(launch.kernel, target).code;
    auto count = [&](std::string_view word) {
      int n = 0;
      for (size_t at = ptx.find(word); at != std::string::npos; at = ptx.find(word, at + 1)) ++n;
      return n;
    };
    EXPECT_EQ(count("prmt.b32"), 64) << "of 64 columns a lane";
    EXPECT_EQ(count("ld.global.cs.v4"), 8);
    return;
  }
  FAIL() << "no such kernel";
}

} // namespace
