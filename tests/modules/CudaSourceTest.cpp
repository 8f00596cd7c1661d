// The hand-written CUDA of the references compiles, without a GPU, for the architectures people have.
#include "modules/common/Problem.h"

#ifdef FLABENCH_CUDA
#include "runtime/cuda/Nvrtc.h"
#endif

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace fla;

namespace {

#ifdef FLABENCH_CUDA
TEST(CudaSource, CompilesForEveryDtypeAndArchitecture) {
  const tile::runtime::Nvrtc *nvrtc = nullptr;
  try {
    nvrtc = &tile::runtime::Nvrtc::get();
  } catch (const tile::UserError &error) {
    GTEST_SKIP() << error.what();
  }
  if (nvrtc->includes().empty()) GTEST_SKIP() << "NVRTC is there (" << nvrtc->library() << "), CUDA's headers are not";
  std::set<std::pair<std::string, std::vector<std::string>>> seen; // ops share sources
  for (const auto &module : modules())
    for (const OpInfo &op : module->ops())
      for (DType dtype : module->dtypes()) {
        const Case c = module->cases(op.name, "quick").front();
        const auto reference =
            module->problem(op.name, op.passes.back(), c, dtype)->cuda_reference(); // all there is, as a rule
        if (!seen.emplace(reference.source, reference.options).second) continue;
        for (const char *arch : {"sm_80", "sm_90"}) {
          if (std::string_view(arch) == "sm_80" && dtype != tile::bf16) continue; // what older ones lack is of bf16
          SCOPED_TRACE(op.name + " " + std::string(name_of(dtype)) + " " + arch);
          const auto code = nvrtc->compile(op.name + ".cu", reference.source, arch, reference.options);
          EXPECT_FALSE(code.image.empty());
          EXPECT_EQ(code.log, "") << "warnings";
          for (const CudaStep &step : reference.steps)
            EXPECT_NE(code.image.find(step.kernel), std::string::npos) << step.kernel;
        }
      }
}
#else
TEST(CudaSource, CompilesForEveryDtypeAndArchitecture) {
  GTEST_SKIP() << "a build without CUDA headers has no NVRTC";
}
#endif

} // namespace
