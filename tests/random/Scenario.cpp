// The generator. Tiles that were made so far form a pool; each step picks some, applies an op to them in both worlds
// (IR and numbers) and puts the result into the pool; what no step used in the end is stored.
#include "tests/random/Scenario.h"

#include "tests/random/Node.h"

#include <algorithm>

namespace tile::test {
namespace {

/// One walk through the scenario of a seed, as program `pid`. Choices come from a generator that is the same in every
/// walk; `k` is there in one of them only.
class Walk {
public:
  Walk(uint64_t seed, Case &c, int64_t pid, KernelBuilder *k) : random_(seed), case_(c), pid_(pid), k_(k) {}

  void run() {
    choose_shape();
    case_.programs = uint32_t(pick(1, 3));
    if (k_) program_ = k_->program_id(0);
    for (int64_t n = pick(1, 3); n > 0; --n) pool_.push_back(load());
    for (int64_t n = pick(2, 9); n > 0; --n) step();
    for (size_t n = 0; n < pool_.size(); ++n)
      if (!used_[n] || n + 1 == pool_.size()) store(pool_[n]);
  }

private:
  // ---- Choices ------------------------------------------------------------------------------------------------------

  int64_t pick(int64_t low, int64_t high) { return low + int64_t(random_() % uint64_t(high - low + 1)); }
  bool chance(int percent) { return pick(1, 100) <= percent; }

  void choose_shape() {
    const int64_t rank = pick(1, 3);
    int64_t bits = pick(0, 11);
    for (int64_t d = 0; d < rank; ++d) {
      const int64_t mine = d + 1 == rank ? bits : pick(0, std::min<int64_t>(bits, 5));
      shape_.push_back(int64_t(1) << mine);
      bits -= mine;
    }
    if (chance(20)) std::shuffle(shape_.begin(), shape_.end(), random_);
  }

  size_t any() {
    const size_t n = size_t(pick(0, int64_t(pool_.size()) - 1));
    used_[n] = true;
    return n;
  }
  /// One of the pool for which `fits`; the last that does.
  template <class F> const Node *find(F &&fits) {
    const size_t from = size_t(pick(0, int64_t(pool_.size()) - 1));
    for (size_t i = 0; i < pool_.size(); ++i) {
      const size_t n = (from + i) % pool_.size();
      if (!fits(pool_[n])) continue;
      used_[n] = true;
      return &pool_[n];
    }
    return nullptr;
  }
  const Node *find_of(DType dtype, const Shape &like) {
    return find([&](const Node &n) { return n.dtype == dtype && fit(n.shape, like); });
  }
  /// A node made f32, i1 and narrow floats converted.
  Node as_f32(const Node &n) { return n.dtype == f32 ? n : convert(n, f32); }

  // ---- Memory -------------------------------------------------------------------------------------------------------

  Tensor &tensor(std::string prefix, DType dtype, bool is_output) {
    const std::string name = prefix + std::to_string(tensors_++);
    for (Tensor &t : case_.tensors)
      if (t.name == name) return t;
    Tensor t{.name = name, .dtype = dtype, .extents = {}, .elements = {}, .is_output = is_output};
    return case_.tensors.emplace_back(std::move(t));
  }

  View view(const Tensor &t, Index first) {
    std::vector<Index> extents{first};
    for (size_t d = 1; d < t.extents.size(); ++d) extents.emplace_back(t.extents[d]);
    ViewOptions options{.align = int(size_of(t.dtype))};
    return t.is_output ? k_->output(t.name, t.dtype, extents, options) : k_->input(t.name, t.dtype, extents, options);
  }

  /// Extents that a tile, one for each program along dimension 0, rarely fits.
  Shape awkward(const Shape &tile) {
    Shape extents;
    for (size_t d = 0; d < tile.size(); ++d) {
      const int64_t whole = tile[d] * (d == 0 ? int64_t(case_.programs) : 1);
      extents.push_back(chance(40) ? whole : std::max<int64_t>(1, whole + pick(-whole / 2 - 1, 5)));
    }
    return extents;
  }

