// CUDA C++ for NVRTC, behind the sources of cuda::kElements, kColumnSums and kTokens. Compiled with
//   -DWIDTH=<taps> -DWEIGHT=<the C++ type of the weights>, and -DSTATE where there is an initial state.
#pragma once

#include "modules/conv/spec.h"

#include <string>
#include <vector>

namespace fla::conv {

extern const char *const kCudaKernels;
std::vector<std::string> cuda_options(const ConvSpec &);

} // namespace fla::conv
