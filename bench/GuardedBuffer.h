// Device memory between two guard zones, so that a kernel that writes outside a tensor is caught and one that computes
// with what it reads there gets NaN.
#pragma once

#include "runtime/Device.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fla::bench {

class GuardedBuffer {
public:
  static constexpr size_t kFront = size_t(4) << 10; ///< keeps the alignment of the allocation
  static constexpr size_t kBack = size_t(16) << 10;

  /// The guards are filled, the memory between them is not. Guards are NaN in every float type, and other NaNs for each
  /// `number` from 0 to 62: a NaN that a kernel read from one tensor's guard and wrote to another's is seen.
  GuardedBuffer(tile::runtime::Device &, tile::runtime::Stream &, size_t bytes, size_t number);

  void *data() const { return static_cast<std::byte *>(memory_.data()) + kFront; }
  size_t bytes() const { return bytes_; }

  /// Writes the guards.
  void guard();
  void fill(uint8_t value);
  void upload(const void *src);
  void download(void *dst) const;
  /// Empty when both guards are as they were; otherwise how far from the tensor something was written.
  std::string damage() const;

private:
  std::vector<std::byte> pattern(size_t bytes) const;

  tile::runtime::Device *device_;
  tile::runtime::Stream *stream_;
  size_t bytes_;
  uint16_t pattern_;
  tile::runtime::Buffer memory_;
};

} // namespace fla::bench
