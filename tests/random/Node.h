// A tile in both worlds: the handle of the kernel under construction, where there is one, and the numbers it stands
// for. Each function applies one op of the language to both.
#pragma once

#include "tests/random/Scenario.h"

namespace tile::test {

struct Node {
  Tile tile = {}; ///< empty where no kernel is built
  DType dtype = f32;
  Shape shape;
  std::vector<Number> at = {}; ///< row-major

  bool used = false; ///< by a step

  bool is_narrow() const { return dtype == f16 || dtype == bf16; }
};

inline bool has_tile(const Node &n) {
  return bool(n.tile.value());
}

/// A number of the whole program; a Scalar where a kernel is built.
struct Single {
  DType dtype = f32;
  Number number = {};
  std::optional<Scalar> scalar = {};
};

enum class Binary { Add, Sub, Mul, Div, Min, Max, Rem, And, Or, Xor, Shl, Shr, Pow };
enum class Unary { Neg, Abs, Exp, Exp2, Log, Log2, Log1p, Sqrt, Rsqrt, Tanh, Erf, Sigmoid, Last = Sigmoid };
enum class Reduce { Sum, Max, Min, Product, Last = Product };

int64_t count(const Shape &);
/// Whether tiles of these shapes can be operands of one op.
bool fit(const Shape &, const Shape &);
Node numbers_only(Node);

/// Element-wise; shapes broadcast.
Node binary(Binary, const Node &, const Node &);
Node binary_with(Binary, const Node &, int64_t number);
/// `first`: the number is the first operand.
Node binary_with(Binary, const Node &, const Single &, bool first);
/// Of integers only Neg and Abs.
Node unary(Unary, const Node &);
/// < <= > >= == !=
Node compare(int op, const Node &, const Node &);
Node compare_with(int op, const Node &, int64_t number);
Node negated(const Node &);
Node where(const Node &condition, const Node &, const Node &);
Node convert(const Node &, DType);

Node expand(const Node &, int axis);
Node broadcast(const Node &, const Shape &);
Node iota(KernelBuilder *, int64_t extent);
Node transposed(const Node &, const std::vector<int64_t> &order);
Node reshaped(const Node &, const Shape &);
Node concatenated(const Node &, const Node &, int axis);
Node half(const Node &, int axis, bool second);

Node reduce(Reduce, const Node &, int axis);
Node arg(bool of_largest, const Node &, int axis);
Node cumulative_sum(const Node &, int axis, bool reverse, bool exclusive);

Node cumulative_product(const Node &, int axis, bool reverse, bool exclusive);
/// Reductions and scans by functions of the kernel's own: the logarithm of a sum of exponentials, from a pair; the
/// composition of affine functions of integers, which does not commute, from another.
Node log_sum_exp(const Node &, int axis);
Node affine(const Node &factor, const Node &summand, int axis, bool reverse, bool exclusive, bool second);
/// The smallest size, or what every bit is in, as the function of a reduction or scan.
Node own(bool scans, const Node &, int axis);

/// gradient() of function number `which` of functions() at x.
Node differentiated(int which, const Node &x, const Node &dy);
int functions();

/// The tensor's contents: small numbers, from a seed.
void fill(Tensor &, uint64_t seed);
/// What a load of `shape` at `at` reads: 0 outside.
Node numbers_of(const Tensor &, const Shape &shape, const Shape &at);
/// What a store of the node at `at` leaves.
void put(Tensor &, const Node &, const Shape &at);

/// An index of a gather, for the whole program or of each element.
struct Place {
  int64_t number = 0;
  std::optional<Node> each = {};
};
/// What a gather reads; every Place with a Node has the shape of the result.
Node gathered(const Tensor &, const std::vector<Place> &, const Shape &);
void scatter(Tensor &, const std::vector<Place> &, const Node &);
void atomic_add(Tensor &, const std::vector<Place> &, const Node &);

} // namespace tile::test
