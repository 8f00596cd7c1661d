// Element-wise ops. Integers wrap as the machine's do.
#include "tests/random/Node.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tile::test {

int64_t count(const Shape &shape) {
  int64_t n = 1;
  for (int64_t extent : shape) n *= extent;
  return n;
}

bool fit(const Shape &a, const Shape &b) {
  if (a.empty() || b.empty()) return true;
  if (a.size() != b.size()) return false;
  for (size_t d = 0; d < a.size(); ++d)
    if (a[d] != b[d] && a[d] != 1 && b[d] != 1) return false;
  return true;
}

Node numbers_only(Node n) {
  n.tile = Tile();
  return n;
}

namespace {

Shape joined(const Shape &a, const Shape &b) {
  if (a.empty()) return b;
  Shape shape = a;
  for (size_t d = 0; d < b.size(); ++d) shape[d] = std::max(shape[d], b[d]);
  return shape;
}

/// The element of `n` that stands at position `flat` of a tile of `shape`, which `n` fits.
const Number &element(const Node &n, const Shape &shape, int64_t flat) {
  if (n.shape.empty()) return n.at.front();
  int64_t mine = 0, scale = 1;
  for (size_t d = shape.size(); d-- > 0; flat /= shape[d]) {
    if (n.shape[d] != 1) mine += flat % shape[d] * scale;
    scale *= n.shape[d];
  }
  return n.at[size_t(mine)];
}

template <class F> Node zip(const Node &a, const Node &b, DType dtype, F &&f) {
  Node out{.dtype = dtype, .shape = joined(a.shape, b.shape), .at = {}};
  for (int64_t i = 0; i < count(out.shape); ++i)
    out.at.push_back(f(element(a, out.shape, i), element(b, out.shape, i)));
  return out;
}

template <class F> Node map(const Node &x, DType dtype, F &&f) {
  Node out{.dtype = dtype, .shape = x.shape, .at = {}};
  for (const Number &n : x.at) out.at.push_back(n.known ? f(n) : unknown());
  return out;
}

int64_t wrapped(DType dtype, int64_t v) {
  return dtype == i32 ? int64_t(int32_t(uint32_t(uint64_t(v)))) : v;
}

Number of_floats(Binary op, const Number &a, const Number &b) {
  const double x = a.value, y = b.value;
  switch (op) {
  case Binary::Add:
    return rounded(x + y, a.error + b.error);
  case Binary::Sub:
    return rounded(x - y, a.error + b.error);
  case Binary::Mul:
    return rounded(x * y, std::fabs(x) * b.error + std::fabs(y) * a.error + a.error * b.error);
  case Binary::Div: {
    const double least = std::fabs(y) - b.error;
    if (least <= 1e-30) return unknown();
    return rounded(x / y, (a.error + std::fabs(x / y) * b.error) / least, 4);
  }
  case Binary::Min:
    return {.value = std::min(x, y), .error = std::max(a.error, b.error)};
  case Binary::Max:
    return {.value = std::max(x, y), .error = std::max(a.error, b.error)};
  case Binary::Pow: {
    if (!(x - a.error > 0)) return unknown();
    const double relative = std::fabs(y) * a.error / (x - a.error) + std::fabs(std::log(x)) * b.error;
    return relative < 0.1 ? rounded(std::pow(x, y), 2 * relative * std::pow(x, y), 16) : unknown();
  }
  default:
    return unknown();
  }
}

int64_t bits_of(DType dtype) {
  return 8 * size_of(dtype);
}

Number of_integers(Binary op, DType dtype, int64_t x, int64_t y) {
  const auto a = uint64_t(x), b = uint64_t(y);
  switch (op) {
  case Binary::Add:
    return integer(wrapped(dtype, int64_t(a + b)));
  case Binary::Sub:
    return integer(wrapped(dtype, int64_t(a - b)));
  case Binary::Mul:
    return integer(wrapped(dtype, int64_t(a * b)));
  case Binary::Div: // by -1 the least integer has no quotient
    return y == 0 ? integer(0) : y == -1 ? integer(wrapped(dtype, int64_t(0 - a))) : integer(x / y);
  case Binary::Rem:
    return y == 0 ? integer(x) : integer(y == -1 ? 0 : x % y);
  case Binary::Min:
    return integer(std::min(x, y));
  case Binary::Max:
    return integer(std::max(x, y));
  case Binary::And:
    return integer(x & y);
  case Binary::Or:
    return integer(x | y);
  case Binary::Xor:
    return integer(x ^ y);
  case Binary::Shl:
    return integer(y < 0 || y >= bits_of(dtype) ? 0 : wrapped(dtype, int64_t(a << y)));
  case Binary::Shr:
    return integer(x >> (y < 0 || y >= bits_of(dtype) ? bits_of(dtype) - 1 : y));
  case Binary::Pow:
    break;
  }
  return unknown();
}

template <class A, class B> Tile apply(Binary op, const A &a, const B &b) {
  switch (op) {
  case Binary::Add:
    return a + b;
  case Binary::Sub:
    return a - b;
  case Binary::Mul:
    return a * b;
  case Binary::Div:
    return a / b;
  case Binary::Min:
    return min(a, b);
  case Binary::Max:
    return max(a, b);
  case Binary::Rem:
    return a % b;
  case Binary::And:
    return a & b;
  case Binary::Or:
    return a | b;
  case Binary::Xor:
    return a ^ b;
  case Binary::Shl:
    return a << b;
  case Binary::Shr:
    return a >> b;
  case Binary::Pow:
    return pow(a, b);
  }
  return Tile();
}

template <class A, class B> Tile apply_compare(int op, const A &a, const B &b) {
  switch (op) {
  case 0:
    return a < b;
  case 1:
    return a <= b;
  case 2:
    return a > b;
  case 3:
    return a >= b;
  case 4:
    return a == b;
  default:
    return a != b;
  }
}

Number compared(int op, bool is_float, const Number &a, const Number &b) {
  const double x = is_float ? a.value : 0, y = is_float ? b.value : 0;
  if (is_float && std::fabs(x - y) <= a.error + b.error) return unknown();
  const bool less = is_float ? x < y : a.integer < b.integer, equal = !is_float && a.integer == b.integer;
  const bool results[] = {less, less || equal, !less && !equal, !less, equal, !equal};
  return integer(results[op]);
}

Node constant(const Node &like, int64_t number) {
  Number n = integer(number);
  n.value = double(number);
  return {.dtype = like.dtype, .shape = {}, .at = {n}};
}

/// Relative rounding of a narrow float, and the largest it can hold.
struct Format {
  double half_ulp, largest, smallest;
};
Format format(DType dtype) {
  return dtype == f16 ? Format{0x1p-11, 65504, 0x1p-24} : Format{0x1p-8, 0x1.fep127, kTiny};
}

} // namespace

