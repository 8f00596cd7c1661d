// The virtual GPU as a device: memory whose bounds are known, kernels that run warp by warp on the pool's threads. Work
// runs at once, as on the host.
#pragma once

#include "runtime/Backends.h"
#include "runtime/host/HostDevice.h"
#include "runtime/simt/Memory.h"

namespace tile::runtime {

class SimtDevice final : public Device {
public:
  explicit SimtDevice(const SimtOptions &);

  std::string_view id() const override { return "simt"; }
  const DeviceInfo &info() const override { return info_; }
  const Target &target() const override { return target_; }

  Buffer allocate(size_t bytes) override;
  void upload(void *dst, const void *src, size_t bytes) override;
  void download(void *dst, const void *src, size_t bytes) override;
  void fill(Stream &, void *dst, uint8_t value, size_t bytes) override;
  void forbid(const void *data, size_t bytes) override;
  std::unique_ptr<Stream> stream() override;
  std::unique_ptr<Event> event() override;
  std::unique_ptr<Executable> load(Artifact) override;
  std::unique_ptr<Recording> record(Stream &stream, std::function<void(Stream &)> work) override {
    return host_.record(stream, std::move(work));
  }
  std::shared_ptr<void> hold(Stream &) override { return nullptr; }

private:
  void require_buffer(const char *what, const void *data, size_t bytes) const;

  SimtOptions options_;
  std::shared_ptr<Workers> workers_;
  std::shared_ptr<ObjectLoader> loader_;
  std::shared_ptr<simt::Memory> memory_;
  HostDevice host_; ///< whose streams, events and fills these are
  Target target_;
  DeviceInfo info_;
};

} // namespace tile::runtime
