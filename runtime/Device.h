// What every machine that runs kernels offers: memory, streams, events, and kernels launched with a packed argument
// block that was resolved beforehand. A launch looks nothing up, allocates nothing and compiles nothing.
#pragma once

#include "compiler/Compiler.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tile::runtime {

struct Grid {
  uint32_t x = 1, y = 1, z = 1;
  int64_t programs() const { return int64_t(x) * y * z; }
};

/// Device memory. `data` is a device address: the host may dereference it on host devices only. Move-only.
class Buffer {
public:
  struct Owner {
    virtual ~Owner() = default;
    virtual void release(void *data) noexcept = 0;
  };
  Buffer() = default;
  Buffer(std::shared_ptr<Owner> owner, void *data, size_t bytes)
      : owner_(std::move(owner)), data_(data), bytes_(bytes) {}
  Buffer(Buffer &&o) noexcept { swap(o); }
  Buffer &operator=(Buffer &&o) noexcept {
    swap(o);
    return *this;
  }
  ~Buffer() {
    if (owner_) owner_->release(data_);
  }
  void *data() const { return data_; }
  size_t bytes() const { return bytes_; }

private:
  void swap(Buffer &o) noexcept {
    std::swap(owner_, o.owner_);
    std::swap(data_, o.data_);
    std::swap(bytes_, o.bytes_);
  }
  std::shared_ptr<Owner> owner_;
  void *data_ = nullptr;
  size_t bytes_ = 0;
};

/// An in-order queue of work.
class Stream {
public:
  virtual ~Stream() = default;
  virtual void synchronize() = 0;
};

/// A point in a stream, with a time.
class Event {
public:
  virtual ~Event() = default;
  virtual void record(Stream &) = 0;
  virtual void synchronize() = 0;
  /// Milliseconds from `start` to this event; both must have completed.
  virtual double elapsed_ms(const Event &start) const = 0;
};

/// Work that was recorded once and is enqueued as one, again and again: what CUDA calls a graph.
class Recording {
public:
  virtual ~Recording() = default;
  /// On a stream of the device that recorded it.
  virtual void enqueue(Stream &) = 0;
};

/// A compiled kernel, resident on its device.
class Executable {
public:
  virtual ~Executable() = default;
  /// Enqueues one launch. `args` is artifact().param_bytes bytes, copied before the call returns. An empty grid does
  /// nothing. Grid limits of the device are checked (UserError).
  virtual void launch(Stream &, Grid, const void *args) = 0;
  const Artifact &artifact() const { return artifact_; }

protected:
  explicit Executable(Artifact a) : artifact_(std::move(a)) {}
  Artifact artifact_;
};

/// The packed arguments of one launch, checked once when they are set.
class Arguments {
public:
  explicit Arguments(const Artifact &artifact);
  /// A pointer parameter by name; UserError for an unknown name, a non-pointer, or an address that is not a multiple
  /// of what the code relies on.
  void set(std::string_view name, const void *address);
  /// An Index, from 0 up, or an integer Scalar; checks `divisible`.
  void set(std::string_view name, int64_t value);
  void set(std::string_view name, double value); ///< float Scalar; a finite number is one of its dtype's range
  /// The block, once every parameter is set; a UserError naming the missing one otherwise.
  const void *block() const;

private:
  const Param &find(std::string_view name) const;
  std::string entry_;
  std::vector<Param> params_;
  std::vector<bool> is_set_;
  std::vector<std::byte> bytes_;
};

/// What a report's header says of a machine.
struct DeviceInfo {
  std::string name;   ///< "NVIDIA H200", "AMD EPYC 9B45"
  std::string driver; ///< "CUDA 13.0, driver 580.159" or "ORC JIT"
  int units = 0;      ///< multiprocessors, or worker threads
  int64_t memory_bytes = 0;
  int64_t cache_bytes = 0; ///< last-level cache
  int clock_mhz = 0;       ///< highest clock; 0 when unknown
  int64_t bandwidth = 0;   ///< bytes a second of its memory, as its clock and width say; 0 when unknown
};

class Device {
public:
  virtual ~Device() = default;
  virtual std::string_view id() const = 0; ///< "cuda:0", "host", "simt"
  virtual const DeviceInfo &info() const = 0;
  virtual const Target &target() const = 0;

  virtual Buffer allocate(size_t bytes) = 0; ///< 256-byte aligned; DeviceError when there is not enough
  virtual void upload(void *dst, const void *src, size_t bytes) = 0;       ///< host -> device, synchronous
  virtual void download(void *dst, const void *src, size_t bytes) = 0;     ///< device -> host, synchronous
  virtual void fill(Stream &, void *dst, uint8_t value, size_t bytes) = 0; ///< asynchronous
  /// No kernel may touch these bytes of a buffer. Only a device that checks every access takes note.
  virtual void forbid(const void *, size_t) {}
  virtual std::unique_ptr<Stream> stream() = 0;
  /// A queue that someone else made, in the device's own terms (a CUstream of the primary context); it stays theirs.
  /// UserError on a device that has none of the kind.
  virtual std::unique_ptr<Stream> adopt(void *native);
  virtual std::unique_ptr<Event> event() = 0;
  virtual std::unique_ptr<Executable> load(Artifact) = 0;
  /// What `work` enqueues on the stream, for later; nothing of it runs now, but on a host device `work` is called each
  /// time the recording is enqueued. It may launch kernels and fill memory, and must not wait for anything.
  virtual std::unique_ptr<Recording> record(Stream &, std::function<void(Stream &)> work) = 0;
  /// Holds back all that is enqueued on `stream` after this call until the returned token is destroyed, so that host
  /// launch time cannot show in a device measurement. A host device, which runs at once, returns nothing.
  virtual std::shared_ptr<void> hold(Stream &) = 0;
};

/// "cuda", "cuda:1", "host", "simt". UserError: unknown name (lists what there is) or no usable GPU (says why: no
/// driver library, no device, driver too old).
std::unique_ptr<Device> open_device(std::string_view id);

/// "cuda" if a GPU can be used, else "host".
std::string default_device();

} // namespace tile::runtime
