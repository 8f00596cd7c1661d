// The unfused reference of a problem as a provider: hand-written CUDA kernels on a GPU, C++ over all cores on the host.
#pragma once

#include "bench/Provider.h"

#include <memory>
#include <string>

namespace fla::bench {

/// Why CUDA C++ cannot be compiled for `device`; empty when it can, and on the host, which needs no compiler.
std::string why_no_reference(tile::runtime::Device &device);

std::unique_ptr<Provider> make_unfused(Session &, const Problem &);

} // namespace fla::bench
