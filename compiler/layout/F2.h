// Linear algebra over F2 on packed bit vectors: xor adds, and a set of vectors is kept in echelon form, one vector for
// each leading bit. Everything is a few dozen integer operations; nothing grows with the size of a tile.
#pragma once

#include "compiler/layout/Layout.h"

#include <bit>

namespace tile::layout::f2 {

/// A growing set of independent vectors. Each carries a tag; `solve` sums the tags of the vectors that make up another.
class Span {
public:
  /// False, and nothing changes, when `v` is a sum of what is there.
  bool insert(uint32_t v, uint64_t tag = 0) {
    uint32_t rest = eliminate(v, tag);
    if (rest == 0) return false;
    int lead = std::bit_width(rest) - 1;
    rows_[lead] = rest;
    tags_[lead] = tag;
    pivots_ |= uint32_t(1) << lead;
    return true;
  }

  /// The representative of `v` modulo the span that has no pivot bit set. Linear in `v`.
  uint32_t reduce(uint32_t v) const {
    uint64_t tag = 0;
    return eliminate(v, tag);
  }

  bool contains(uint32_t v) const { return reduce(v) == 0; }

  std::optional<uint64_t> solve(uint32_t v) const {
    uint64_t tag = 0;
    return eliminate(v, tag) == 0 ? std::optional(tag) : std::nullopt;
  }

  uint32_t pivots() const { return pivots_; }
  int rank() const { return std::popcount(pivots_); }

private:
  // Downwards over the leading bits: a row touches no bit above its own, so a bit once cleared stays cleared.
  uint32_t eliminate(uint32_t v, uint64_t &tag) const {
    for (uint32_t left = v & pivots_; left != 0;) {
      int lead = std::bit_width(left) - 1;
      v ^= rows_[lead];
      tag ^= tags_[lead];
      left = v & pivots_ & ((uint32_t(1) << lead) - 1);
    }
    return v;
  }

  uint32_t pivots_ = 0;
  std::array<uint32_t, 32> rows_{};
  std::array<uint64_t, 32> tags_{};
};

/// The sum of the bases that `index` selects.
inline uint32_t apply(const Bases &bases, uint32_t index) {
  uint32_t sum = 0;
  for (; index != 0; index &= index - 1) sum ^= bases[std::countr_zero(index)];
  return sum;
}

/// apply(bases, i) for every i, one xor each.
inline std::vector<uint32_t> images(const Bases &bases) {
  std::vector<uint32_t> all(size_t(1) << bases.size());
  for (size_t i = 1; i < all.size(); ++i) all[i] = all[i & (i - 1)] ^ bases[std::countr_zero(i)];
  return all;
}

/// The bits of `v` that `keep` selects, moved together to the bottom.
inline uint32_t compress(uint32_t v, uint32_t keep) {
  uint32_t out = 0;
  for (int to = 0; keep != 0; keep &= keep - 1, ++to) out |= ((v >> std::countr_zero(keep)) & 1) << to;
  return out;
}

} // namespace tile::layout::f2
