// Device memory between two guard zones, so that a kernel that writes outside a tensor is caught and one that computes
// with what it reads there gets NaN.
#pragma once

#include "runtime/Device.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace fla::bench {

class GuardedBuffer {
public:
  static constexpr size_t kFront = size_t(4) << 10; ///< keeps the alignment of the allocation
  static constexpr size_t kBack = size_t(16) << 10;
  static constexpr uint8_t kPattern = 0xFF; ///< NaN in every float type

  /// The guards are filled; the memory between them is not.
  GuardedBuffer(tile::runtime::Device &, tile::runtime::Stream &, size_t bytes);

  void *data() const { return static_cast<std::byte *>(memory_.data()) + kFront; }
  size_t bytes() const { return bytes_; }

  void fill(uint8_t value);
  void upload(const void *src);
  void download(void *dst) const;
  /// Empty when both guards are as they were; otherwise how far from the tensor something was written.
  std::string damage() const;

private:
  tile::runtime::Device *device_;
  tile::runtime::Stream *stream_;
  size_t bytes_;
  tile::runtime::Buffer memory_;
};

} // namespace fla::bench
