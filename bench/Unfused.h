// The unfused reference of a problem as a provider: hand-written CUDA kernels on a GPU, C++ over all cores on the host.
#pragma once

#include "bench/Provider.h"
#include "runtime/CudaSource.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fla::bench {

/// Why CUDA C++ cannot be compiled for `device`; empty when it can, and on the host, which needs no compiler.
std::string why_no_reference(tile::runtime::Device &device);

/// What NVRTC has made for one device: cases that differ in their sizes have the same source.
class CudaModules {
public:
  /// Compiled now, or before. `took_ms`: what it took when it was.
  std::shared_ptr<tile::runtime::SourceModule> compile(tile::runtime::Device &, const CudaReference &, double &took_ms);

private:
  struct Compiled {
    std::shared_ptr<tile::runtime::SourceModule> module;
    double ms;
  };
  std::map<std::vector<std::string>, Compiled> known_; ///< by source and options
};

std::unique_ptr<Provider> make_unfused(Session &, const Problem &, CudaModules &);
std::unique_ptr<Provider> make_unfused(Session &, const Problem &);

} // namespace fla::bench
