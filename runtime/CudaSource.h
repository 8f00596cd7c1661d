// CUDA C++ compiled while the program runs, for hand-written reference kernels: NVRTC makes code for a device's own
// architecture, kernels are launched with plain typed arguments. Usable in every build; one without CUDA refuses.
#pragma once

#include "runtime/Device.h"

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tile::runtime {

/// One argument of a hand-written kernel: a number or an address of exactly the kernel parameter's type.
class KernelArg {
public:
  template <class T>
    requires(std::is_arithmetic_v<T> || std::is_pointer_v<T>)
  KernelArg(T value) : size_(sizeof(T)) {
    static_assert(sizeof(T) <= sizeof(bytes_));
    std::memcpy(bytes_, &value, sizeof(T));
  }
  const void *data() const { return bytes_; }
  size_t size() const { return size_; }

private:
  alignas(8) unsigned char bytes_[8] = {};
  size_t size_;
};

/// A kernel of a SourceModule, which it keeps alive.
class SourceKernel {
public:
  virtual ~SourceKernel() = default;
  /// Enqueues one launch; the arguments are copied before the call returns. An empty grid does nothing. UserError for
  /// a grid or block beyond the device's limits, or for arguments whose number or sizes differ from the kernel's
  /// (where the driver can tell: CUDA 12.4 and later).
  virtual void launch(Stream &, Grid, uint32_t threads, std::span<const KernelArg> args, uint32_t shared_bytes = 0) = 0;
};

class SourceModule {
public:
  virtual ~SourceModule() = default;
  /// An `extern "C" __global__` function of the source; UserError when there is none of that name.
  virtual std::unique_ptr<SourceKernel> kernel(std::string_view name) = 0;
  /// The compiler's warnings; usually empty.
  virtual const std::string &log() const = 0;
};

/// Compiles `source` for `device`. `name` stands for the file in the compiler's messages. The standard is C++17;
/// cuda_fp16.h and cuda_bf16.h can be included. `options` are NVRTC's: "-DELEMENT=float", but never a macro with a name
/// that NVRTC's own headers use, such as T. UserError: not a CUDA device, NVRTC or a header missing (says where it was
/// looked for), or the source is wrong (NVRTC's log). DeviceError: the driver refuses the code.
std::unique_ptr<SourceModule> compile_cuda_source(Device &device, std::string_view name, std::string_view source,
                                                  const std::vector<std::string> &options = {});

} // namespace tile::runtime
