// The devices that open_device can choose from. Each build has the host and the virtual GPU; CUDA comes from cuda/, or
// from NoCuda.cpp, which explains its absence.
#pragma once

#include "runtime/Device.h"

#include <memory>
#include <string>

namespace tile::runtime {

/// `threads` = 0: the process's shared pool, one thread for each CPU this process may use.
std::unique_ptr<Device> open_host_device(int threads = 0);

struct SimtOptions {
  uint64_t seed = 1; ///< of the order in which programs and warps run
  int threads = 0;   ///< as open_host_device's
};

/// The virtual GPU (runtime/simt/README.md).
std::unique_ptr<Device> open_simt_device(const SimtOptions &options = {});

/// UserError when there is no such usable GPU.
std::unique_ptr<Device> open_cuda_device(int ordinal);

/// Usable GPUs, as "cuda:N"; when there are none, `why_not` (if given) says why.
std::vector<std::string> list_cuda_devices(std::string *why_not = nullptr);

} // namespace tile::runtime
