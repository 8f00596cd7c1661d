// Takes the place of cuda/ in a build that found no CUDA headers: every request for a GPU says what this build lacks
// and how to get it.
#include "compiler/support/Error.h"
#include "runtime/Backends.h"
#include "runtime/CudaSource.h"

#include <fmt/format.h>

namespace tile::runtime {
namespace {

constexpr const char *kNoSupport =
    "this build has no CUDA support: the CUDA toolkit's headers (cuda.h) were not found when it was configured. "
    "Install "
    "them (the package cuda-cudart-dev, or the toolkit, or set CUDA_HOME), configure again and rebuild; or use the "
    "device 'host'";

} // namespace

std::unique_ptr<Device> open_cuda_device(int ordinal) {
  throw UserError(fmt::format("no GPU can be used (device 'cuda:{}'): {}", ordinal, kNoSupport));
}

std::vector<std::string> list_cuda_devices(std::string *why_not) {
  if (why_not) *why_not = kNoSupport;
  return {};
}

std::unique_ptr<SourceModule> compile_cuda_source(Device &, std::string_view name, std::string_view,
                                                  const std::vector<std::string> &) {
  throw UserError(fmt::format("the CUDA source '{}' cannot be compiled: {}", name, kNoSupport));
}

} // namespace tile::runtime
