// What loads and stores, gathers, scatters and atomic additions do to the numbers of tensors.
#include "tests/random/Lines.h"

#include <random>

namespace tile::test {

int64_t Tensor::place(int64_t flat) const {
  const Shape at = coordinates(extents, flat);
  int64_t place = shift;
  for (size_t d = 0; d < at.size(); ++d) place += at[d] * strides[d];
  return place;
}

int64_t Tensor::storage() const {
  constexpr int64_t kBehind = 3; // nobody may touch these
  return place(count(extents) - 1) + 1 + kBehind;
}

void fill(Tensor &t, uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int64_t i = 0; i < count(t.extents); ++i) {
    // Exact in every dtype: a number of quarters, or an integer.
    const auto n = int64_t(random() % 65) - 32;
    Number e = integer(t.dtype == DType::i1 ? n & 1 : n);
    e.value = double(n) / 4;
    t.elements.push_back(e);
  }
  for (int64_t i = 0; i < count(t.extents); ++i) { // a stride of 0 repeats the first
    Shape at = coordinates(t.extents, i);
    for (size_t d = 0; d < at.size(); ++d)
      if (t.strides[d] == 0) at[d] = 0;
    t.elements[size_t(i)] = t.elements[size_t(position(t.extents, at))];
  }
}

namespace {

/// Calls f(position in the tile, position in the tensor or -1) for every element of a tile of `shape` at `at`.
template <class F> void each(const Shape &extents, const Shape &shape, const Shape &at, F &&f) {
  for (int64_t i = 0; i < count(shape); ++i) {
    Shape c = coordinates(shape, i);
    bool inside = true;
    for (size_t d = 0; d < c.size(); ++d) {
      c[d] += at[d];
      inside &= c[d] >= 0 && c[d] < extents[d];
    }
    f(i, inside ? position(extents, c) : -1);
  }
}

/// The same for a gather; -2 where an index is not known.
template <class F> void each(const Shape &extents, const std::vector<Place> &places, int64_t elements, F &&f) {
  for (int64_t i = 0; i < elements; ++i) {
    Shape c;
    bool inside = true, known = true;
    for (size_t d = 0; d < places.size(); ++d) {
      const std::optional<Node> &each = places[d].each;
      known &= !each || each->at[size_t(i)].known;
      c.push_back(each ? each->at[size_t(i)].integer : places[d].number);
      inside &= c[d] >= 0 && c[d] < extents[d];
    }
    f(i, !known ? -2 : inside ? position(extents, c) : -1);
  }
}

/// Nothing is known of the tensor any more.
void forget(Tensor &t) {
  std::fill(t.elements.begin(), t.elements.end(), unknown());
  t.is_written.assign(t.elements.size(), true);
}

} // namespace

Node numbers_of(const Tensor &t, const Shape &shape, const Shape &at) {
  Node n{.dtype = t.dtype, .shape = shape, .at = {}};
  each(t.extents, shape, at,
       [&](int64_t, int64_t flat) { n.at.push_back(flat < 0 ? Number() : t.elements[size_t(flat)]); });
  return n;
}

void put(Tensor &t, const Node &n, const Shape &at) {
  each(t.extents, n.shape, at, [&](int64_t i, int64_t flat) {
    if (flat < 0) return;
    t.elements[size_t(flat)] = n.at[size_t(i)];
    t.is_written[size_t(flat)] = true;
  });
}

Node gathered(const Tensor &t, const std::vector<Place> &places, const Shape &shape) {
  Node n{.dtype = t.dtype, .shape = shape, .at = {}};
  each(t.extents, places, count(shape), [&](int64_t, int64_t flat) {
    n.at.push_back(flat == -2 ? unknown() : flat < 0 ? Number() : t.elements[size_t(flat)]);
  });
  return n;
}

void scatter(Tensor &t, const std::vector<Place> &places, const Node &n) {
  each(t.extents, places, count(n.shape), [&](int64_t i, int64_t flat) {
    if (flat == -2) return forget(t);
    if (flat < 0) return;
    t.elements[size_t(flat)] = n.at[size_t(i)];
    t.is_written[size_t(flat)] = true;
  });
}

void atomic_add(Tensor &t, const std::vector<Place> &places, const Node &n) {
  each(t.extents, places, count(n.shape), [&](int64_t i, int64_t flat) {
    if (flat == -1) return;
    for (int64_t at = flat < 0 ? 0 : flat; at < (flat < 0 ? count(t.extents) : flat + 1); ++at) {
      Sum &sum = t.sums[at];
      if (sum.terms == 0) {
        sum = {.is_float = is_float(t.dtype), .is_narrow = t.dtype == i32};
        sum.add(t.elements[size_t(at)]);
      }
      sum.add(flat < 0 ? unknown() : n.at[size_t(i)]);
      t.elements[size_t(at)] = sum.result();
    }
  });
}

} // namespace tile::test