  Node load() {
    constexpr DType kTypes[] = {f32, f32, f16, bf16, i32, i64};
    const DType dtype = kTypes[pick(0, 5)];
    const Shape extents = awkward(shape_);
    Tensor &t = tensor("x", dtype, false);
    const uint64_t contents = random_();
    if (t.extents.empty()) {
      t.extents = extents;
      fill(t, contents);
    }
    Shape shift;
    for (size_t d = 0; d < shape_.size(); ++d) shift.push_back(chance(60) ? 0 : pick(-3, 3));
    const bool is_runtime = chance(50);

    Node n = numbers_of(t, shape_, origin(shift));
    if (!k_) return n.is_narrow() ? convert(n, f32) : n;
    View v = view(t, is_runtime ? argument("n_" + t.name, t.extents[0]) : Index(t.extents[0]));
    n.tile = v.load(start(shift), shape_);
    return n.is_narrow() ? convert(n, f32) : n;
  }

  Index argument(const std::string &name, int64_t value) {
    case_.numbers[name] = value;
    return k_->runtime(name);
  }

  Shape origin(const Shape &shift) {
    Shape at = shift;
    at[0] += pid_ * shape_[0];
    return at;
  }
  std::vector<Index> start(const Shape &shift) {
    std::vector<Index> at(shift.begin(), shift.end());
    at[0] = program_ * shape_[0] + shift[0];
    return at;
  }

  /// To an output of its own, each program to its own rows. The loads' tiles start where the programs' regions of
  /// `shape_` do; a tile of another shape gets an output cut in its own rows.
  void store(Node n) {
    if (n.dtype == DType::i1) n = convert(n, i32);
    if (n.shape.empty()) n = expand(n, 0);
    constexpr DType kFloats[] = {f32, f32, f16, bf16};
    const DType dtype = n.dtype == f32 ? kFloats[pick(0, 3)] : n.dtype;
    const Shape extents = awkward(n.shape);
    Tensor &t = tensor("y", dtype, true);
    if (t.extents.empty()) {
      t.extents = extents;
      t.elements.resize(size_t(count(extents)));
      t.is_written.resize(t.elements.size());
    }
    if (n.dtype == f32 && dtype != f32) n = convert(n, dtype);
    Shape at(n.shape.size(), 0);
    at[0] = pid_ * n.shape[0];
    put(t, n, at);
    if (!k_) return;
    std::vector<Index> index(at.size(), Index(0));
    index[0] = program_ * n.shape[0];
    view(t, Index(t.extents[0])).store(index, n.tile);
  }

  // ---- Steps --------------------------------------------------------------------------------------------------------

  void step() {
    using Step = Node (Walk::*)();
    constexpr Step kSteps[] = {&Walk::arithmetic, &Walk::arithmetic, &Walk::function,  &Walk::choice,
                               &Walk::conversion, &Walk::reduction,  &Walk::reduction, &Walk::count_up,
                               &Walk::repeat,     &Walk::branch,     &Walk::rearrange, &Walk::rearrange,
                               &Walk::running,    &Walk::find_most};
    Node made = (this->*kSteps[size_t(pick(0, std::size(kSteps) - 1))])();
    pool_.push_back(std::move(made));
    used_.resize(std::max(used_.size(), pool_.size() + 1));
  }

  Node arithmetic() {
    const Node a = of_numbers(pool_[any()]);
    const Binary op = Binary(pick(0, 5));
    const Node *b = find_of(a.dtype, a.shape);
    const int64_t number = pick(1, 9) * (chance(50) ? 1 : -1);
    if (!b || chance(25)) return binary_with(op, a, number);
    return binary(op, a, *b);
  }

  /// i1 has no arithmetic: counted as i32.
  Node of_numbers(const Node &n) { return n.dtype == DType::i1 ? convert(n, i32) : n; }

  Node function() {
    const Node x = as_f32(pool_[any()]);
    return unary(Unary(pick(0, int64_t(Unary::Last))), x);
  }

  Node choice() {
    const Node a = of_numbers(pool_[any()]);
    const Node *b = find_of(a.dtype, a.shape);
    const int64_t number = pick(-5, 5);
    const int op = int(pick(0, 5));
    Node condition = b ? compare(op, a, *b) : compare_with(op, a, number);
    if (chance(30)) return condition;
    const Node *other = find([&](const Node &n) { return n.dtype == a.dtype && fit(n.shape, condition.shape); });
    return other ? where(condition, a, *other) : where(condition, a, a);
  }

