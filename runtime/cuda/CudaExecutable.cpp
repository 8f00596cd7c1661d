// All that can be wrong with a kernel is found when it is loaded; a launch checks the grid only.
#include "runtime/cuda/CudaExecutable.h"

#include "compiler/support/Error.h"
#include "runtime/cuda/CudaDevice.h"
#include "runtime/cuda/Ptx.h"

#include <fmt/format.h>

namespace tile::runtime {

CudaExecutable::CudaExecutable(std::shared_ptr<CudaContext> context, Artifact a)
    : Executable(std::move(a)),
      module_(context, artifact_.code, fmt::format("the code of kernel '{}'", artifact_.entry)), limits_(*context),
      function_(module_.function(artifact_.entry)), threads_(uint32_t(artifact_.warps) * 32),
      starts_early_(context->driver().launchKernelEx && waits_itself(artifact_.code)) {
  if (!function_)
    throw DeviceError(fmt::format("the code of kernel '{}' does not define it: the driver finds no kernel of that name",
                                  artifact_.entry));
  const int most = module_.attribute(function_, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  if (artifact_.warps < 1 || int64_t(artifact_.warps) * 32 > most)
    throw DeviceError(fmt::format("kernel '{}' wants {} warps a program; with its {} registers a thread the device "
                                  "allows 1 to {}",
                                  artifact_.entry, artifact_.warps,
                                  module_.attribute(function_, CU_FUNC_ATTRIBUTE_NUM_REGS), most / 32));
}

void CudaExecutable::launch(Stream &stream, Grid grid, const void *args) {
  limits_.check(grid, artifact_.entry);
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  const CudaContext &context = *module_.context();
  size_t bytes = artifact_.param_bytes;
  void *packed[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, const_cast<void *>(args), CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                    CU_LAUNCH_PARAM_END};
  CUstream queue = cuda_stream(stream, context);
  context.make_current();
  void **extra = bytes != 0 ? packed : nullptr;
  const CUresult result = starts_early_ ? launch_early(context.driver(), grid, queue, extra)
                                        : context.driver().launchKernel(function_, grid.x, grid.y, grid.z, threads_, 1,
                                                                        1, 0, queue, nullptr, extra);
  if (result != CUDA_SUCCESS) [[unlikely]]
    context.driver().fail(result, fmt::format("launching kernel '{}' with a grid of {} x {} x {} and {} threads",
                                              artifact_.entry, grid.x, grid.y, grid.z, threads_));
}

CUresult CudaExecutable::launch_early(const Driver &driver, Grid grid, CUstream queue, void **extra) const {
  CUlaunchAttribute early{};
  early.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
  early.value.programmaticStreamSerializationAllowed = 1;
  const CUlaunchConfig config{grid.x, grid.y, grid.z, threads_, 1, 1, /*sharedMemBytes=*/0, queue, &early, 1};
  return driver.launchKernelEx(&config, function_, nullptr, extra);
}

} // namespace tile::runtime
