// CUDA C++ for NVRTC; goes behind cuda::kElements.
#pragma once

namespace fla::layernorm {

extern const char *const kCudaKernels;

} // namespace fla::layernorm