namespace {

Node combined(Binary op, const Node &a, const Node &b) {
  const bool floats = is_float(a.dtype);
  return zip(a, b, a.dtype, [&](const Number &x, const Number &y) {
    if (!x.known || !y.known) return unknown();
    return floats ? of_floats(op, x, y) : of_integers(op, a.dtype, x.integer, y.integer);
  });
}

} // namespace

Node binary(Binary op, const Node &a, const Node &b) {
  Node out = combined(op, a, b);
  if (has_tile(a) && has_tile(b)) out.tile = apply(op, a.tile, b.tile);
  return out;
}

Node binary_with(Binary op, const Node &a, int64_t number) {
  Node out = combined(op, a, constant(a, number));
  if (has_tile(a)) out.tile = apply(op, a.tile, number);
  return out;
}

Node binary_with(Binary op, const Node &a, const Single &s, bool first) {
  const Node single{.dtype = s.dtype, .shape = {}, .at = {s.number}};
  Node out = first ? combined(op, single, a) : combined(op, a, single);
  if (has_tile(a)) out.tile = first ? apply(op, *s.scalar, a.tile) : apply(op, a.tile, *s.scalar);
  return out;
}

Node unary(Unary op, const Node &x) {
  struct Entry {
    std::function<double(double)> f;
    double ulps;
    Tile (*tile)(Operand);
  };
  static const Entry entries[] = {
      {[](double v) { return -v; }, 0, [](Operand t) { return -t; }},
      {[](double v) { return std::fabs(v); }, 0, [](Operand t) { return abs(t); }},
      {[](double v) { return std::exp(v); }, 4, [](Operand t) { return exp(t); }},
      {[](double v) { return std::exp2(v); }, 4, [](Operand t) { return exp2(t); }},
      {[](double v) { return std::log(v); }, 4, [](Operand t) { return log(t); }},
      {[](double v) { return std::log2(v); }, 4, [](Operand t) { return log2(t); }},
      {[](double v) { return std::log1p(v); }, 4, [](Operand t) { return log1p(t); }},
      {[](double v) { return std::sqrt(v); }, 4, [](Operand t) { return sqrt(t); }},
      {[](double v) { return 1 / std::sqrt(v); }, 4, [](Operand t) { return rsqrt(t); }},
      {[](double v) { return std::tanh(v); }, 4, [](Operand t) { return tanh(t); }},
      {[](double v) { return std::erf(v); }, 4, [](Operand t) { return erf(t); }},
      {[](double v) { return 1 / (1 + std::exp(-v)); }, 4, [](Operand t) { return sigmoid(t); }}};
  const Entry &entry = entries[size_t(op)];
  if (!is_float(x.dtype)) {
    Node out = map(x, x.dtype, [&](const Number &n) {
      const bool keeps = op == Unary::Abs && n.integer >= 0;
      return integer(keeps ? n.integer : wrapped(x.dtype, int64_t(0 - uint64_t(n.integer))));
    });
    if (has_tile(x)) out.tile = entry.tile(x.tile);
    return out;
  }
  Node out = map(x, f32, [&](const Number &n) {
    Number y = through(entry.f, n, entry.ulps);
    if (op == Unary::Abs) y.error = n.error + kTiny; // it turns around at 0
    return y;
  });
  if (has_tile(x)) out.tile = entry.tile(x.tile);
  return out;
}

