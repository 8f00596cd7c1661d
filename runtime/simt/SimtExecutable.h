// A kernel on the virtual GPU: its programs, in an order the seed chooses, over the pool's threads.
#pragma once

#include "runtime/Device.h"
#include "runtime/host/ObjectLoader.h"
#include "runtime/host/Workers.h"
#include "runtime/simt/Memory.h"

#include <atomic>

namespace tile::runtime {

class SimtExecutable final : public Executable {
public:
  SimtExecutable(Artifact, ObjectLoader &, std::shared_ptr<Workers>, std::shared_ptr<simt::Memory>, uint64_t seed);
  /// Runs the grid. DeviceError for what a kernel does wrong.
  void launch(Stream &, Grid, const void *args) override;

private:
  std::shared_ptr<Workers> workers_;
  std::shared_ptr<simt::Memory> memory_;
  uint64_t seed_;
  std::atomic<uint64_t> launches_ = 0; ///< so far: each has an order of its own
  std::unique_ptr<LoadedObject> object_;
};

} // namespace tile::runtime
