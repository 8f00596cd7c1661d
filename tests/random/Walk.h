// The generator: tiles that were made so far form a pool; each step picks some, applies an op to them in both worlds
// (IR and numbers) and puts the result into the pool; what no step used in the end is stored.
//
// A scenario is walked once for each program, by choices that are the same in every walk, and IR is built in the first.
// A loop's body is walked for each iteration, both branches of a condition in every walk; what does not happen when the
// kernel runs is walked with `live_` false and leaves no trace in memory.
#pragma once

#include "tests/random/Node.h"

namespace tile::test {

/// An Index and what it is.
struct Whole {
  int64_t number = 0;
  Index index = 0;
};

/// A Condition and whether it holds.
struct Truth {
  bool holds = false;
  std::optional<Condition> condition = {};
};

class Walk {
public:
  Walk(uint64_t seed, Case &, int64_t pid, KernelBuilder *);
  void run();

private:
  // ---- Choices (Walk.cpp)
  int64_t pick(int64_t low, int64_t high) { return low + int64_t(random_() % uint64_t(high - low + 1)); }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  DType any_dtype();
  Shape any_shape();
  int any_axis(const Node &n) { return int(pick(0, int64_t(n.shape.size()) - 1)); }
  Node any();
  /// One of the pool for which `fits`; nothing where none does.
  template <class F> std::optional<Node> find(F &&fits) {
    if (pool_.empty()) return std::nullopt;
    const size_t from = size_t(pick(0, int64_t(pool_.size()) - 1));
    for (size_t i = 0; i < pool_.size(); ++i) {
      Node &n = pool_[(from + i) % pool_.size()];
      if (!fits(n)) continue;
      n.used = true;
      return n;
    }
    return std::nullopt;
  }
  std::optional<Node> find_of(DType, const Shape &like);
  void step();
  void steps(int64_t n);

  // ---- Memory (WalkMemory.cpp)
  Tensor &tensor(DType, Tensor::Use, const Shape &extents);
  Index argument(int64_t value, int64_t divisible = 1);
  View view(const Tensor &);
  Cache any_cache() { return Cache(pick(0, 3)); }
  Shape awkward(const Shape &tile, int64_t programs);
  Node load();
  Node load_at(const Whole &first, DType, const Shape &);
  void store(Node);
  Node gather();
  std::vector<GatherIndex> indices(const std::vector<Place> &, const std::vector<Index> &);
  Node points();
  Node flat_positions(const Shape &);
  Whole whole();
  Single single();

  // ---- Steps (WalkSteps.cpp)
  Node of_numbers(const Node &);
  Node as_f32(const Node &n) { return n.dtype == f32 ? n : convert(n, f32); }
  Node integers(const Node &);
  Node arithmetic();
  Node with_single();
  Node bits();
  Node function();
  Node choice();
  Node conversion();
  Node reduction();
  Node own_function();
  Node running();
  Node find_most();
  Node count_up();
  Node rearrange();
  Node derivative();

  // ---- Loops and branches (WalkFlow.cpp)
  Node scope(const Shape &);
  template <class F> void silently(F &&f);
  Node loop();
  Node branch();
  Node maybe_stored();
  Truth truth(int depth = 0);

  std::mt19937_64 random_;
  Case &case_;
  const int64_t pid_;
  KernelBuilder *k_; ///< of the walk that builds; not in later iterations of a loop
  Index program_ = 0;
  Shape shape_;
  std::vector<Node> pool_;
  std::vector<Whole> loops_; ///< the numbers of the loops around
  int depth_ = 0;
  bool live_ = true;
  int tensors_ = 0, names_ = 0;
};

} // namespace tile::test
