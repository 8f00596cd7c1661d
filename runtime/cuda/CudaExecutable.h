// A compiled kernel on a GPU. A launch hands the packed block to the driver as it is: two driver calls, no allocation.
#pragma once

#include "runtime/cuda/CudaContext.h"

namespace tile::runtime {

class CudaExecutable final : public Executable {
public:
  CudaExecutable(std::shared_ptr<CudaContext>, Artifact);
  void launch(Stream &, Grid, const void *args) override;

private:
  CudaModule module_;
  LaunchLimits limits_;
  CUfunction function_;
  uint32_t threads_;
};

} // namespace tile::runtime