  Node conversion() {
    const Node x = of_numbers(pool_[any()]);
    constexpr DType kTypes[] = {f32, f16, bf16, i32, i64};
    const Node y = convert(x, kTypes[pick(0, 4)]);
    return y.is_narrow() ? convert(y, f32) : y;
  }

  Node reduction() {
    const Node x = of_numbers(pool_[any()]);
    if (x.shape.empty()) return x;
    const int axis = int(pick(0, int64_t(x.shape.size()) - 1));
    const Node s = reduce(Reduce(pick(0, int64_t(Reduce::Last))), x, axis);
    if (chance(30)) return s;
    return broadcast(expand(s, axis), x.shape); // back beside what it came from
  }

  Node find_most() {
    const Node x = of_numbers(pool_[any()]);
    if (x.shape.empty()) return x;
    const int axis = int(pick(0, int64_t(x.shape.size()) - 1));
    return broadcast(expand(arg(chance(50), x, axis), axis), x.shape);
  }

  Node running() {
    const Node x = of_numbers(pool_[any()]);
    if (x.shape.empty()) return x;
    const int axis = int(pick(0, int64_t(x.shape.size()) - 1));
    const bool reverse = chance(30), exclusive = chance(30);
    return cumulative_sum(x, axis, reverse, exclusive);
  }

  Node count_up() {
    const int64_t extent = shape_.back();
    Node n = iota(k_, extent);
    for (size_t d = 0; d + 1 < shape_.size(); ++d) n = expand(n, 0);
    return broadcast(n, shape_);
  }

  Node rearrange() {
    const Node x = pool_[any()];
    if (x.shape.empty()) return x;
    const int axis = int(pick(0, int64_t(x.shape.size()) - 1));
    switch (pick(0, 3)) {
    case 0: {
      std::vector<int64_t> order(x.shape.size());
      for (size_t d = 0; d < order.size(); ++d) order[d] = int64_t(d);
      std::shuffle(order.begin(), order.end(), random_);
      return transposed(x, order);
    }
    case 1: {
      Shape to{count(x.shape)};
      for (int64_t n = pick(0, 2); n > 0; --n) {
        const int64_t part = std::min<int64_t>(to.back(), int64_t(1) << pick(0, 4));
        to.back() /= part;
        to.insert(to.begin(), part);
      }
      return reshaped(x, to);
    }
    case 2:
      if (count(x.shape) > 2048) return x;
      return concatenated(x, x, axis);
    default:
      return x.shape[size_t(axis)] < 2 ? x : half(x, axis, chance(50));
    }
  }

  /// t = t / 2 + x, as often as an argument says.
  Node repeat() {
    const Node x = as_f32(pool_[any()]);
    const int64_t times = pick(0, 3);
    Node sum = x;
    for (int64_t i = 0; i < times; ++i)
      sum = binary(Binary::Add, binary_with(Binary::Mul, numbers_only(sum), 2), numbers_only(x));
    if (!k_) return sum;
    Index n = argument("times" + std::to_string(loops_++), times);
    sum.tile = k_->loop(0, n, 1).carry(x.tile)([&](Index, Tile t) { return t * 2.f + x.tile; });
    return sum;
  }

  /// x + 1 in even programs, -x in odd ones.
  Node branch() {
    const Node x = as_f32(pool_[any()]);
    Node chosen = pid_ % 2 == 0 ? binary_with(Binary::Add, numbers_only(x), 1) : unary(Unary::Neg, numbers_only(x));
    if (k_) chosen.tile = k_->when(program_ % 2 == 0, [&] { return x.tile + 1.f; }, [&] { return -x.tile; });
    return chosen;
  }

  std::mt19937_64 random_;
  Case &case_;
  const int64_t pid_;
  KernelBuilder *const k_;
  Index program_ = 0;
  Shape shape_;
  std::vector<Node> pool_;
  std::vector<bool> used_ = std::vector<bool>(16);
  int tensors_ = 0, loops_ = 0;
};

} // namespace

Case make_case(uint64_t seed) {
  Case c;
  KernelBuilder k("random", {.warps = 1 << (seed % 4)});
  Walk(seed, c, 0, &k).run();
  c.kernel = k.finish();
  for (int64_t pid = 1; pid < int64_t(c.programs); ++pid) Walk(seed, c, pid, nullptr).run();
  return c;
}

} // namespace tile::test
