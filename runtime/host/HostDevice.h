// The CPU as a device: work runs at once, on the thread that enqueues it and the pool's.
#pragma once

#include "runtime/Device.h"
#include "runtime/host/ObjectLoader.h"
#include "runtime/host/Workers.h"

#include <memory>

namespace tile::runtime {

class HostDevice final : public Device {
public:
  /// Kernels run on `workers`' threads.
  explicit HostDevice(std::shared_ptr<Workers> workers);

  std::string_view id() const override { return "host"; }
  const DeviceInfo &info() const override { return info_; }
  const Target &target() const override { return target_; }

  Buffer allocate(size_t bytes) override;
  void upload(void *dst, const void *src, size_t bytes) override;
  void download(void *dst, const void *src, size_t bytes) override;
  void fill(Stream &, void *dst, uint8_t value, size_t bytes) override;
  std::unique_ptr<Stream> stream() override;
  std::unique_ptr<Event> event() override;
  std::unique_ptr<Executable> load(Artifact) override;
  std::unique_ptr<Recording> record(Stream &, std::function<void(Stream &)> work) override;
  std::shared_ptr<void> hold(Stream &) override;

private:
  std::shared_ptr<Workers> workers_;
  std::shared_ptr<ObjectLoader> loader_;
  Target target_;
  DeviceInfo info_;
};

/// UserError for a stream of another device.
void require_host_stream(const Stream &);

} // namespace tile::runtime
