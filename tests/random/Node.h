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

  bool is_narrow() const { return dtype == f16 || dtype == bf16; }
};

enum class Binary { Add, Sub, Mul, Div, Min, Max };
enum class Unary { Neg, Abs, Exp, Exp2, Log, Log2, Log1p, Sqrt, Rsqrt, Tanh, Erf, Sigmoid, Last = Sigmoid };
enum class Reduce { Sum, Max, Min, Last = Min };

int64_t count(const Shape &);
/// Whether tiles of these shapes can be operands of one op.
bool fit(const Shape &, const Shape &);
Node numbers_only(Node);

/// Element-wise; shapes broadcast. Integers are divided by numbers only, which are not 0.
Node binary(Binary, const Node &, const Node &);
Node binary_with(Binary, const Node &, int64_t number);
Node unary(Unary, const Node &);
/// < <= > >= == !=
Node compare(int op, const Node &, const Node &);
Node compare_with(int op, const Node &, int64_t number);
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

/// The tensor's contents: small numbers, from a seed.
void fill(Tensor &, uint64_t seed);
/// What a load of `shape` at `at` reads: 0 outside.
Node numbers_of(const Tensor &, const Shape &shape, const Shape &at);
/// What a store of the node at `at` leaves.
void put(Tensor &, const Node &, const Shape &at);

} // namespace tile::test
