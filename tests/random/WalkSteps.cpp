// Steps that compute: element by element, along an axis, and rearrangements.
#include "tests/random/Walk.h"

#include <algorithm>

namespace tile::test {

/// What arithmetic takes: i1 counted as i32, narrow floats widened.
Node Walk::of_numbers(const Node &n) {
  return n.dtype == DType::i1 ? convert(n, i32) : n.is_narrow() ? convert(n, f32) : n;
}

/// Integers made of anything: floats by truncation.
Node Walk::integers(const Node &n) {
  const Node x = of_numbers(n);
  return x.dtype == f32 ? convert(x, chance(50) ? i32 : i64) : x;
}

Node Walk::arithmetic() {
  Node a = any();
  const bool floats = is_float(a.dtype), keeps = a.is_narrow() && chance(60);
  Binary op = Binary(pick(0, 5));
  if (!floats && chance(20)) op = Binary::Rem;
  if (floats && !keeps && chance(10)) op = Binary::Pow;
  if (keeps) op = chance(50) ? Binary::Min : Binary::Max; // all that f16 and bf16 have
  if (!keeps) a = of_numbers(a);
  const std::optional<Node> b = find_of(a.dtype, a.shape);
  const int64_t number = pick(1, 9) * (chance(50) ? 1 : -1);
  if (op == Binary::Pow && chance(50)) return b ? binary(op, unary(Unary::Abs, a), *b) : a;
  if (op == Binary::Pow) return binary_with(op, unary(Unary::Abs, a), pick(-1, 6));
  if (!b || chance(25)) return binary_with(op, a, number);
  return binary(op, a, *b);
}

Node Walk::with_single() {
  const Single s = single();
  const Node a = of_numbers(any());
  const Node x = a.dtype == s.dtype ? a : convert(a, s.dtype);
  Binary op = Binary(pick(0, 5));
  const bool first = chance(50);
  if (op == Binary::Div && !first && !is_float(x.dtype) && s.number.integer == 0)
    op = Binary::Mul; // it may be a constant
  return binary_with(op, x, s, first);
}

Node Walk::bits() {
  Node a = any();
  if (a.dtype != DType::i1) a = integers(a);
  if (a.dtype == DType::i1 && chance(30)) return negated(a);
  const Binary op = Binary(int(Binary::And) + int(pick(0, a.dtype == DType::i1 ? 2 : 4))); // of i1 not the shifts
  const std::optional<Node> b = find_of(a.dtype, a.shape);
  const int64_t number = a.dtype == DType::i1 ? pick(0, 1) : pick(-70, 70);
  return b ? binary(op, a, *b) : binary_with(op, a, number);
}

Node Walk::function() {
  const Node x = any();
  if (!is_float(x.dtype) && x.dtype != DType::i1 && chance(50)) return unary(chance(50) ? Unary::Abs : Unary::Neg, x);
  return unary(Unary(pick(0, int64_t(Unary::Last))), as_f32(x));
}

Node Walk::choice() {
  Node a = any();
  const bool as_truth = a.dtype == DType::i1 && chance(50);
  if (!as_truth) a = of_numbers(a);
  const std::optional<Node> b = find_of(a.dtype, a.shape);
  const int64_t number = as_truth ? pick(0, 1) : pick(-5, 5);
  const int op = int(pick(as_truth ? 4 : 0, 5)); // of i1 only == and !=
  const Node condition = b ? compare(op, a, *b) : compare_with(op, a, number);
  if (chance(30)) return condition;
  const std::optional<Node> one = find([&](const Node &n) { return fit(n.shape, condition.shape); });
  if (!one) return where(condition, a, a);
  const std::optional<Node> other = find([&](const Node &n) {
    return n.dtype == one->dtype && fit(n.shape, condition.shape) && fit(n.shape, one->shape);
  });
  return where(condition, *one, other ? *other : *one);
}

Node Walk::conversion() {
  constexpr DType kTypes[] = {f32, f16, bf16, i32, i64};
  return convert(any(), kTypes[pick(0, 4)]);
}

Node Walk::reduction() {
  Node x = any();
  if (x.shape.empty()) return x;
  const auto op = Reduce(pick(0, int64_t(Reduce::Last)));
  const bool chooses = op == Reduce::Max || op == Reduce::Min;
  if (!x.is_narrow() || !chooses) x = of_numbers(x);
  const int axis = any_axis(x);
  const Node s = reduce(op, x, axis);
  if (chance(30)) return s;
  return broadcast(expand(s, axis), x.shape); // back beside what it came from
}

/// Reductions and scans by functions that are the kernel's own.
Node Walk::own_function() {
  const Node x = of_numbers(any());
  if (x.shape.empty()) return x;
  const int axis = any_axis(x);
  switch (pick(0, 2)) {
  case 0:
    return own(chance(50), x, axis);
  case 1:
    return log_sum_exp(as_f32(x), axis);
  default: {
    const Node factor = integers(x);
    const std::optional<Node> other =
        find([&](const Node &n) { return n.dtype == factor.dtype && n.shape == factor.shape; });
    const bool reverse = chance(40), exclusive = chance(40), second = chance(70);
    return affine(factor, other ? *other : factor, axis, reverse, exclusive, second);
  }
  }
}

Node Walk::find_most() {
  const Node x = any();
  if (x.shape.empty()) return x;
  const int axis = any_axis(x);
  return broadcast(expand(arg(chance(50), x, axis), axis), x.shape);
}

Node Walk::running() {
  const Node x = of_numbers(any());
  if (x.shape.empty()) return x;
  const int axis = any_axis(x);
  const bool reverse = chance(30), exclusive = chance(30);
  return chance(60) ? cumulative_sum(x, axis, reverse, exclusive) : cumulative_product(x, axis, reverse, exclusive);
}

Node Walk::count_up() {
  const int64_t extent = shape_.back();
  Node n = iota(k_, extent);
  for (size_t d = 0; d + 1 < shape_.size(); ++d) n = expand(n, 0);
  return broadcast(n, shape_);
}

Node Walk::rearrange() {
  const Node x = any();
  if (x.shape.empty() || (x.shape.size() < 3 && chance(20))) return expand(x, int(pick(0, int64_t(x.shape.size()))));
  const int axis = any_axis(x);
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
  case 2: {
    if (count(x.shape) > 1024) return x;
    const std::optional<Node> other = find([&](const Node &n) { return n.dtype == x.dtype && n.shape == x.shape; });
    return concatenated(x, other ? *other : x, axis);
  }
  default:
    return x.shape[size_t(axis)] < 2 ? x : half(x, axis, chance(50));
  }
}

Node Walk::derivative() {
  const Node x = as_f32(any());
  const std::optional<Node> dy = find([&](const Node &n) { return n.dtype == f32 && n.shape == x.shape; });
  return differentiated(int(pick(0, functions() - 1)), x, dy ? *dy : x);
}

} // namespace tile::test
