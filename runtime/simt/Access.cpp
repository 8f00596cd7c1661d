// A width of a power of two and a size of an element of 1, 2, 4 or 8 bytes each have a loop of their own.
#include "runtime/simt/Access.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

namespace tile::runtime::simt {
namespace {

constexpr uint32_t kAll = 0xFFFFFFFFu;

template <class T> T *at(int64_t place) {
  return reinterpret_cast<T *>(uintptr_t(place));
}

template <class T> T read(const void *p) {
  T v;
  std::memcpy(&v, p, sizeof(T));
  return v;
}

template <class T> void write(void *p, T v) {
  std::memcpy(p, &v, sizeof(T));
}

template <class T, int Width> void load_width(const Access &a, int width) {
  const int w = Width ? Width : width;
  for (int lane = 0; lane < 32; ++lane) {
    const bool is_active = a.mask >> lane & 1;
    const T *from = at<const T>(a.places[lane]);
    for (int i = 0; i < w; ++i)
      write<T>(a.data + size_t(i * 32 + lane) * sizeof(T), is_active ? read<T>(from + i) : T(0));
  }
}

template <class T, int Width> void store_width(const Access &a, int width) {
  const int w = Width ? Width : width;
  for (int lane = 0; lane < 32; ++lane) {
    if (!(a.mask >> lane & 1)) continue;
    T *to = at<T>(a.places[lane]);
    for (int i = 0; i < w; ++i) write<T>(to + i, read<T>(a.data + size_t(i * 32 + lane) * sizeof(T)));
  }
}

/// All lanes are active and side by side, each with one element.
bool is_one_block(const Access &a) {
  if (a.site.width != 1 || a.mask != kAll) return false;
  bool together = true;
  for (int lane = 1; lane < 32; ++lane) together &= a.places[lane] == a.places[0] + lane * a.site.element_bytes;
  return together;
}

template <class T> void load_of(const Access &a) {
  switch (a.site.width) {
  case 1:
    return load_width<T, 1>(a, 1);
  case 2:
    return load_width<T, 2>(a, 2);
  case 4:
    return load_width<T, 4>(a, 4);
  case 8:
    return load_width<T, 8>(a, 8);
  default:
    return load_width<T, 0>(a, a.site.width);
  }
}

template <class T> void store_of(const Access &a) {
  switch (a.site.width) {
  case 1:
    return store_width<T, 1>(a, 1);
  case 2:
    return store_width<T, 2>(a, 2);
  case 4:
    return store_width<T, 4>(a, 4);
  case 8:
    return store_width<T, 8>(a, 8);
  default:
    return store_width<T, 0>(a, a.site.width);
  }
}

} // namespace

Extent extent_of(const Access &a) {
  Extent e;
  const auto bytes = int64_t(a.lane_bytes());
  if (a.mask == kAll) {
    for (int lane = 0; lane < 32; ++lane) {
      e.low = std::min(e.low, a.places[lane]);
      e.high = std::max(e.high, a.places[lane] + bytes);
      e.bits |= a.places[lane];
    }
    return e;
  }
  for (int lane = 0; lane < 32; ++lane)
    if (a.mask >> lane & 1) {
      e.low = std::min(e.low, a.places[lane]);
      e.high = std::max(e.high, a.places[lane] + bytes);
      e.bits |= a.places[lane];
    }
  return e;
}

void load_from_memory(const Access &a) {
  if (is_one_block(a)) {
    std::memcpy(a.data, at<const void>(a.places[0]), 32 * size_t(a.site.element_bytes));
    return;
  }
  switch (a.site.element_bytes) {
  case 1:
    return load_of<uint8_t>(a);
  case 2:
    return load_of<uint16_t>(a);
  case 4:
    return load_of<uint32_t>(a);
  default:
    return load_of<uint64_t>(a);
  }
}

void store_to_memory(const Access &a) {
  if (is_one_block(a)) {
    std::memcpy(at<void>(a.places[0]), a.data, 32 * size_t(a.site.element_bytes));
    return;
  }
  switch (a.site.element_bytes) {
  case 1:
    return store_of<uint8_t>(a);
  case 2:
    return store_of<uint16_t>(a);
  case 4:
    return store_of<uint32_t>(a);
  default:
    return store_of<uint64_t>(a);
  }
}

template <class T> static void add_of(const Access &a) {
  for (int lane = 0; lane < 32; ++lane)
    if (a.mask >> lane & 1)
      std::atomic_ref<T>(*at<T>(a.places[lane])).fetch_add(read<T>(a.value(0, lane)), std::memory_order_relaxed);
}

void add_to_memory(const Access &a) {
  if (a.site.kind == Site::Kind::AtomicAddFloat) return add_of<float>(a);
  return a.site.element_bytes == 4 ? add_of<uint32_t>(a) : add_of<uint64_t>(a);
}

std::optional<Collision> find_collision(const Access &a) {
  const auto bytes = int64_t(a.lane_bytes());
  int before = -1;
  bool is_rising = true; // the usual case: each lane behind the one before it
  for (int lane = 0; lane < 32; ++lane)
    if (a.mask >> lane & 1) {
      is_rising &= before < 0 || a.places[lane] - a.places[before] >= bytes;
      before = lane;
    }
  if (is_rising) return std::nullopt;
  struct Element {
    int64_t place;
    int lane, i;
  };
  std::vector<Element> all;
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; (a.mask >> lane & 1) && i < a.site.width; ++i)
      all.push_back({a.places[lane] + i * a.site.element_bytes, lane, i});
  std::ranges::stable_sort(all, {}, &Element::place);
  for (size_t k = 1; k < all.size(); ++k)
    if (all[k].place == all[k - 1].place &&
        std::memcmp(a.value(all[k].i, all[k].lane), a.value(all[k - 1].i, all[k - 1].lane),
                    size_t(a.site.element_bytes)) != 0)
      return Collision{all[k - 1].lane, all[k].lane};
  return std::nullopt;
}

} // namespace tile::runtime::simt
