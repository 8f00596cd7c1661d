// Buffers are mappings of their own, with unmapped gaps: the system catches what the host does wrong there.
#include "runtime/simt/Memory.h"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>

namespace tile::runtime::simt {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kGap = 16 * kPage;    ///< on either side of a buffer
constexpr size_t kMostFreed = 4096;    ///< addresses of as many freed buffers are kept
constexpr unsigned char kFresh = 0xFF; ///< every byte of a new buffer: NaN in every float type

const Range *last_starting_at_or_before(const std::vector<Range> &sorted, uintptr_t a) {
  auto after = std::ranges::upper_bound(sorted, a, {}, &Range::begin);
  return after == sorted.begin() ? nullptr : &*std::prev(after);
}

} // namespace

MemoryMap::MemoryMap(std::vector<Range> usable, std::vector<Range> freed)
    : usable_(std::move(usable)), freed_(std::move(freed)) {
  std::ranges::sort(usable_, {}, &Range::begin);
  std::ranges::sort(freed_, {}, &Range::begin);
}

const Range *MemoryMap::usable(uintptr_t a) const {
  const Range *range = last_starting_at_or_before(usable_, a);
  return range && (range->holds(a) || range->begin == a) ? range : nullptr;
}

bool MemoryMap::was_freed(uintptr_t a) const {
  const Range *range = last_starting_at_or_before(freed_, a);
  return range && range->holds(a);
}

Memory::~Memory() {
  for (const Block &block : freed_) munmap(block.reserved, block.reserved_bytes);
}

void *Memory::allocate(size_t bytes) {
  Block block;
  const size_t room = (std::max<size_t>(bytes, 1) + kPage - 1) / kPage * kPage;
  if (room < bytes) return nullptr;
  block.reserved_bytes = room + 2 * kGap;
  block.reserved = mmap(nullptr, block.reserved_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block.reserved == MAP_FAILED) return nullptr;
  char *data = static_cast<char *>(block.reserved) + kGap;
  if (mprotect(data, room, PROT_READ | PROT_WRITE) != 0) {
    munmap(block.reserved, block.reserved_bytes);
    return nullptr;
  }
  std::memset(data, kFresh, bytes);
  block.buffer = {uintptr_t(data), uintptr_t(data) + bytes};
  std::lock_guard lock(mutex_);
  live_.emplace(block.buffer.begin, std::move(block));
  map_.reset();
  return data;
}

void Memory::release(void *data) noexcept {
  std::lock_guard lock(mutex_);
  auto node = live_.extract(uintptr_t(data));
  if (node.empty()) return;
  map_.reset();
  Block &block = node.mapped();
  // The pages go back, the addresses stay taken.
  mmap(block.reserved, block.reserved_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  freed_.push_back(std::move(block));
  if (freed_.size() > kMostFreed) {
    munmap(freed_.front().reserved, freed_.front().reserved_bytes);
    freed_.pop_front();
  }
}

const Memory::Block *Memory::find(uintptr_t a) const {
  auto after = live_.upper_bound(a);
  if (after == live_.begin()) return nullptr;
  const Block &block = std::prev(after)->second;
  return a <= block.buffer.end ? &block : nullptr;
}

bool Memory::owns(const void *data, size_t bytes) const {
  std::lock_guard lock(mutex_);
  const Block *block = find(uintptr_t(data));
  return block && bytes <= block->buffer.end - uintptr_t(data);
}

void Memory::forbid(const void *data, size_t bytes) {
  std::lock_guard lock(mutex_);
  if (const Block *block = find(uintptr_t(data)); block && bytes > 0)
    const_cast<Block *>(block)->forbidden.push_back({uintptr_t(data), uintptr_t(data) + bytes});
  map_.reset();
}

/// The buffer without what is forbidden in it.
std::vector<Range> Memory::usable_parts(const Block &block) const {
  std::vector<Range> holes = block.forbidden, parts;
  std::ranges::sort(holes, {}, &Range::begin);
  uintptr_t at = block.buffer.begin;
  for (const Range &hole : holes) {
    if (hole.begin > at || (hole.begin == at && at != block.buffer.begin)) parts.push_back({at, hole.begin});
    at = std::max(at, hole.end);
  }
  if (at < block.buffer.end || holes.empty()) parts.push_back({at, block.buffer.end});
  return parts;
}

std::shared_ptr<const MemoryMap> Memory::map() {
  std::lock_guard lock(mutex_);
  if (!map_) {
    std::vector<Range> usable, freed;
    for (const auto &[begin, block] : live_)
      for (const Range &part : usable_parts(block)) usable.push_back(part);
    for (const Block &block : freed_) freed.push_back(block.buffer);
    map_ = std::make_shared<const MemoryMap>(std::move(usable), std::move(freed));
  }
  return map_;
}

} // namespace tile::runtime::simt
