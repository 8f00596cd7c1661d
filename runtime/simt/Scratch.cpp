// Threads are lanes of warps, as on a GPU: two lanes of one warp race too, since only a barrier orders what they do.
#include "runtime/simt/Scratch.h"

#include <cstring>

namespace tile::runtime::simt {

void Scratch::begin(size_t bytes) {
  bytes_ = bytes;
  if (memory_.size() < bytes) {
    memory_.resize(bytes);
    shadow_.resize(bytes);
  }
  first_ = ++epoch_;
}

std::optional<ScratchFault> Scratch::read_byte(int64_t at, Visitor who) {
  Shadow &s = shadow_[size_t(at)];
  if (s.written < first_) return ScratchFault{ScratchFault::Kind::Unwritten, at, who, {}};
  if (s.written == epoch_ && s.writer.thread != who.thread)
    return ScratchFault{ScratchFault::Kind::Race, at, who, s.writer};
  if (s.read != epoch_)
    s.reader = s.other = who;
  else if (s.reader.thread != who.thread)
    s.other = who;
  s.read = epoch_;
  return std::nullopt;
}

std::optional<ScratchFault> Scratch::write_byte(int64_t at, Visitor who, std::byte value) {
  Shadow &s = shadow_[size_t(at)];
  if (s.written == epoch_ && s.access == access_) { // another lane, in this very access
    if (memory_[size_t(at)] != value) return ScratchFault{ScratchFault::Kind::TwoValues, at, who, s.writer};
    return std::nullopt;
  }
  if (s.written == epoch_ && s.writer.thread != who.thread)
    return ScratchFault{ScratchFault::Kind::Race, at, who, s.writer};
  if (s.read == epoch_)
    for (const Visitor &reader : {s.reader, s.other})
      if (reader.thread != who.thread) return ScratchFault{ScratchFault::Kind::Race, at, who, reader};
  s.written = epoch_;
  s.access = access_;
  s.writer = who;
  memory_[size_t(at)] = value;
  return std::nullopt;
}

std::optional<ScratchFault> Scratch::load(const Access &a) {
  for (int lane = 0; lane < 32; ++lane) {
    const bool is_active = a.mask >> lane & 1;
    const Visitor who{uint16_t(a.warp * 32 + uint32_t(lane)), a.number};
    if (is_active)
      for (size_t b = 0; b < a.lane_bytes(); ++b)
        if (auto fault = read_byte(a.places[lane] + int64_t(b), who)) return fault;
    const auto size = size_t(a.site.element_bytes);
    for (int i = 0; i < a.site.width; ++i)
      if (is_active)
        std::memcpy(a.value(i, lane), &memory_[size_t(a.places[lane]) + size_t(i) * size], size);
      else
        std::memset(a.value(i, lane), 0, size);
  }
  return std::nullopt;
}

std::optional<ScratchFault> Scratch::store(const Access &a) {
  ++access_;
  const auto size = size_t(a.site.element_bytes);
  for (int lane = 0; lane < 32; ++lane) {
    if (!(a.mask >> lane & 1)) continue;
    const Visitor who{uint16_t(a.warp * 32 + uint32_t(lane)), a.number};
    for (int i = 0; i < a.site.width; ++i)
      for (size_t b = 0; b < size; ++b)
        if (auto fault = write_byte(a.places[lane] + int64_t(size_t(i) * size + b), who, a.value(i, lane)[b]))
          return fault;
  }
  return std::nullopt;
}

} // namespace tile::runtime::simt
