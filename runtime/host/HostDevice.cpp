// Memory, streams and events of the CPU. A stream is always idle, so synchronising is nothing and an event is a time.
#include "runtime/host/HostDevice.h"

#include "compiler/support/Error.h"
#include "runtime/Backends.h"
#include "runtime/host/HostExecutable.h"
#include "runtime/host/HostInfo.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <sys/mman.h>

namespace tile::runtime {
namespace {

constexpr size_t kAlignment = 256;
constexpr size_t kHugePage = size_t(2) << 20;

class HostStream final : public Stream {
public:
  void synchronize() override {}
};

class HostEvent final : public Event {
public:
  void record(Stream &stream) override {
    require_host_stream(stream);
    time_ = std::chrono::steady_clock::now();
  }
  void synchronize() override {}
  double elapsed_ms(const Event &start) const override {
    auto *from = dynamic_cast<const HostEvent *>(&start);
    if (!from) throw UserError("elapsed_ms: the start event belongs to another device");
    if (!from->time_ || !time_) throw UserError("elapsed_ms: an event was never recorded");
    return std::chrono::duration<double, std::milli>(*time_ - *from->time_).count();
  }

private:
  std::optional<std::chrono::steady_clock::time_point> time_;
};

class HostRecording final : public Recording {
public:
  explicit HostRecording(std::function<void(Stream &)> work) : work_(std::move(work)) {}
  void enqueue(Stream &stream) override {
    require_host_stream(stream);
    work_(stream);
  }

private:
  std::function<void(Stream &)> work_;
};

struct HostMemory final : Buffer::Owner {
  void release(void *data) noexcept override { std::free(data); }
};

/// Large buffers ask for huge pages: streaming kernels otherwise spend their time on TLB misses.
void *aligned(size_t bytes) {
  void *data = nullptr;
  const bool is_large = bytes >= 2 * kHugePage;
  if (posix_memalign(&data, is_large ? kHugePage : kAlignment, std::max<size_t>(bytes, 1)) != 0) return nullptr;
  if (is_large) madvise(data, bytes, MADV_HUGEPAGE); // a wish: the kernel may not grant it
  return data;
}

} // namespace

void require_host_stream(const Stream &stream) {
  if (!dynamic_cast<const HostStream *>(&stream)) throw UserError("the stream belongs to another device than 'host'");
}

HostDevice::HostDevice(std::shared_ptr<Workers> workers)
    : workers_(std::move(workers)), loader_(ObjectLoader::create()), target_(Target::host()) {
  HostInfo host = read_host_info();
  info_ = {.name = host.cpu.empty() ? target_.arch : host.cpu,
           .driver = object_loader_version(),
           .units = workers_->size(),
           .memory_bytes = host.memory_bytes,
           .cache_bytes = host.cache_bytes,
           .clock_mhz = host.clock_mhz};
}

Buffer HostDevice::allocate(size_t bytes) {
  static const auto owner = std::make_shared<HostMemory>();
  // The system promises more than it has and kills the process later: refuse here what cannot fit.
  void *data = info_.memory_bytes > 0 && bytes > size_t(info_.memory_bytes) ? nullptr : aligned(bytes);
  if (!data)
    throw DeviceError(fmt::format("host: {} bytes of memory cannot be had; the machine has {} bytes in all", bytes,
                                  info_.memory_bytes));
  return Buffer(owner, data, bytes);
}

void HostDevice::upload(void *dst, const void *src, size_t bytes) {
  if (bytes != 0) std::memcpy(dst, src, bytes);
}

void HostDevice::download(void *dst, const void *src, size_t bytes) {
  if (bytes != 0) std::memcpy(dst, src, bytes);
}

void HostDevice::fill(Stream &stream, void *dst, uint8_t value, size_t bytes) {
  require_host_stream(stream);
  constexpr size_t kBlock = 64 << 10;
  workers_->run(int64_t((bytes + kBlock - 1) / kBlock), [&](int64_t begin, int64_t end) {
    const size_t first = size_t(begin) * kBlock, last = std::min(size_t(end) * kBlock, bytes);
    std::memset(static_cast<char *>(dst) + first, value, last - first);
  });
}

std::unique_ptr<Stream> HostDevice::stream() {
  return std::make_unique<HostStream>();
}

std::unique_ptr<Event> HostDevice::event() {
  return std::make_unique<HostEvent>();
}

std::unique_ptr<Executable> HostDevice::load(Artifact a) {
  if (a.target.kind != Target::Kind::Simd)
    throw UserError(fmt::format("kernel '{}' was compiled for {}; the device 'host' runs code for {} only", a.entry,
                                a.target.arch, target_.arch));
  return std::make_unique<HostExecutable>(std::move(a), *loader_, workers_);
}

std::unique_ptr<Recording> HostDevice::record(Stream &stream, std::function<void(Stream &)> work) {
  require_host_stream(stream);
  return std::make_unique<HostRecording>(std::move(work));
}

std::shared_ptr<void> HostDevice::hold(Stream &stream) {
  require_host_stream(stream);
  return nullptr;
}

std::unique_ptr<Device> open_host_device(int threads) {
  return std::make_unique<HostDevice>(threads == 0 ? Workers::shared() : std::make_shared<Workers>(threads));
}

} // namespace tile::runtime
