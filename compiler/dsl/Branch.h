// Run-time conditions and branches; a part of Kernel.h, which includes it.
#pragma once

#include "compiler/dsl/Kernel.h"

#include <concepts>
#include <optional>

namespace tile {

/// A truth known when the kernel runs, the same for the whole program. Made by comparing an Index with an Index, and by
/// Tiles of rank 0 of i1, as comparisons of Scalars give. They combine by `&`, `|` and `!`.
class Condition {
public:
  Condition(const Tile &, Loc = Loc::current());
  template <std::same_as<bool> B> Condition(B constant, Loc l = Loc::current()) : constant_(constant), loc_(l) {}
  Condition(detail::Value v, Loc l) : v_(v), loc_(l) {}

  detail::Value value() const { return v_; }
  bool constant() const { return constant_; } ///< meaningful when !value()
  Loc loc() const { return loc_; }

  friend Condition operator&(const Condition &a, const Condition &b) { return combine(false, a, b); }
  friend Condition operator|(const Condition &a, const Condition &b) { return combine(true, a, b); }
  friend Condition operator!(const Condition &a) { return negate(a); }

private:
  static Condition combine(bool either, const Condition &, const Condition &);
  static Condition negate(const Condition &);
  detail::Value v_;
  bool constant_ = false;
  Loc loc_; ///< where it was written
};

namespace detail {
Condition index_compare(Compare, const Index &, const Index &, Loc);
}

inline Condition operator<(IndexOperand a, IndexOperand b) {
  return detail::index_compare(detail::Compare::Lt, a.index, b.index, a.loc);
}
inline Condition operator<=(IndexOperand a, IndexOperand b) {
  return detail::index_compare(detail::Compare::Le, a.index, b.index, a.loc);
}
inline Condition operator>(IndexOperand a, IndexOperand b) {
  return detail::index_compare(detail::Compare::Gt, a.index, b.index, a.loc);
}
inline Condition operator>=(IndexOperand a, IndexOperand b) {
  return detail::index_compare(detail::Compare::Ge, a.index, b.index, a.loc);
}
inline Condition operator==(IndexOperand a, IndexOperand b) {
  return detail::index_compare(detail::Compare::Eq, a.index, b.index, a.loc);
}
inline Condition operator!=(IndexOperand a, IndexOperand b) {
  return detail::index_compare(detail::Compare::Ne, a.index, b.index, a.loc);
}

namespace detail {

/// The body of a branch in erased form.
struct Body {
  void *state;
  std::vector<Carried> (*call)(void *state);
};

template <class T>
concept Handle = std::same_as<T, Tile> || std::same_as<T, Scalar> || std::same_as<T, Index>;

/// What a branch may return, in erased form and back; `like` is what one of the branches returned.
template <class R> struct Returned;
template <Handle T> struct Returned<T> {
  static std::vector<Carried> pack(const T &t) { return {carried(t)}; }
  static T unpack(const T &t, const std::vector<Value> &v) { return like(t, v[0]); }
};
template <Handle... T> struct Returned<std::tuple<T...>> {
  static std::vector<Carried> pack(const std::tuple<T...> &r) {
    return std::apply([](const T &...t) { return std::vector<Carried>{carried(t)...}; }, r);
  }
  static std::tuple<T...> unpack(const std::tuple<T...> &r, const std::vector<Value> &v) {
    size_t n = 0;
    return std::apply([&](const T &...t) { return std::tuple<T...>{like(t, v[n++])...}; }, r);
  }
};
template <> struct Returned<std::vector<Tile>> {
  static std::vector<Carried> pack(const std::vector<Tile> &r) {
    std::vector<Carried> out;
    for (const Tile &t : r) out.push_back(carried(t));
    return out;
  }
  static std::vector<Tile> unpack(const std::vector<Tile> &r, const std::vector<Value> &v) {
    std::vector<Tile> out;
    for (size_t n = 0; n < r.size(); ++n) out.push_back(like(r[n], v[n]));
    return out;
  }
};

template <class F> Body bodyOf(F &erased) {
  return {&erased, [](void *state) { return (*static_cast<F *>(state))(); }};
}

} // namespace detail

template <class F> void KernelBuilder::when(const Condition &condition, F &&then, Loc loc) {
  static_assert(std::is_void_v<std::invoke_result_t<F &>>, "a branch that returns something needs another beside it");
  when(condition, then, [] {}, loc);
}

template <class F, class G> auto KernelBuilder::when(const Condition &condition, F &&then, G &&otherwise, Loc loc) {
  using R = std::invoke_result_t<F &>;
  static_assert(std::is_same_v<R, std::invoke_result_t<G &>>,
                "both branches return the same type (a number is returned as an Index)");
  if constexpr (std::is_void_v<R>) {
    auto first = [&] { return then(), std::vector<detail::Carried>(); };
    auto second = [&] { return otherwise(), std::vector<detail::Carried>(); };
    branch(condition, detail::bodyOf(first), detail::bodyOf(second), loc);
  } else {
    std::optional<R> sample;
    auto first = [&] { return detail::Returned<R>::pack(sample.emplace(then())); };
    auto second = [&] { return detail::Returned<R>::pack(otherwise()); };
    std::vector<detail::Value> results = branch(condition, detail::bodyOf(first), detail::bodyOf(second), loc);
    return detail::Returned<R>::unpack(*sample, results); // after the branches, which make the sample
  }
}

} // namespace tile
