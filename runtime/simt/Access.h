// Moving the data of an access between the tray and memory, and finding the lane that is at fault. Nothing here knows
// what memory it is.
#pragma once

#include "runtime/simt/Scratch.h"

#include <cstdint>
#include <optional>

namespace tile::runtime::simt {

/// The lowest and the highest byte (one beyond it) that active lanes access, and all bits of their places together.
struct Extent {
  int64_t low = INT64_MAX, high = INT64_MIN, bits = 0;
};
Extent extent_of(const Access &);

/// The first active lane of which `is_wrong(place)` holds.
template <class Wrong> int first_lane(const Access &a, Wrong is_wrong) {
  for (int lane = 0; lane < 32; ++lane)
    if ((a.mask >> lane & 1) && is_wrong(a.places[lane])) return lane;
  return -1;
}

/// Places are addresses that may be accessed, multiples of the element's size.
void load_from_memory(const Access &);
void store_to_memory(const Access &);
/// Lane by lane, and undivided by other threads.
void add_to_memory(const Access &);

/// Two lanes that store different values to one element.
struct Collision {
  int lane, other;
};
std::optional<Collision> find_collision(const Access &);

} // namespace tile::runtime::simt
