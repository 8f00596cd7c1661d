// The back guard begins at the tensor's very last byte, wherever that is.
#include "bench/GuardedBuffer.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace fla::bench {

GuardedBuffer::GuardedBuffer(tile::runtime::Device &device, tile::runtime::Stream &stream, size_t bytes)
    : device_(&device), stream_(&stream), bytes_(bytes), memory_(device.allocate(kFront + bytes + kBack)) {
  auto *start = static_cast<std::byte *>(memory_.data());
  device.fill(stream, start, kPattern, kFront);
  device.fill(stream, start + kFront + bytes, kPattern, kBack);
}

void GuardedBuffer::fill(uint8_t value) {
  if (bytes_ != 0)
    device_->fill(*stream_, data(), value, bytes_);
}

void GuardedBuffer::upload(const void *src) {
  if (bytes_ != 0)
    device_->upload(data(), src, bytes_);
}

void GuardedBuffer::download(void *dst) const {
  if (bytes_ != 0)
    device_->download(dst, data(), bytes_);
}

std::string GuardedBuffer::damage() const {
  const auto *start = static_cast<const std::byte *>(memory_.data());
  std::vector<std::byte> guard(std::max(kFront, kBack));
  auto is_damaged = [](std::byte b) { return b != std::byte(kPattern); };
  device_->download(guard.data(), start, kFront);
  for (size_t i = kFront; i-- > 0;)
    if (is_damaged(guard[i]))
      return fmt::format("written {} bytes before its start", kFront - i);
  device_->download(guard.data(), start + kFront + bytes_, kBack);
  auto first = std::find_if(guard.begin(), guard.begin() + kBack, is_damaged);
  if (first != guard.begin() + kBack)
    return fmt::format("written {} bytes beyond its end", first - guard.begin() + 1);
  return "";
}

} // namespace fla::bench
