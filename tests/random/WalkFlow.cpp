// Loops and branches: steps in a scope of their own.
#include "tests/random/Walk.h"

#include <utility>

namespace tile::test {

/// Some steps whose tiles stay inside; what they made last that is f32 and of `shape`, or zeros.
Node Walk::scope(const Shape &shape) {
  const size_t outer = pool_.size();
  ++depth_;
  steps(pick(1, depth_ > 2 ? 1 : 3));
  --depth_;
  Node result{.dtype = f32, .shape = shape, .at = std::vector<Number>(size_t(count(shape)))};
  if (k_) result.tile = k_->zeros(shape, f32);
  for (size_t n = outer; n < pool_.size(); ++n)
    if (pool_[n].dtype == f32 && pool_[n].shape == shape) result = pool_[n];
  pool_.resize(outer);
  return result;
}

/// Runs `f` on numbers alone.
template <class F> void Walk::silently(F &&f) {
  KernelBuilder *const k = std::exchange(k_, nullptr);
  const Index program = std::exchange(program_, Index(0));
  const std::vector<Node> pool = pool_;
  const std::vector<Whole> loops = loops_;
  for (Node &n : pool_) n = numbers_only(n);
  for (Whole &w : loops_) w.index = 0;
  f();
  for (size_t n = 0; n < pool.size(); ++n) pool_[n].tile = pool[n].tile;
  loops_ = loops;
  program_ = program;
  k_ = k;
}

/// t = t / 2 + what the steps of an iteration make of it, of a block that it loads, and of its number.
Node Walk::loop() {
  const Node x = as_f32(any());
  if (depth_ > 2 || x.shape.empty()) return x;
  const int64_t step = chance(50) ? 1 : pick(1, 4), low = pick(-1, 3), high = low + pick(-1, 3) * step + pick(0, 2);
  const Index from = low >= 0 && chance(50) ? argument(low) : Index(low),
              to = high >= 0 && chance(70) ? argument(high) : Index(high);
  const Index by = chance(20) ? argument(step) : Index(step);
  const int stages = chance(40) ? int(pick(2, 4)) : 1;
  const bool loads = chance(70);
  const auto random = random_; // every iteration is walked with the same choices
  const int tensors = tensors_, names = names_;

  auto iteration = [&](const Whole &i, const Node &t) {
    random_ = random, tensors_ = tensors, names_ = names;
    loops_.push_back(i);
    pool_.push_back(t);
    Node block;
    if (loads) pool_.push_back(load_at({i.number * x.shape[0], i.index * x.shape[0]}, any_dtype(), x.shape));
    Node next = binary(Binary::Add, binary_with(Binary::Div, t, 2), scope(x.shape));
    pool_.resize(pool_.size() - (loads ? 2 : 1));
    loops_.pop_back();
    return next;
  };

  Node carried = x;
  const bool was_live = live_;
  live_ = was_live && low < high; // the first iteration is walked even where there is none
  if (k_) {
    Node first;
    Tile result = k_->loop(from, to, by).stages(stages).carry(x.tile)([&](Index i, Tile t) {
      Node in = x;
      in.tile = t;
      first = iteration({low, i}, in);
      return first.tile;
    });
    if (low < high) carried = numbers_only(first);
    carried.tile = result;
  } else {
    const Node first = iteration({low, 0}, x);
    if (low < high) carried = first;
  }
  live_ = was_live;

  const Tile result = carried.tile;
  silently([&] {
    for (int64_t i = low + step; i < high; i += step) carried = iteration({i, 0}, numbers_only(carried));
  });
  carried.tile = result;
  return carried;
}

Truth Walk::truth(int depth) {
  switch (pick(0, depth > 1 ? 2 : 4)) {
  case 0:
    return {pid_ % 2 == 0, program_ % 2 == 0};
  case 1: {
    const Whole a = depth > 1 ? Whole{pid_, program_} : whole();
    const int64_t b = pick(-1, 4);
    return {a.number < b, a.index < b};
  }
  case 2: {
    const std::string name = "s" + std::to_string(names_++);
    const int64_t n = pick(-3, 3), b = pick(-3, 3);
    if (!k_) return {n >= b, {}};
    case_.integers[name] = n;
    return {n >= b, Condition(k_->scalar(name, i32) >= b)};
  }
  case 3: {
    const Truth a = truth(depth + 1), b = truth(depth + 1);
    const bool both = chance(50);
    Truth t{both ? a.holds && b.holds : a.holds || b.holds};
    if (k_) t.condition = both ? *a.condition & *b.condition : *a.condition | *b.condition;
    return t;
  }
  default: {
    const Truth a = truth(depth + 1);
    return {!a.holds, k_ ? std::optional(!*a.condition) : std::nullopt};
  }
  }
}

/// Steps in one branch, others in the other, and an Index beside the tile.
Node Walk::branch() {
  if (depth_ > 2) return any();
  const Shape shape = any().shape;
  const Truth t = truth();
  const bool was_live = live_;
  const int64_t shift = pick(0, 3);
  Node chosen, other;
  auto then = [&] {
    live_ = was_live && t.holds;
    return chosen = scope(shape);
  };
  auto otherwise = [&] {
    live_ = was_live && !t.holds;
    return other = scope(shape);
  };
  Whole place{t.holds ? shift : pid_, 0};
  Tile result;
  if (k_) {
    std::tie(result, place.index) = k_->when(
        *t.condition, [&] { return std::tuple{then().tile, Index(shift)}; },
        [&] { return std::tuple{otherwise().tile, program_}; });
  } else {
    then();
    otherwise();
  }
  live_ = was_live;
  Node out = numbers_only(t.holds ? chosen : other);
  out.tile = result;
  if (shape.empty() || chance(50)) return out;
  const Node more = load_at(place, f32, shape);
  return binary(Binary::Add, out, more);
}

/// Stores what was made in a branch without an alternative.
Node Walk::maybe_stored() {
  const Node x = any();
  const Truth t = truth();
  const bool was_live = live_;
  live_ = was_live && t.holds;
  if (k_)
    k_->when(*t.condition, [&] { store(x); });
  else
    store(x);
  live_ = was_live;
  return x;
}

} // namespace tile::test
