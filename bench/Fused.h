// A candidate of a problem as a provider: its kernels compiled, loaded and bound to the session's tensors.
#pragma once

#include "bench/Provider.h"

#include <functional>
#include <memory>
#include <vector>

namespace fla::bench {

/// From a kernel to something that can be launched; adds what that took to the second argument.
using KernelLoader = std::function<std::shared_ptr<tile::runtime::Executable>(const tile::Kernel &, Preparation &)>;

/// Compiles for `device` and loads there, each time anew.
KernelLoader load_on(tile::runtime::Device &device);

class FusedProvider final : public Provider {
public:
  FusedProvider(Session &, const Candidate &, const KernelLoader &);
  void enqueue(tile::runtime::Stream &) override;
  int launches() const override { return int(steps_.size()); }
  Workspace *workspace() override { return &workspace_; }

private:
  struct Step {
    std::shared_ptr<tile::runtime::Executable> executable;
    tile::runtime::Grid grid;
    tile::runtime::Arguments args;
    const void *block;
  };
  Workspace workspace_;
  std::vector<Step> steps_;
};

} // namespace fla::bench
