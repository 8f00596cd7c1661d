// One GPU behind the Device interface.
#pragma once

#include "runtime/cuda/CudaContext.h"
#include "runtime/cuda/Hold.h"

namespace tile::runtime {

class CudaDevice final : public Device {
public:
  explicit CudaDevice(int ordinal);

  std::string_view id() const override { return id_; }
  const DeviceInfo &info() const override { return info_; }
  const Target &target() const override { return target_; }

  Buffer allocate(size_t bytes) override;
  void upload(void *dst, const void *src, size_t bytes) override;
  void download(void *dst, const void *src, size_t bytes) override;
  void fill(Stream &, void *dst, uint8_t value, size_t bytes) override;
  std::unique_ptr<Stream> stream() override;
  std::unique_ptr<Stream> adopt(void *native) override;
  std::unique_ptr<Event> event() override;
  std::unique_ptr<Executable> load(Artifact) override;
  std::unique_ptr<Recording> record(Stream &, std::function<void(Stream &)> work) override;
  std::shared_ptr<void> hold(Stream &) override;

  const std::shared_ptr<CudaContext> &context() const { return context_; }

private:
  std::shared_ptr<CudaContext> context_;
  std::string id_;
  Target target_;
  DeviceInfo info_;
  std::shared_ptr<Holder> holder_; ///< made by the first hold()
};

/// The driver's handle; UserError for a stream of another device.
CUstream cuda_stream(Stream &, const CudaContext &);

} // namespace tile::runtime
