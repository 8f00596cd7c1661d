// A GPU's primary context, shared by all that lives in it: buffers, streams, events and modules keep it alive. Every
// call makes it current first, so any thread may use any device.
#pragma once

#include "runtime/Device.h"
#include "runtime/cuda/Driver.h"

#include <memory>
#include <string>

namespace tile::runtime {

class CudaContext final : public Buffer::Owner {
public:
  /// UserError when there is no such GPU.
  static std::shared_ptr<CudaContext> open(int ordinal);
  CudaContext(const Driver &, CUdevice);
  ~CudaContext() override;

  const Driver &driver() const { return driver_; }
  CUdevice device() const { return device_; }
  int attribute(CUdevice_attribute) const;
  void make_current() const { driver_.check(driver_.ctxSetCurrent(handle_), "making the GPU's context current"); }
  /// For destructors, which must not throw.
  bool try_make_current() const noexcept { return driver_.ctxSetCurrent(handle_) == CUDA_SUCCESS; }
  void release(void *data) noexcept override;

private:
  const Driver &driver_;
  CUdevice device_;
  CUcontext handle_ = nullptr;
};

/// "sm_90a": the architecture with all that the device alone can do, where there is such a variant.
std::string arch_of(const Driver &, CUdevice);

/// Code loaded into a context.
class CudaModule {
public:
  /// `image` is PTX text or a cubin. DeviceError with the driver's log when it is refused; `what` names the code.
  CudaModule(std::shared_ptr<CudaContext>, const std::string &image, const std::string &what);
  ~CudaModule();
  CudaModule(const CudaModule &) = delete;
  CudaModule &operator=(const CudaModule &) = delete;

  /// The kernel, resident: its first launch loads nothing. Null when the module has none of that name.
  CUfunction function(const std::string &name) const;
  int attribute(CUfunction, CUfunction_attribute) const;
  const std::shared_ptr<CudaContext> &context() const { return context_; }

private:
  std::shared_ptr<CudaContext> context_;
  CUmodule handle_ = nullptr;
};

/// The largest grid and block of a device.
struct LaunchLimits {
  uint32_t x, y, z, threads;
  explicit LaunchLimits(const CudaContext &);
  /// UserError for a grid beyond them.
  void check(Grid grid, const std::string &kernel) const {
    if (grid.x > x || grid.y > y || grid.z > z) [[unlikely]]
      refuse(grid, kernel);
  }

private:
  [[noreturn]] void refuse(Grid, const std::string &kernel) const;
};

} // namespace tile::runtime
