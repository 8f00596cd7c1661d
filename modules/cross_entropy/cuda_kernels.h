#pragma once

namespace fla::cross_entropy {

/// The source of the unfused reference's kernels, behind cuda::kElements.
extern const char *const kCudaKernels;

} // namespace fla::cross_entropy
