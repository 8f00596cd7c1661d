#include "runtime/simt/SimtDevice.h"

#include "compiler/support/Error.h"
#include "runtime/simt/SimtExecutable.h"

#include <cstring>
#include <fmt/format.h>

namespace tile::runtime {

namespace {

/// Few, so that grids of as many programs as a GPU has room for have each of them do several turns.
constexpr int kUnits = 4;

} // namespace

SimtDevice::SimtDevice(const SimtOptions &options)
    : options_(options),
      workers_(options.threads == 0 ? Workers::shared() : std::make_shared<Workers>(options.threads)),
      loader_(ObjectLoader::create()), memory_(std::make_shared<simt::Memory>()), host_(workers_),
      target_(Target::simt()) {
  info_ = {.name = "virtual GPU (times mean nothing) on " + host_.info().name,
           .driver = host_.info().driver,
           .units = kUnits,
           .memory_bytes = host_.info().memory_bytes};
}

Buffer SimtDevice::allocate(size_t bytes) {
  void *data = bytes > size_t(info_.memory_bytes) ? nullptr : memory_->allocate(bytes);
  if (!data)
    throw DeviceError(fmt::format("simt: {} bytes of memory cannot be had; the machine has {} bytes in all", bytes,
                                  info_.memory_bytes));
  return Buffer(memory_, data, bytes);
}

void SimtDevice::require_buffer(const char *what, const void *data, size_t bytes) const {
  if (bytes != 0 && !memory_->owns(data, bytes))
    throw DeviceError(fmt::format("simt: {} of {} bytes at {}, which do not lie in one buffer", what, bytes, data));
}

void SimtDevice::upload(void *dst, const void *src, size_t bytes) {
  require_buffer("upload", dst, bytes);
  host_.upload(dst, src, bytes);
}

void SimtDevice::download(void *dst, const void *src, size_t bytes) {
  require_buffer("download", src, bytes);
  host_.download(dst, src, bytes);
}

void SimtDevice::fill(Stream &stream, void *dst, uint8_t value, size_t bytes) {
  require_buffer("fill", dst, bytes);
  host_.fill(stream, dst, value, bytes);
}

void SimtDevice::forbid(const void *data, size_t bytes) {
  memory_->forbid(data, bytes);
}

std::unique_ptr<Stream> SimtDevice::stream() {
  return host_.stream();
}

std::unique_ptr<Event> SimtDevice::event() {
  return host_.event();
}

std::unique_ptr<Executable> SimtDevice::load(Artifact a) {
  if (a.target.kind != Target::Kind::Simt)
    throw UserError(fmt::format("kernel '{}' was compiled for {}; the device 'simt' runs code for the virtual GPU only",
                                a.entry, a.target.arch));
  return std::make_unique<SimtExecutable>(std::move(a), *loader_, workers_, memory_, options_.seed);
}

std::unique_ptr<Device> open_simt_device(const SimtOptions &options) {
  return std::make_unique<SimtDevice>(options);
}

} // namespace tile::runtime
