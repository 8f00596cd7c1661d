// A candidate of a problem as a provider: its kernels compiled, loaded and bound to the session's tensors.
#pragma once

#include "bench/Provider.h"
#include "modules/common/Launches.h"

#include <functional>
#include <memory>
#include <vector>

namespace fla::bench {

/// As fla::KernelLoader, but adds what that took to the second argument.
using TimedLoader = std::function<std::shared_ptr<tile::runtime::Executable>(const tile::Kernel &, Preparation &)>;

/// Compiles for `device` and loads there, each time anew.
TimedLoader load_on(tile::runtime::Device &device);

/// The same, but a kernel that was loaded before is not compiled again: cases that differ in their sizes share it. What
/// it took is what it took then.
TimedLoader load_once_on(tile::runtime::Device &device);

class FusedProvider final : public Provider {
public:
  FusedProvider(Session &, const Candidate &, const TimedLoader &);
  void enqueue(tile::runtime::Stream &stream) override { launches_.enqueue(stream); }
  int launches() const override { return launches_.count(); }
  Workspace *workspace() override { return &workspace_; }

private:
  Workspace workspace_;
  Launches launches_;
};

} // namespace fla::bench
