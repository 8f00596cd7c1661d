// A kernel on the host: the loaded object's entry, called for ranges of the grid on the pool's threads.
#pragma once

#include "runtime/Device.h"
#include "runtime/host/ObjectLoader.h"
#include "runtime/host/Workers.h"

#include <atomic>

namespace tile::runtime {

class HostExecutable final : public Executable {
public:
  HostExecutable(Artifact, ObjectLoader &, std::shared_ptr<Workers>);
  void launch(Stream &, Grid, const void *args) override;

private:
  /// DeviceError where a requirement of the kernel is not met.
  void run_programs(const void *args, int64_t begin, int64_t end, Grid);
  void run_inline(int64_t programs, Grid, const void *args);
  void run_on_pool(int64_t programs, Grid, const void *args);

  std::shared_ptr<Workers> workers_;
  std::unique_ptr<LoadedObject> object_;
  /// Of the last launch measured; 0: none yet. Decides whether waking the pool pays.
  std::atomic<double> program_ns_ = 0;
};

} // namespace tile::runtime
