// Reductions and scans by functions of the kernel's own, and derivatives.
#include "tests/random/Lines.h"

#include <numbers>

namespace tile::test {
namespace {

int64_t wrapped(DType dtype, uint64_t v) {
  return dtype == i32 ? int64_t(int32_t(uint32_t(v))) : int64_t(v);
}

} // namespace

Node cumulative_product(const Node &x, int axis, bool reverse, bool exclusive) {
  Node out = along(x, axis, x.dtype, true, [&](std::vector<Number> line) {
    if (reverse) std::reverse(line.begin(), line.end());
    Product product{.is_float = is_float(x.dtype), .is_narrow = x.dtype == i32};
    std::vector<Number> made;
    for (const Number &n : line) {
      if (exclusive) made.push_back(product.result());
      product.multiply(n);
      if (!exclusive) made.push_back(product.result());
    }
    if (reverse) std::reverse(made.begin(), made.end());
    return made;
  });
  if (has_tile(x)) out.tile = cumprod(x.tile, Axis(axis), {.reverse = reverse, .exclusive = exclusive});
  return out;
}

Node log_sum_exp(const Node &x, int axis) {
  Node out = along(x, axis, f32, false, [](const std::vector<Number> &line) -> std::vector<Number> {
    double most = -INFINITY, error = 0, sum = 0;
    for (const Number &n : line) {
      if (!n.known || !(std::fabs(n.value) < 1e30)) return {unknown()};
      most = std::max(most, n.value), error = std::max(error, n.error);
    }
    for (const Number &n : line) sum += std::exp(n.value - most);
    const double roundings = 8 * kUlp * double(line.size() + 8);
    return {rounded(most + std::log(sum), error + roundings, 4)};
  });
  if (!has_tile(x)) return out;
  Tile ones = exp(x.tile - x.tile); // of infinities NaN, which the numbers do not know
  auto [m, s] = reduce(std::tuple{x.tile, ones}, Axis(axis), [](auto a, auto b) {
    auto [ma, sa] = a;
    auto [mb, sb] = b;
    Tile top = max(ma, mb);
    return std::tuple{top, sa * exp(ma - top) + sb * exp(mb - top)};
  });
  out.tile = m + log(s);
  return out;
}

Node affine(const Node &factor, const Node &summand, int axis, bool reverse, bool exclusive, bool second) {
  struct Step {
    uint64_t factor = 1, summand = 0;
    bool known = true;
  };
  // Both lists along the axis at once, one number's integer a position in the tile.
  Node positions = factor;
  for (size_t i = 0; i < positions.at.size(); ++i) positions.at[i] = integer(int64_t(i));
  Node out = along(positions, axis, factor.dtype, true, [&](std::vector<Number> line) {
    if (reverse) std::reverse(line.begin(), line.end());
    Step all;
    std::vector<Number> made;
    auto note = [&] {
      made.push_back(all.known ? integer(wrapped(factor.dtype, second ? all.summand : all.factor)) : unknown());
    };
    for (const Number &n : line) {
      const Number &f = factor.at[size_t(n.integer)], &s = summand.at[size_t(n.integer)];
      if (exclusive) note();
      all = {all.factor * uint64_t(f.integer), all.summand * uint64_t(f.integer) + uint64_t(s.integer),
             all.known && f.known && s.known};
      if (!exclusive) note();
    }
    if (reverse) std::reverse(made.begin(), made.end());
    return made;
  });
  if (!has_tile(factor)) return out;
  auto compose = [](auto a, auto b) {
    auto [fa, sa] = a;
    auto [fb, sb] = b;
    return std::tuple{fa * fb, sa * fb + sb};
  };
  const std::tuple tiles{factor.tile, summand.tile};
  const ScanOptions options{.reverse = reverse};
  auto [f, s] = exclusive ? scan_exclusive(tiles, std::tuple{1, 0}, Axis(axis), compose, options)
                          : scan(tiles, Axis(axis), compose, options);
  out.tile = second ? s : f;
  return out;
}

Node own(bool scans, const Node &x, int axis) {
  const bool floats = is_float(x.dtype);
  auto join = [&](const Number &a, const Number &b) {
    if (!a.known || !b.known) return unknown();
    if (!floats) return integer(a.integer & b.integer);
    return Number{.value = std::min(std::fabs(a.value), std::fabs(b.value)), .error = std::max(a.error, b.error)};
  };
  Node out = along(x, axis, x.dtype, scans, [&](const std::vector<Number> &line) {
    std::vector<Number> made{line.front()};
    for (size_t i = 1; i < line.size(); ++i) made.push_back(join(made.back(), line[i]));
    return scans ? made : std::vector{made.back()};
  });
  if (!has_tile(x)) return out;
  auto combine = [&](Tile a, Tile b) { return floats ? min(abs(a), abs(b)) : a & b; };
  out.tile = scans ? scan(x.tile, Axis(axis), combine) : reduce(x.tile, Axis(axis), combine);
  return out;
}

// ---- Derivatives ----------------------------------------------------------------------------------------------------

namespace {

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

/// A function and what it is differentiated to, whose own derivative is at most about 4.
struct Smooth {
  Tile (*function)(const Tile &);
  double (*derivative)(double);
};

const Smooth kSmooth[] = {
    {[](const Tile &x) { return x * x * 0.5f - x; }, [](double x) { return x - 1; }},
    {[](const Tile &x) { return x * sigmoid(x); },
     [](double x) { return logistic(x) + x * logistic(x) * (1 - logistic(x)); }},
    {[](const Tile &x) { return tanh(x); }, [](double x) { return 1 - std::tanh(x) * std::tanh(x); }},
    {[](const Tile &x) { return log1p(x * x); }, [](double x) { return 2 * x / (1 + x * x); }},
    {[](const Tile &x) { return sqrt(x * x + 1.f); }, [](double x) { return x / std::sqrt(x * x + 1); }},
    {[](const Tile &x) { return rsqrt(x * x + 1.f); }, [](double x) { return -x / std::pow(x * x + 1, 1.5); }},
    {[](const Tile &x) { return erf(x); }, [](double x) { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }},
    {[](const Tile &x) { return exp(-abs(x) * 0.25f); },
     [](double x) {
       return (x > 0 ? -0.25 : x < 0 ? 0.25 : 0) * std::exp(-std::fabs(x) / 4);
     }},
    {[](const Tile &x) { return where(x < 0, x * 0.5f, max(x, 1.5f)); },
     [](double x) { return x < 0     ? 0.5
                           : x < 1.5 ? 0.0
                                     : 1.0; }},
    {[](const Tile &x) { return pow(x, 3) / (x * x + 2.f); },
     [](double x) { return (x * x * x * x + 6 * x * x) / ((x * x + 2) * (x * x + 2)); }},
};

} // namespace

int functions() {
  return int(std::size(kSmooth));
}

Node differentiated(int which, const Node &x, const Node &dy) {
  const Smooth &f = kSmooth[which];
  Node slope = x;
  slope.tile = Tile();
  for (Number &n : slope.at) {
    // Kinks are at 0, 1.5 and nowhere else; elsewhere what changes over the error is small.
    const bool near_kink = n.error > 0 && std::min(std::fabs(n.value), std::fabs(n.value - 1.5)) <= n.error;
    if (!n.known || near_kink || std::fabs(n.value) > 50 || n.error > 1e-3 || n.value == 1.5)
      n = unknown();
    else
      n = rounded(f.derivative(n.value), n.error * 4 + 32 * kUlp * (1 + n.value * n.value));
  }
  Node out = binary(Binary::Mul, slope, numbers_only(dy));
  if (has_tile(x)) {
    Tile input = x.tile + 0.f; // one that no other step knows
    out.tile = gradient(f.function(input), input, dy.tile);
  }
  return out;
}

} // namespace tile::test
