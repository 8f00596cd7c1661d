// Where the C++ API runs its ops: an in-order queue of a device. What ops need (compiled kernels, workspaces) is made
// at their first call and kept: kernels for as long as the process lives, shared by all streams of a device.
//
// One thread at a time may use a Stream; different threads use different ones.
#pragma once

#include "modules/common/Problem.h"
#include "modules/common/Tensor.h"

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace fla {

/// A tensor of a problem and where it lies.
struct Binding {
  std::string_view name;
  const void *address;
};

class Stream {
public:
  /// A new queue of "cuda", "cuda:1", "host" or "simt"; "": a GPU if one can be used, else the host. UserError as of
  /// tile::runtime::open_device.
  explicit Stream(std::string_view device = "");
  /// A queue that exists already: a CUstream of the device's primary context. It stays the caller's.
  Stream(std::string_view device, void *native);
  Stream(Stream &&) noexcept; ///< what was moved from has no queue: a UserError of all but assignment
  Stream &operator=(Stream &&) noexcept;
  ~Stream();

  tile::runtime::Device &device() const;
  /// Waits for all that was enqueued. DeviceError when something of it failed.
  void synchronize();

  /// A contiguous tensor with memory of its own, uninitialised.
  Tensor empty(DType, std::vector<int64_t> shape);
  /// Copies between the computer's memory and a contiguous tensor, behind all that was enqueued; synchronous.
  void upload(const Tensor &to, const void *from);
  void download(void *to, const Tensor &from);

  /// For the ops: enqueues the first candidate of the problem that `key` stands for. `problem` is called when the key
  /// is new; `tensors` are the problem's, all that its launches name.
  void run(const std::string &key, const std::function<std::unique_ptr<Problem>()> &problem,
           std::initializer_list<Binding> tensors);

private:
  struct Impl;
  Impl &impl() const;
  std::unique_ptr<Impl> impl_;
};

} // namespace fla
