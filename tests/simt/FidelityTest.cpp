// What the virtual GPU runs is what a GPU runs: in the lane IR of every candidate of every module's ops, accesses,
// shuffles and barriers are the same, in the same order, with the same widths, offsets and masks.
#include "modules/common/Problem.h"

#include "compiler/Compiler.h"
#include "compiler/dsl/Kernel.h"
#include "runtime/Device.h"

#include <gtest/gtest.h>
#include <regex>
#include <set>
#include <sstream>

namespace fla::test {
namespace {

/// The ops of a GPU in lane IR, without the names of values and with lanes as scalars.
std::vector<std::string> gpu_ops(const tile::Kernel &kernel, const tile::Target &target) {
  static const std::regex op("lane\\.(load|store|scratch_load|scratch_store|barrier|shuffle_xor|permute)"),
      value("%[A-Za-z0-9_]+(:[0-9]+)?(#[0-9]+)?"), vector("vector<32x([a-z0-9]+)>");
  std::istringstream text(tile::emit(kernel, target, tile::Stage::Lane));
  std::vector<std::string> ops;
  for (std::string line; std::getline(text, line);)
    if (std::regex_search(line, op)) {
      line = std::regex_replace(std::regex_replace(line, value, "%"), vector, "$1");
      ops.push_back(line.substr(line.find_first_not_of(' ')));
    }
  return ops;
}

TEST(Fidelity, SameAccessesAsOnAGpu) {
  const tile::Target gpu = tile::Target::nvvm("sm_90a"), simt = tile::Target::simt();
  const tile::runtime::DeviceInfo few{.name = "", .driver = "", .units = 4};
  std::set<std::string> seen;
  size_t ops = 0;
  for (const auto &module : modules())
    for (const OpInfo &op : module->ops())
      for (Pass pass : op.passes) {
        const auto cases = module->cases(op.name, "quick");
        for (const Case &shape : {cases.front(), cases.back()}) {
          const auto problem = module->problem(op.name, pass, shape, module->dtypes().front());
          const auto ours = problem->candidates(simt, few), theirs = problem->candidates(gpu, few);
          ASSERT_EQ(ours.size(), theirs.size());
          for (size_t c = 0; c < ours.size(); ++c) {
            ASSERT_EQ(ours[c].name, theirs[c].name);
            for (const FusedLaunch &launch : ours[c].launches) {
              if (!seen.insert(launch.kernel.str()).second) continue;
              const auto here = gpu_ops(launch.kernel, simt);
              EXPECT_EQ(here, gpu_ops(launch.kernel, gpu)) << op.name << " " << shape.str() << " " << ours[c].name;
              ops += here.size();
            }
          }
        }
      }
  EXPECT_GT(ops, 100u);
}

} // namespace
} // namespace fla::test
