// CUDA C++ for NVRTC, compiled with -DELEMENT=<the dtype's C++ type>.
#pragma once

namespace fla::layernorm {

extern const char *const kCudaKernels;

} // namespace fla::layernorm
