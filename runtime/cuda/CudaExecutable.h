// A compiled kernel on a GPU. A launch hands the packed block to the driver as it is: two driver calls, no allocation.
// Code that waits by itself for the kernel before it in the stream may be started before that has ended.
#pragma once

#include "runtime/cuda/CudaContext.h"

namespace tile::runtime {

class CudaExecutable final : public Executable {
public:
  CudaExecutable(std::shared_ptr<CudaContext>, Artifact);
  void launch(Stream &, Grid, const void *args) override;

private:
  CUresult launch_early(const Driver &, Grid, CUstream, void **extra) const;

  CudaModule module_;
  LaunchLimits limits_;
  CUfunction function_;
  uint32_t threads_;
  bool starts_early_;
};

} // namespace tile::runtime
