// The memory of the virtual GPU: which addresses kernels may touch. Buffers lie far apart, and the addresses of freed
// ones are not given out again for a long time, so that no wrong access falls into another buffer by chance.
#pragma once

#include "runtime/Device.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace tile::runtime::simt {

/// Addresses begin..end-1, which may be none.
struct Range {
  uintptr_t begin = 0, end = 0;
  bool holds(uintptr_t a) const { return a >= begin && a < end; }
};

/// What kernels may touch, at one moment. Immutable.
class MemoryMap {
public:
  MemoryMap(std::vector<Range> usable, std::vector<Range> freed);
  /// The range that `a` lies in or starts; null if none does.
  const Range *usable(uintptr_t a) const;
  bool was_freed(uintptr_t a) const;

private:
  std::vector<Range> usable_, freed_; ///< sorted
};

/// Thread-safe.
class Memory final : public Buffer::Owner {
public:
  ~Memory() override;
  /// Zero bytes take an address of their own too. Null when the system gives no more.
  void *allocate(size_t bytes);
  void release(void *data) noexcept override;
  /// No kernel may touch these bytes of a buffer, though they are part of it.
  void forbid(const void *data, size_t bytes);
  std::shared_ptr<const MemoryMap> map();
  /// Whether all of these bytes lie in one buffer.
  bool owns(const void *data, size_t bytes) const;

private:
  struct Block {
    Range buffer;             ///< what was asked for
    void *reserved = nullptr; ///< with the gaps around it
    size_t reserved_bytes = 0;
    std::vector<Range> forbidden;
  };
  std::vector<Range> usable_parts(const Block &) const;
  const Block *find(uintptr_t) const;

  mutable std::mutex mutex_;
  std::map<uintptr_t, Block> live_;
  std::deque<Block> freed_;
  std::shared_ptr<const MemoryMap> map_; ///< null: to be made anew
};

} // namespace tile::runtime::simt
