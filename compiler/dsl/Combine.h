// Reductions and scans by the author's own function, of one tile or of several together; what is built on them; and
// tiles in another shape. Included by Kernel.h.
#pragma once

#include "compiler/dsl/Kernel.h"

#include <span>

namespace tile {

namespace detail {

/// The author's function in erased form: an element of each tile, another of each, and their combination.
struct CombineCall {
  void *state;
  std::vector<Tile> (*call)(void *state, const std::vector<Tile> &a, const std::vector<Tile> &b);
};

struct ScanRequest {
  std::vector<Operand> identities = {}; ///< of an exclusive scan
  bool reverse = false;
};

std::vector<Tile> reduce(const std::vector<Tile> &x, Axis, const CombineCall &, Loc);
std::vector<Tile> scan(const std::vector<Tile> &x, Axis, const CombineCall &, const ScanRequest &, Loc);
Tile cumulative(Binary, const Tile &x, Axis, bool reverse, bool exclusive, Loc);
Tile arg_of(Compare better, const Tile &x, Axis, Loc);

/// A tile, a std::tuple of tiles or a std::vector of tiles, as a list and back.
template <class T> struct TileList : std::false_type {};
template <> struct TileList<Tile> : std::true_type {
  static std::vector<Tile> list(const Tile &t) { return {t}; }
  static Tile from(const std::vector<Tile> &all) { return all.front(); }
};
template <> struct TileList<std::vector<Tile>> : std::true_type {
  static std::vector<Tile> list(const std::vector<Tile> &all) { return all; }
  static std::vector<Tile> from(const std::vector<Tile> &all) { return all; }
};
template <class... T>
  requires(sizeof...(T) > 0 && (std::is_same_v<T, Tile> && ...))
struct TileList<std::tuple<T...>> : std::true_type {
  static std::vector<Tile> list(const std::tuple<T...> &t) {
    return std::apply([](const auto &...each) { return std::vector<Tile>{each...}; }, t);
  }
  static std::tuple<T...> from(const std::vector<Tile> &all) { return from(all, std::index_sequence_for<T...>{}); }
  template <size_t... I> static std::tuple<T...> from(const std::vector<Tile> &all, std::index_sequence<I...>) {
    return {all[I]...};
  }
};
template <class T>
concept Tiles = TileList<T>::value;

/// Runs `body` with the author's function in erased form.
template <Tiles X, class F, class Body> X with_combine(F &combine, Body body) {
  auto erased = [&](const std::vector<Tile> &a, const std::vector<Tile> &b) {
    auto out = combine(TileList<X>::from(a), TileList<X>::from(b));
    return TileList<decltype(out)>::list(out);
  };
  using Erased = decltype(erased);
  CombineCall call{&erased, [](void *s, const std::vector<Tile> &a, const std::vector<Tile> &b) {
                     return (*static_cast<Erased *>(s))(a, b);
                   }};
  return TileList<X>::from(body(call));
}

inline std::vector<Operand> identities(const Operand &one) {
  return {one};
}
inline std::vector<Operand> identities(const std::vector<Operand> &all) {
  return all;
}
template <class... T> std::vector<Operand> identities(const std::tuple<T...> &all) {
  return std::apply([](const T &...each) { return std::vector<Operand>{Operand(each)...}; }, all);
}

} // namespace detail

/// Combines all elements along `axis`, which disappears, by a function of the author's: of one tile, or of several of
/// one shape together. `combine` is called once, with two elements (tiles of rank 0; tuples or vectors of them where
/// `x` is one), and returns their combination:
///
///   auto [m, s] = reduce(std::tuple{max_so_far, sum_so_far}, Axis(1), [](auto a, auto b) {
///     auto [ma, sa] = a;
///     auto [mb, sb] = b;
///     Tile m = max(ma, mb);
///     return std::tuple{m, sa * exp(ma - m) + sb * exp(mb - m)};
///   });
///
/// It must be associative and commutative up to rounding; it does arithmetic on its arguments, numbers and Scalars
/// only. In which order elements are combined is not specified, but the same in every run on one machine.
template <detail::Tiles X, class F> X reduce(const X &x, Axis axis, F &&combine, Loc l = Loc::current()) {
  return detail::with_combine<X>(combine, [&](const detail::CombineCall &call) {
    return detail::reduce(detail::TileList<X>::list(x), axis, call, l);
  });
}

struct ScanOptions {
  bool reverse = false; ///< from the end of the dimension to its start
};

/// Each element becomes the combination of all up to and including it along `axis`. `combine` is as for `reduce`, but
/// need not be commutative: its first argument is what comes first (in reverse: from the end).
template <detail::Tiles X, class F>
X scan(const X &x, Axis axis, F &&combine, ScanOptions options = {}, Loc l = Loc::current()) {
  return detail::with_combine<X>(combine, [&](const detail::CombineCall &call) {
    return detail::scan(detail::TileList<X>::list(x), axis, call, {{}, options.reverse}, l);
  });
}

/// Each element becomes the combination of all before it; the first becomes `identity`: a number or Scalar for which
/// combine(identity, v) and combine(v, identity) are v. Where `x` is a std::tuple, a std::tuple of these; where it is a
/// std::vector, a std::vector<Operand>.
template <detail::Tiles X, class I, class F>
X scan_exclusive(const X &x, const I &identity, Axis axis, F &&combine, ScanOptions options = {},
                 Loc l = Loc::current()) {
  return detail::with_combine<X>(combine, [&](const detail::CombineCall &call) {
    return detail::scan(detail::TileList<X>::list(x), axis, call, {detail::identities(identity), options.reverse}, l);
  });
}

struct CumulativeOptions {
  bool reverse = false;
  bool exclusive = false; ///< of the elements before; the first is 0 (cumsum) or 1 (cumprod)
};

/// Sums and products of all elements up to each. f16 and bf16 must be converted to f32 first (UserError).
inline Tile cumsum(const Tile &x, Axis axis, CumulativeOptions o = {}, Loc l = Loc::current()) {
  return detail::cumulative(detail::Binary::Add, x, axis, o.reverse, o.exclusive, l);
}
inline Tile cumprod(const Tile &x, Axis axis, CumulativeOptions o = {}, Loc l = Loc::current()) {
  return detail::cumulative(detail::Binary::Mul, x, axis, o.reverse, o.exclusive, l);
}

/// Where along `axis` the largest or smallest element is, as i32; of equal ones the first. A NaN is larger and smaller
/// than any number: the first NaN is found.
inline Tile argmax(const Tile &x, Axis axis, Loc l = Loc::current()) {
  return detail::arg_of(detail::Compare::Gt, x, axis, l);
}
inline Tile argmin(const Tile &x, Axis axis, Loc l = Loc::current()) {
  return detail::arg_of(detail::Compare::Lt, x, axis, l);
}

/// The same elements, in row-major order, in another shape.
Tile reshape(const Tile &x, std::vector<int64_t> shape, Loc l = Loc::current());
/// Dimension d of the result is dimension order[d] of `x`: {1, 0} exchanges rows and columns.
Tile transpose(const Tile &x, std::vector<int64_t> order, Loc l = Loc::current());
/// `b` behind `a` along `axis`; both have the same dtype and shape.
Tile concat(const Tile &a, const Tile &b, Axis axis, Loc l = Loc::current());
/// The two halves of `x` along `axis`.
std::pair<Tile, Tile> split(const Tile &x, Axis axis, Loc l = Loc::current());

} // namespace tile
