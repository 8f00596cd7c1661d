// The back guard begins at the tensor's very last byte, wherever that is.
#include "bench/GuardedBuffer.h"

#include <algorithm>
#include <fmt/format.h>

namespace fla::bench {

GuardedBuffer::GuardedBuffer(tile::runtime::Device &device, tile::runtime::Stream &stream, size_t bytes, size_t number)
    : device_(&device), stream_(&stream), bytes_(bytes), pattern_(uint16_t(0xFFC0 + number % 63)),
      memory_(device.allocate(kFront + bytes + kBack)) {
  auto *start = static_cast<std::byte *>(memory_.data());
  guard();
  device.forbid(start, kFront);
  device.forbid(start + kFront + bytes, kBack);
}

void GuardedBuffer::guard() {
  auto *start = static_cast<std::byte *>(memory_.data());
  device_->upload(start, pattern(kFront).data(), kFront);
  device_->upload(start + kFront + bytes_, pattern(kBack).data(), kBack);
}

std::vector<std::byte> GuardedBuffer::pattern(size_t bytes) const {
  std::vector<std::byte> out(bytes);
  for (size_t i = 0; i < bytes; ++i) out[i] = std::byte(i % 2 ? pattern_ >> 8 : pattern_ & 0xFF);
  return out;
}

void GuardedBuffer::fill(uint8_t value) {
  if (bytes_ != 0) device_->fill(*stream_, data(), value, bytes_);
}

void GuardedBuffer::upload(const void *src) {
  if (bytes_ != 0) device_->upload(data(), src, bytes_);
}

void GuardedBuffer::download(void *dst) const {
  if (bytes_ != 0) device_->download(dst, data(), bytes_);
}

std::string GuardedBuffer::damage() const {
  const auto *start = static_cast<const std::byte *>(memory_.data());
  std::vector<std::byte> found(kFront), expected = pattern(kFront);
  device_->download(found.data(), start, kFront);
  for (size_t i = kFront; i-- > 0;)
    if (found[i] != expected[i]) return fmt::format("written {} bytes before its start", kFront - i);
  found.resize(kBack);
  expected = pattern(kBack);
  device_->download(found.data(), start + kFront + bytes_, kBack);
  auto first = std::mismatch(found.begin(), found.end(), expected.begin()).first;
  if (first != found.end()) return fmt::format("written {} bytes beyond its end", first - found.begin() + 1);
  return "";
}

} // namespace fla::bench
