// The choices of the generator, and which steps there are.
#include "tests/random/Walk.h"

#include <algorithm>

namespace tile::test {

Walk::Walk(uint64_t seed, Case &c, int64_t pid, KernelBuilder *k) : random_(seed), case_(c), pid_(pid), k_(k) {}

void Walk::run() {
  shape_ = any_shape();
  case_.grid[0] = uint32_t(pick(1, 3));
  case_.grid[1] = chance(20) ? 2 : 1;
  const bool has_axis = case_.grid[1] > 1 || chance(20);
  if (k_) program_ = k_->program_id(0);
  if (k_ && has_axis) program_ = program_ + k_->program_id(1) * k_->num_programs(0);
  for (int64_t n = pick(1, 3); n > 0; --n) pool_.push_back(load());
  steps(pick(2, 8));
  for (size_t n = 0; n < pool_.size(); ++n)
    if (!pool_[n].used || n + 1 == pool_.size()) store(pool_[n]);
}

DType Walk::any_dtype() {
  constexpr DType kTypes[] = {f32, f32, f32, f16, bf16, i32, i64, DType::i1};
  return kTypes[pick(0, int64_t(std::size(kTypes)) - 1)];
}

/// Small shapes mostly: what can go wrong does so in them too, and they compile quickly.
Shape Walk::any_shape() {
  const int64_t rank = pick(1, 3);
  int64_t bits = std::min(pick(0, 9), pick(3, 11));
  Shape shape;
  for (int64_t d = 0; d < rank; ++d) {
    const int64_t mine = d + 1 == rank ? bits : pick(0, std::min<int64_t>(bits, 5));
    shape.push_back(int64_t(1) << mine);
    bits -= mine;
  }
  if (chance(20)) std::shuffle(shape.begin(), shape.end(), random_);
  return shape;
}

Node Walk::any() {
  Node &n = pool_[size_t(pick(0, int64_t(pool_.size()) - 1))];
  n.used = true;
  return n;
}

std::optional<Node> Walk::find_of(DType dtype, const Shape &like) {
  return find([&](const Node &n) { return n.dtype == dtype && fit(n.shape, like); });
}

void Walk::step() {
  using Step = Node (Walk::*)();
  constexpr Step kSteps[] = {
      &Walk::arithmetic, &Walk::arithmetic, &Walk::with_single, &Walk::bits,         &Walk::function, &Walk::choice,
      &Walk::conversion, &Walk::reduction,  &Walk::reduction,   &Walk::own_function, &Walk::running,  &Walk::find_most,
      &Walk::count_up,   &Walk::rearrange,  &Walk::rearrange,   &Walk::derivative,   &Walk::gather,   &Walk::points,
      &Walk::load,       &Walk::loop,       &Walk::branch,      &Walk::maybe_stored};
  Node made = (this->*kSteps[size_t(pick(0, std::size(kSteps) - 1))])();
  made.used = false;
  pool_.push_back(std::move(made));
}

void Walk::steps(int64_t n) {
  for (; n > 0; --n) step();
}

Case make_case(uint64_t seed) {
  Case c;
  KernelBuilder k("random", {.warps = 1 << (seed % 4), .debug = seed % 8 == 5});
  Walk(seed, c, 0, &k).run();
  c.kernel = k.finish();
  for (int64_t pid = 1; pid < c.programs(); ++pid) Walk(seed, c, pid, nullptr).run();
  return c;
}

} // namespace tile::test
