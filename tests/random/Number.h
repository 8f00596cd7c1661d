// One number as the oracle knows it: its value in double, how far a machine's f32 may be from it, and whether it is
// known at all. What decides between two sides that rounding could exchange (a comparison of equals, a truncation at an
// integer, an overflow) makes what follows unknown, and an unknown number is not compared.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

namespace tile::test {

struct Number {
  double value = 0;    ///< of a float
  double error = 0;    ///< most that a machine may be away from it
  int64_t integer = 0; ///< of an integer or i1, exact
  bool known = true;
};

inline constexpr double kUlp = 0x1p-23; ///< of f32, relative
inline constexpr double kLargest = 0x1.fffffep127;
inline constexpr double kTiny = 0x1p-125; ///< results below are allowed to be flushed

inline Number integer(int64_t v) {
  return {.integer = v};
}
inline Number unknown() {
  return {.known = false};
}

/// A float as f32 arithmetic leaves it: `error` and `ulps` roundings of the result more.
inline Number rounded(double value, double error, double ulps = 1) {
  error += ulps * kUlp * std::fabs(value) + kTiny;
  if (!std::isfinite(value) || !(std::fabs(value) + error < kLargest)) return unknown();
  return {.value = value, .error = error};
}

/// A monotone or smooth function of one float: the error goes through it at both ends.
inline Number through(const std::function<double(double)> &f, const Number &x, double ulps) {
  const double y = f(x.value), low = f(x.value - x.error), high = f(x.value + x.error);
  if (!std::isfinite(y) || !std::isfinite(low) || !std::isfinite(high)) return unknown();
  return rounded(y, std::max(std::fabs(y - low), std::fabs(y - high)), ulps);
}

/// A sum in any order: as many roundings, each of at most the sum of sizes.
struct Sum {
  bool is_float = true;
  bool is_narrow = false; ///< wraps at 32 bits
  double value = 0, error = 0, size = 0;
  uint64_t total = 0;
  bool known = true;
  int64_t terms = 0;
  Number first = {};

  void add(const Number &n) {
    if (terms == 0) first = n;
    known &= n.known;
    value += n.value;
    error += n.error;
    size += std::fabs(n.value) + n.error;
    total += uint64_t(n.integer);
    ++terms;
  }
  Number result() const {
    if (!known || (is_float && !(size < kLargest))) return unknown();
    if (is_float) return rounded(value, error + size * kUlp * double(terms));
    return integer(is_narrow ? int64_t(int32_t(uint32_t(total))) : int64_t(total));
  }
};

/// A product in any order. `most` is the largest that a part of it can be; what is too small on the way is lost.
struct Product {
  bool is_float = true, is_narrow = false;
  double value = 1, high = 1, most = 1;
  uint64_t total = 1;
  bool known = true;
  int64_t terms = 0;

  void multiply(const Number &n) {
    known &= n.known;
    value *= n.value;
    high *= std::fabs(n.value) + n.error;
    most *= std::max(1.0, std::fabs(n.value) + n.error);
    total *= uint64_t(n.integer);
    ++terms;
  }
  Number result() const {
    if (!is_float) return known ? integer(is_narrow ? int64_t(int32_t(uint32_t(total))) : int64_t(total)) : unknown();
    if (!known || !(most < 1e30)) return unknown();
    return rounded(value, high - std::fabs(value) + (high * kUlp + kTiny * most) * double(terms));
  }
};

} // namespace tile::test