Node compare(int op, const Node &a, const Node &b) {
  const bool is_float = a.dtype == f32;
  Node out = zip(a, b, DType::i1, [&](const Number &x, const Number &y) {
    return x.known && y.known ? compared(op, is_float, x, y) : unknown();
  });
  if (has_tile(a) && has_tile(b)) out.tile = apply_compare(op, a.tile, b.tile);
  return out;
}

Node compare_with(int op, const Node &a, int64_t number) {
  const bool is_float = a.dtype == f32;
  Node out = zip(a, constant(a, number), DType::i1,
                 [&](const Number &x, const Number &y) { return x.known ? compared(op, is_float, x, y) : unknown(); });
  if (has_tile(a)) out.tile = apply_compare(op, a.tile, number);
  return out;
}

Node negated(const Node &x) {
  Node out = map(x, DType::i1, [](const Number &n) { return integer(!n.integer); });
  if (has_tile(x)) out.tile = !x.tile;
  return out;
}

Node where(const Node &condition, const Node &a, const Node &b) {
  Node both = zip(a, b, a.dtype, [](const Number &x, const Number &) { return x; });
  Node out{.dtype = a.dtype, .shape = joined(condition.shape, both.shape), .at = {}};
  for (int64_t i = 0; i < count(out.shape); ++i) {
    const Number &c = element(condition, out.shape, i);
    const Number &chosen = c.integer ? element(a, out.shape, i) : element(b, out.shape, i);
    out.at.push_back(c.known ? chosen : unknown());
  }
  if (has_tile(condition)) out.tile = tile::where(condition.tile, a.tile, b.tile);
  return out;
}

Node convert(const Node &x, DType to) {
  const bool from_float = is_float(x.dtype);
  Node out = map(x, to, [&](const Number &n) -> Number {
    if (from_float && !is_float(to)) {
      const double low = std::trunc(n.value - n.error), high = std::trunc(n.value + n.error);
      if (low != high || std::fabs(low) > 1e9) return unknown();
      return integer(int64_t(low));
    }
    if (!is_float(to)) return integer(wrapped(to, n.integer));
    const double v = from_float ? n.value : double(n.integer);
    const double error = from_float ? n.error : std::fabs(v) * kUlp; // to f16 and bf16 by way of f32
    if (to == f32) return from_float ? n : Number{.value = v, .error = std::fabs(v) > 0x1p24 ? error : 0};
    const Format narrow = format(to);
    const double most = error + (std::fabs(v) + error) * narrow.half_ulp + narrow.smallest;
    if (!(std::fabs(v) + most < narrow.largest)) return unknown();
    return {.value = v, .error = most};
  });
  if (has_tile(x)) out.tile = x.tile.to(to);
  return out;
}

} // namespace tile::test
