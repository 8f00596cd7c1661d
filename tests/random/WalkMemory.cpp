// Arguments of the kernel, and every way to reach memory.
#include "tests/random/Lines.h"
#include "tests/random/Walk.h"

#include <algorithm>

namespace tile::test {

/// The tensor argument that is this walk's next: made by the first walk, found by the others.
Tensor &Walk::tensor(DType dtype, Tensor::Use use, const Shape &extents) {
  const std::string name = (use == Tensor::Use::Input ? "x" : "y") + std::to_string(tensors_++);
  const bool reads = use == Tensor::Use::Input;
  Shape strides(extents.size(), 1);
  std::vector<size_t> order(extents.size()); // from the dimension that is closest in memory
  for (size_t d = 0; d < order.size(); ++d) order[d] = order.size() - 1 - d;
  if (chance(15)) std::shuffle(order.begin(), order.end(), random_);
  int64_t next = chance(5) ? 2 : 1;
  for (size_t d : order) {
    strides[d] = reads && chance(3) ? 0 : next;
    next = next * extents[d] + (chance(20) ? pick(1, 9) : 0);
  }
  const int64_t shift = chance(40) ? pick(1, 7) : 0;
  const uint64_t contents = random_();
  for (Tensor &t : case_.tensors)
    if (t.name == name) return t;
  Tensor &t = case_.tensors.emplace_back(
      Tensor{.name = name, .dtype = dtype, .use = use, .extents = extents, .strides = strides, .shift = shift});
  if (use == Tensor::Use::Output)
    t.elements.resize(size_t(count(extents)));
  else
    fill(t, contents);
  t.is_written.resize(t.elements.size());
  return t;
}

Index Walk::argument(int64_t value, int64_t divisible) {
  const std::string name = "n" + std::to_string(names_++);
  if (!k_) return Index(0);
  case_.integers[name] = value;
  return k_->runtime(name, divisible);
}

/// The view of a tensor; extents and strides are numbers or arguments.
View Walk::view(const Tensor &t) {
  std::vector<Index> extents, strides;
  bool contiguous = true;
  int64_t next = 1;
  for (size_t d = t.extents.size(); d-- > 0; next *= t.extents[d]) contiguous &= t.strides[d] == next;
  for (int64_t e : t.extents) extents.push_back(chance(40) ? argument(e) : Index(e));
  const bool silent = contiguous && chance(80);
  for (int64_t s : t.strides) {
    const int64_t divisor = s % 8 == 0 && s > 0 && chance(60) ? 8 : 1;
    const bool is_number = chance(60) || s == 0;
    if (!silent) strides.push_back(is_number ? Index(s) : argument(s, divisor));
  }
  const ViewOptions options{.strides = strides, .align = t.shift || chance(30) ? int(size_of(t.dtype)) : 0};
  if (!k_) return View({}, t.dtype, extents);
  return t.use == Tensor::Use::Input    ? k_->input(t.name, t.dtype, extents, options)
         : t.use == Tensor::Use::Output ? k_->output(t.name, t.dtype, extents, options)
                                        : k_->inout(t.name, t.dtype, extents, options);
}

/// Extents that a tile, one for each program along dimension 0, rarely fits.
Shape Walk::awkward(const Shape &tile, int64_t programs) {
  Shape extents;
  for (size_t d = 0; d < tile.size(); ++d) {
    const int64_t whole = tile[d] * (d == 0 ? programs : 1);
    extents.push_back(chance(40) ? whole : std::max<int64_t>(1, whole + pick(-whole / 2 - 1, 5)));
  }
  return extents;
}

// ---- Numbers of the whole program -----------------------------------------------------------------------------------

Whole Walk::whole() {
  switch (pick(0, 6)) {
  case 0: {
    const int64_t n = pick(-2, 9);
    return {n, Index(n)};
  }
  case 1: {
    const int64_t n = pick(0, 9);
    return {n, argument(n)};
  }
  case 2: {
    const int64_t n = pick(1, 4), m = pick(1, 4);
    Whole w{(pid_ * n + 3) / m % 5, 0};
    if (k_)
      w.index = (program_ * n + 3) / argument(m) % 5;
    else
      argument(m);
    return w;
  }
  case 3: { // read from memory
    const int64_t n = pick(1, 12);
    const Tensor &t = tensor(chance(50) ? i32 : i64, Tensor::Use::Input, {n});
    const int64_t at = pick(-1, n);
    const View v = view(t);
    Whole w{at < 0 || at >= n ? 0 : t.elements[size_t(at)].integer, 0};
    if (k_) w.index = v.at({Index(at)}).to_index();
    return w;
  }
  case 4: {
    if (loops_.empty()) return {pid_, program_};
    return loops_[size_t(pick(0, int64_t(loops_.size()) - 1))];
  }
  case 5: {
    if (depth_ > 2) return {1, 1};
    ++depth_;
    const Whole a = whole(), b = whole();
    --depth_;
    const bool largest = chance(50);
    return {largest ? std::max(a.number, b.number) : std::min(a.number, b.number),
            largest ? max(a.index, b.index) : min(a.index, b.index)};
  }
  default: {
    const Truth t = truth(2);
    const int64_t a = pick(0, 5), b = pick(0, 5);
    return {t.holds ? a : b, k_ ? k_->choose(*t.condition, a, b) : Index(0)};
  }
  }
}

Single Walk::single() {
  if (chance(30)) {
    const Whole w = whole();
    const DType dtype = chance(50) ? i32 : chance(50) ? i64 : f32;
    Single s{dtype, integer(w.number), k_ ? std::optional(w.index.to(dtype)) : std::nullopt};
    s.number.value = double(w.number);
    return s;
  }
  if (chance(50)) { // read from memory
    constexpr DType kTypes[] = {f32, f16, bf16, i32, i64};
    const Shape extents{pick(1, 5), pick(1, 5)};
    const Tensor &t = tensor(kTypes[pick(0, 4)], Tensor::Use::Input, extents);
    const Whole row = whole();
    const int64_t column = pick(-1, 5);
    const View v = view(t);
    const Node n = numbers_of(t, {1, 1}, {row.number, column});
    Single s{t.dtype, n.at.front(), k_ ? std::optional(v.at({row.index, column})) : std::nullopt};
    if (s.dtype == f16 || s.dtype == bf16) {
      s.dtype = f32;
      if (k_) s.scalar = s.scalar->to(f32);
    }
    return s;
  }
  constexpr DType kTypes[] = {f32, f16, bf16, i32, i64};
  const DType dtype = kTypes[pick(0, 4)];
  const int64_t n = pick(-9, 9);
  Single s{is_float(dtype) ? f32 : dtype, integer(n)};
  s.number.value = double(n) / 4;
  const std::string name = "s" + std::to_string(names_++);
  if (!k_) return s;
  if (is_float(dtype))
    case_.floats[name] = s.number.value;
  else
    case_.integers[name] = n;
  s.scalar = k_->scalar(name, dtype).to(s.dtype);
  return s;
}

// ---- Loads and stores -----------------------------------------------------------------------------------------------

Node Walk::load() {
  const Whole first{pid_ * shape_[0], program_ * shape_[0]};
  return load_at(first, any_dtype(), shape_);
}

/// A block that begins in row `first`, about.
Node Walk::load_at(const Whole &first, DType dtype, const Shape &shape) {
  Tensor &t = tensor(dtype, Tensor::Use::Input, awkward(shape, case_.programs()));
  const View v = view(t);
  Shape at, extents = t.extents;
  for (size_t d = 0; d < shape.size(); ++d) at.push_back(chance(60) ? 0 : pick(-3, 3));
  std::vector<Index> index(at.begin(), at.end());
  index[0] = first.index + at[0];
  at[0] += first.number;
  if (chance(10)) {
    const Whole more = whole();
    at[0] += more.number, index[0] = index[0] + more.index;
  }
  const int below = chance(10) ? int(pick(0, int64_t(shape.size()) - 1)) : -1;
  const int64_t end = pick(1, 9);
  const Index end_index = below >= 0 ? argument(end) : Index(0);
  if (below >= 0) extents[size_t(below)] = std::min(extents[size_t(below)], end);
  const bool prefetches = chance(5), assumes = chance(10), filled = chance(20);
  const Cache cache = any_cache();

  Tensor part = t; // what lies beyond reads as 0
  for (int64_t i = 0; below >= 0 && i < count(t.extents); ++i)
    if (coordinates(t.extents, i)[size_t(below)] >= end) part.elements[size_t(i)] = Number();
  Node n = numbers_of(part, shape, at), inside{.dtype = DType::i1, .shape = shape, .at = {}};
  for (int64_t i = 0; i < count(shape); ++i) {
    const Shape c = coordinates(shape, i);
    bool in = true;
    for (size_t d = 0; d < c.size(); ++d) in &= at[d] + c[d] >= 0 && at[d] + c[d] < extents[d];
    inside.at.push_back(integer(in));
  }
  if (k_) {
    const View read = below >= 0 ? v.below(below, end_index) : v;
    if (prefetches) read.prefetch(index, Shape(shape.size(), 3));
    if (assumes) index[0] = k_->assume(index[0], {.at_least = -1000000, .at_most = 1000000});
    n.tile = read.load(index, shape, cache);
    inside.tile = n.tile.in_bounds();
    k_->require(inside.tile | (n.tile.to(f32) == 0.f), "outside of a view there is nothing but 0");
  }
  if (!filled) return n;
  const std::optional<Node> other = find_of(n.dtype, n.shape);
  return other ? where(inside, n, *other) : n;
}

/// To an output of its own, each program to its own rows. A tile of another shape than the loads' gets an output cut in
/// its own rows.
void Walk::store(Node n) {
  if (n.shape.empty()) n = expand(n, 0);
  constexpr DType kFloats[] = {f32, f32, f16, bf16};
  const DType narrow = kFloats[pick(0, 3)], dtype = n.dtype == f32 ? narrow : n.dtype;
  const Shape extents = awkward(n.shape, case_.programs());
  Tensor &t = tensor(dtype, Tensor::Use::Output, extents);
  if (n.dtype == f32) n = n.dtype == dtype ? n : convert(n, dtype);
  Shape at(n.shape.size(), 0);
  at[0] = pid_ * n.shape[0];
  if (live_) put(t, n, at);
  const View v = view(t);
  const Cache cache = any_cache();
  if (!k_) return;
  std::vector<Index> index(at.size(), Index(0));
  index[0] = program_ * n.shape[0];
  v.store(index, n.tile, cache);
}

// ---- Elements anywhere ----------------------------------------------------------------------------------------------

std::vector<GatherIndex> Walk::indices(const std::vector<Place> &places, const std::vector<Index> &wholes) {
  std::vector<GatherIndex> out;
  for (size_t d = 0; d < places.size(); ++d)
    out.push_back(places[d].each ? GatherIndex(places[d].each->tile) : GatherIndex(wholes[d]));
  return out;
}

Node Walk::gather() {
  const Node at = integers(any());
  Shape extents;
  for (int64_t n = pick(1, 3); n > 0; --n) extents.push_back(pick(1, 20));
  std::vector<Place> places;
  std::vector<Index> wholes(extents.size(), Index(0));
  const size_t by_tile = size_t(pick(0, int64_t(extents.size()) - 1));
  for (size_t d = 0; d < extents.size(); ++d) {
    if (d == by_tile || chance(30)) {
      const Node reduced = binary_with(Binary::Rem, at, pick(2, 25));
      places.push_back({0, chance(50) ? reduced : unary(Unary::Abs, reduced)});
      continue;
    }
    const Whole w = whole();
    places.push_back({w.number});
    wholes[d] = w.index;
  }
  Tensor &t = tensor(any_dtype(), Tensor::Use::Input, extents);
  const View v = view(t);
  const Cache cache = any_cache();
  Node n = gathered(t, places, at.shape);
  if (k_) n.tile = v.gather(indices(places, wholes), cache);
  return n;
}

/// 0, 1, 2, ... in row-major order, as i32.
Node Walk::flat_positions(const Shape &shape) {
  Node sum;
  int64_t stride = 1;
  for (size_t d = shape.size(); d-- > 0; stride *= shape[d]) {
    Node n = binary_with(Binary::Mul, iota(k_, shape[d]), stride);
    for (size_t other = 0; other < shape.size(); ++other)
      if (other != d) n = expand(n, int(other));
    sum = sum.shape.empty() ? n : binary(Binary::Add, sum, n);
  }
  return sum;
}

/// Scattered in another order, or added to few elements; the tile itself goes on.
Node Walk::points() {
  Node n = any();
  if (n.shape.empty()) n = expand(n, 0);
  const int64_t elements = count(n.shape);
  Node at = flat_positions(n.shape);
  if (chance(50)) {
    Tensor &t = tensor(n.dtype, Tensor::Use::Output, awkward({elements}, case_.programs()));
    const View v = view(t);
    at = binary_with(Binary::Xor, at, pick(0, elements - 1)); // a permutation
    const Single base{i32, integer(pid_ * elements), k_ ? std::optional((program_ * elements).to(i32)) : std::nullopt};
    at = binary_with(Binary::Add, at, base, chance(50));
    if (chance(30)) at = convert(at, i64);
    const std::vector<Place> places{{0, at}};
    if (live_) scatter(t, places, n);
    if (k_) v.scatter(indices(places, {Index(0)}), n.tile);
    return n;
  }
  n = of_numbers(n);
  const Shape extents{pick(1, 3), pick(1, 40)};
  const Whole row = whole();
  Tensor &t = tensor(n.dtype, Tensor::Use::Inout, extents);
  const View v = view(t);
  at = binary_with(Binary::Rem, at, pick(1, 45));
  const std::vector<Place> places{{row.number}, {0, at}};
  if (live_) atomic_add(t, places, n);
  if (k_) v.atomic_add(indices(places, {row.index, Index(0)}), n.tile);
  return n;
}

} // namespace tile::test
