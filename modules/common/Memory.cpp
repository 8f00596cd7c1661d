#include "modules/common/Memory.h"

#include "runtime/Parallel.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace fla {

Bytes::Bytes(size_t size) : size_(size) {
  constexpr size_t kLarge = size_t(2) << 20; // a large page
  const size_t alignment = size >= kLarge ? kLarge : 64;
  const size_t rounded = (std::max<size_t>(size, 1) + alignment - 1) / alignment * alignment;
  auto *data = static_cast<std::byte *>(std::aligned_alloc(alignment, rounded));
  if (!data) throw std::bad_alloc();
  data_.reset(data);
  if (size >= kLarge) madvise(data, rounded, MADV_HUGEPAGE); // a wish: the kernel may not grant it
}

void Bytes::Free::operator()(std::byte *data) const {
  std::free(data);
}

size_t first_difference(const std::byte *a, const std::byte *b, size_t size) {
  constexpr size_t kBlock = size_t(64) << 10;
  std::atomic<size_t> first = size;
  tile::runtime::parallel_for(int64_t((size + kBlock - 1) / kBlock), [&](int64_t begin, int64_t end) {
    for (auto block = size_t(begin); block < size_t(end); ++block) {
      const size_t at = block * kBlock, n = std::min(kBlock, size - at);
      if (at > first.load(std::memory_order_relaxed)) return;
      if (std::memcmp(a + at, b + at, n) == 0) continue;
      const size_t here = size_t(std::mismatch(a + at, a + at + n, b + at).first - a);
      size_t known = first.load();
      while (here < known && !first.compare_exchange_weak(known, here)) {
      }
    }
  });
  return first;
}

} // namespace fla
