// What a kernel author includes: ordinary C++ that builds the IR of one tile program through value handles.
//
// What is a C++ value is known when the kernel is compiled (a C++ loop is unrolled, a C++ `if` chooses code); what is a
// Tile, Index or Scalar is known when the kernel runs. dtypes change by `.to(dtype)` only; dimensions of extent 1 and
// Scalars broadcast; nothing else is implicit. Arithmetic on floats is done in f32: tiles of f16 and bf16 can be
// loaded, stored, converted, chosen between (`where`, `min`, `max`), expanded and broadcast. A mistake throws
// UserError, whose text begins with the author's `file:line: `. Any number of threads may build kernels, each with its
// own builder.
//
//   Kernel scale(int64_t cols) {
//     KernelBuilder k("scale", {.warps = 4});
//     View x = k.input("x", bf16, {k.runtime("rows"), cols});
//     View y = k.output("y", bf16, {x.extent(0), cols});
//     Index row = k.program_id(0) * 4;
//     Tile v = x.load({row, 0}, {4, 1024}).to(f32);
//     y.store({row, 0}, (v * 2.f).to(bf16));
//     return k.finish();
//   }
#pragma once

#include "compiler/support/DType.h"
#include "compiler/support/Error.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tile {

using Loc = std::source_location;
class Condition;
class KernelBuilder;

class Scalar;

namespace detail {
struct BuilderImpl;
struct KernelImpl;

/// A value of the kernel under construction: an opaque pointer into the IR and the builder that owns it.
struct Value {
  void *ir = nullptr;
  BuilderImpl *builder = nullptr;
  uint64_t serial = 0; ///< the builder's own: tells apart two that lived at the same address
  explicit operator bool() const { return ir != nullptr; }
};

/// Where a loaded tile came from; what `in_bounds` asks.
struct Origin;
} // namespace detail

/// A dimension of a tile. Axis(-1) is the last one.
struct Axis {
  int value;
  constexpr explicit Axis(int v) : value(v) {}
};

/// A run-time integer, the same for the whole program: a row number, an extent. Arithmetic is 64-bit.
class Index {
public:
  Index(int64_t constant) : constant_(constant) {}
  Index(int constant) : constant_(constant) {}
  explicit Index(detail::Value v) : v_(v) {}
  detail::Value value() const { return v_; }
  int64_t constant() const { return constant_; } ///< meaningful when !value()
  /// The same number for arithmetic with tiles: `k.iota(64) + column.to(i32)`. Wraps in i32; rounded to nearest in f32.
  Scalar to(DType, Loc = Loc::current()) const;

private:
  detail::Value v_;
  int64_t constant_ = 0;
};

/// A run-time number, the same for the whole program.
class Scalar {
public:
  explicit Scalar(detail::Value v, DType t) : v_(v), dtype_(t) {}
  explicit Scalar(int64_t constant, DType t) : dtype_(t), constant_(constant) {} ///< of a constant Index
  DType dtype() const { return dtype_; }
  detail::Value value() const { return v_; }
  int64_t constant() const { return constant_; } ///< meaningful when !value()
  Scalar to(DType, Loc = Loc::current()) const;
  /// An i32 or i64 as an Index: `Index begin = offsets.at({s}).to_index()`.
  Index to_index(Loc = Loc::current()) const;

private:
  detail::Value v_;
  DType dtype_;
  int64_t constant_ = 0;
};

/// A block of numbers, spread over the lanes of the program. Extents are powers of two, rank 0 to 3.
class Tile {
public:
  Tile() = default;
  Tile(detail::Value v, DType t, std::vector<int64_t> shape, std::shared_ptr<const detail::Origin> origin = nullptr)
      : v_(v), dtype_(t), shape_(std::move(shape)), origin_(std::move(origin)) {}

  DType dtype() const { return dtype_; }
  const std::vector<int64_t> &shape() const { return shape_; }
  int rank() const { return int(shape_.size()); }
  detail::Value value() const { return v_; }
  const std::shared_ptr<const detail::Origin> &origin() const { return origin_; } ///< null: not from `load`

  /// Converts element by element: float to float rounds to nearest even; int to float likewise (to f16 and bf16 by way
  /// of f32); float to int truncates and is undefined outside the integer's range; int to int wraps; i1 becomes 0 or 1.
  /// Nothing converts to i1: compare instead.
  Tile to(DType, Loc = Loc::current()) const;
  /// Whether each element was inside the view it was loaded from; an i1 tile of the same shape. Only for a tile that
  /// comes from `load`, possibly through `.to` and a `reshape` that drops leading dimensions of extent 1.
  Tile in_bounds(Loc = Loc::current()) const;
  /// The same along one dimension alone.
  Tile in_bounds(Axis, Loc = Loc::current()) const;
  /// A dimension of extent 1 inserted before `axis`: it is dimension `axis` of the result, Axis(-1) the result's last.
  Tile expand(Axis, Loc = Loc::current()) const;
  /// Extent-1 dimensions repeated to `shape`; a tile of rank 0 takes any shape.
  Tile broadcast(std::vector<int64_t> shape, Loc = Loc::current()) const;
  /// The one element of a tile of rank 0, of any dtype but i1 (which becomes a Condition by itself).
  Scalar to_scalar(Loc = Loc::current()) const;

private:
  detail::Value v_;
  DType dtype_ = f32;
  std::vector<int64_t> shape_;
  std::shared_ptr<const detail::Origin> origin_;
};

/// An operand of an arithmetic operator: a Tile, a Scalar or a C++ number, and where it was written. A number takes the
/// other operand's dtype and must be exact in it (integers) or is rounded to it (floats, for tiles of floats only). An
/// Index becomes an operand by `.to(dtype)`.
class Operand {
public:
  enum class Kind : uint8_t { Tile, Scalar, Integer, Float };
  Operand(Tile t, Loc l = Loc::current()) : kind(Kind::Tile), tile(std::move(t)), loc(l) {}
  Operand(Scalar s, Loc l = Loc::current())
      : kind(Kind::Scalar), tile(s.value(), s.dtype(), {}), integer(s.constant()), number(double(s.constant())),
        loc(l) {}
  template <class N>
  requires std::is_arithmetic_v<N> Operand(N n, Loc l = Loc::current())
      : kind(std::is_integral_v<N> ? Kind::Integer : Kind::Float), integer(std::is_integral_v<N> ? int64_t(n) : 0),
        number(double(n)), loc(l) {}

  Kind kind;
  Tile tile;
  int64_t integer = 0;
  double number = 0;
  Loc loc;
};

namespace detail {
enum class Binary : uint8_t { Add, Sub, Mul, Div, Rem, Min, Max, And, Or, Xor, Pow, Shl, Shr };
enum class Unary : uint8_t { Neg, Abs, Exp, Exp2, Log, Log2, Log1p, Sqrt, Rsqrt, Tanh, Erf, Sigmoid, Not };
enum class Compare : uint8_t { Lt, Le, Gt, Ge, Eq, Ne };
enum class Combine : uint8_t { Sum, Max, Min, Product };
Tile binary(Binary, const Operand &, const Operand &);
Tile unary(Unary, const Operand &);
Tile compare(Compare, const Operand &, const Operand &);
Tile reduce(Combine, const Tile &, Axis, Loc);
Index index_binary(Binary, const Index &, const Index &, Loc);
} // namespace detail

// Element-wise arithmetic. f32 quotients are correctly rounded on the host and within 2 ulps on GPUs (errors of all
// functions: compiler/targets/Math.h); of a C++ number they are products with its reciprocal, rounded to f32: within 1
// ulp. On integers `/` truncates, `%` has the sign of the dividend, x / 0 is 0 and x % 0 is x. A Scalar combines with a
// Tile by broadcasting, and with a Scalar to a Tile of rank 0.
inline Tile operator+(Operand a, Operand b) {
  return detail::binary(detail::Binary::Add, a, b);
}
inline Tile operator-(Operand a, Operand b) {
  return detail::binary(detail::Binary::Sub, a, b);
}
inline Tile operator*(Operand a, Operand b) {
  return detail::binary(detail::Binary::Mul, a, b);
}
inline Tile operator/(Operand a, Operand b) {
  return detail::binary(detail::Binary::Div, a, b);
}
inline Tile operator%(Operand a, Operand b) {
  return detail::binary(detail::Binary::Rem, a, b);
}
inline Tile operator-(Operand a) {
  return detail::unary(detail::Unary::Neg, a);
}
inline Tile operator&(Operand a, Operand b) {
  return detail::binary(detail::Binary::And, a, b);
}
inline Tile operator|(Operand a, Operand b) {
  return detail::binary(detail::Binary::Or, a, b);
}
inline Tile operator^(Operand a, Operand b) {
  return detail::binary(detail::Binary::Xor, a, b);
}
inline Tile operator!(Operand a) {
  return detail::unary(detail::Unary::Not, a);
} ///< i1 only
/// Bits of i32 and i64, moved by `b` places. `>>` keeps the sign. By less than 0 places, or by all or more of them, is
/// by all of them: 0, or of a negative number `>>` gives -1.
inline Tile operator<<(Operand a, Operand b) {
  return detail::binary(detail::Binary::Shl, a, b);
}
inline Tile operator>>(Operand a, Operand b) {
  return detail::binary(detail::Binary::Shr, a, b);
}
inline Tile operator<(Operand a, Operand b) {
  return detail::compare(detail::Compare::Lt, a, b);
}
inline Tile operator<=(Operand a, Operand b) {
  return detail::compare(detail::Compare::Le, a, b);
}
inline Tile operator>(Operand a, Operand b) {
  return detail::compare(detail::Compare::Gt, a, b);
}
inline Tile operator>=(Operand a, Operand b) {
  return detail::compare(detail::Compare::Ge, a, b);
}
inline Tile operator==(Operand a, Operand b) {
  return detail::compare(detail::Compare::Eq, a, b);
}
inline Tile operator!=(Operand a, Operand b) {
  return detail::compare(detail::Compare::Ne, a, b);
}

/// NaN in either operand gives NaN.
inline Tile min(Operand a, Operand b) {
  return detail::binary(detail::Binary::Min, a, b);
}
inline Tile max(Operand a, Operand b) {
  return detail::binary(detail::Binary::Max, a, b);
}
inline Tile abs(Operand a) {
  return detail::unary(detail::Unary::Abs, a);
}
inline Tile exp(Operand a) {
  return detail::unary(detail::Unary::Exp, a);
}
inline Tile exp2(Operand a) {
  return detail::unary(detail::Unary::Exp2, a);
}
inline Tile log(Operand a) {
  return detail::unary(detail::Unary::Log, a);
}
inline Tile log2(Operand a) {
  return detail::unary(detail::Unary::Log2, a);
}
inline Tile log1p(Operand a) {
  return detail::unary(detail::Unary::Log1p, a);
}
inline Tile sqrt(Operand a) {
  return detail::unary(detail::Unary::Sqrt, a);
}
inline Tile rsqrt(Operand a) {
  return detail::unary(detail::Unary::Rsqrt, a);
}
inline Tile tanh(Operand a) {
  return detail::unary(detail::Unary::Tanh, a);
}
inline Tile erf(Operand a) {
  return detail::unary(detail::Unary::Erf, a);
}

/// 1 / (1 + e^-x).
inline Tile sigmoid(Operand a) {
  return detail::unary(detail::Unary::Sigmoid, a);
}
/// x^y as C's pow has it, with all its cases. An exponent that is a C++ integer from -1 to 4 becomes products: prefer
/// it.
inline Tile pow(Operand x, Operand y) {
  return detail::binary(detail::Binary::Pow, x, y);
}

/// Element-wise choice; `condition` is i1. Shapes broadcast.
Tile where(Operand condition, Operand a, Operand b);

/// Reductions over one dimension, which disappears. Sums of f16 and bf16 must be converted to f32 first (UserError).
inline Tile sum(const Tile &x, Axis axis, Loc l = Loc::current()) {
  return detail::reduce(detail::Combine::Sum, x, axis, l);
}
inline Tile max(const Tile &x, Axis axis, Loc l = Loc::current()) {
  return detail::reduce(detail::Combine::Max, x, axis, l);
}
inline Tile min(const Tile &x, Axis axis, Loc l = Loc::current()) {
  return detail::reduce(detail::Combine::Min, x, axis, l);
}
inline Tile product(const Tile &x, Axis axis, Loc l = Loc::current()) {
  return detail::reduce(detail::Combine::Product, x, axis, l);
}

namespace detail {
[[noreturn]] void refuse_index(uint64_t, Loc);
/// A C++ integer as one of an Index, of 64 bits with a sign.
template <class N> int64_t index_of(N n, Loc l) {
  if constexpr (std::is_unsigned_v<N> && sizeof(N) >= sizeof(int64_t))
    if (n > N(INT64_MAX)) refuse_index(uint64_t(n), l);
  return int64_t(n);
}
} // namespace detail

/// An operand of index arithmetic: an Index or a C++ integer, and where it was written.
struct IndexOperand {
  IndexOperand(Index i, Loc l = Loc::current()) : index(i), loc(l) {}
  template <class N>
  requires std::is_integral_v<N> IndexOperand(N n, Loc l = Loc::current()) : index(detail::index_of(n, l)), loc(l) {}
  Index index;
  Loc loc;
};

// Arithmetic on indices. `/` and `%` are of non-negative numbers, and 0 counts as 1 in a divisor.
inline Index operator+(IndexOperand a, IndexOperand b) {
  return detail::index_binary(detail::Binary::Add, a.index, b.index, a.loc);
}
inline Index operator-(IndexOperand a, IndexOperand b) {
  return detail::index_binary(detail::Binary::Sub, a.index, b.index, a.loc);
}
inline Index operator*(IndexOperand a, IndexOperand b) {
  return detail::index_binary(detail::Binary::Mul, a.index, b.index, a.loc);
}
inline Index operator/(IndexOperand a, IndexOperand b) {
  return detail::index_binary(detail::Binary::Div, a.index, b.index, a.loc);
}
inline Index operator%(IndexOperand a, IndexOperand b) {
  return detail::index_binary(detail::Binary::Rem, a.index, b.index, a.loc);
}
inline Index min(const Index &a, const Index &b, Loc l = Loc::current()) {
  return detail::index_binary(detail::Binary::Min, a, b, l);
}
inline Index max(const Index &a, const Index &b, Loc l = Loc::current()) {
  return detail::index_binary(detail::Binary::Max, a, b, l);
}

/// How an access should use the caches; it changes no result.
enum class Cache : uint8_t {
  Default,
  Streaming,  ///< touched once: let other data stay in the caches, and write around them where the machine can
  EvictFirst, ///< the first to leave the caches of a GPU when others need room
  Keep,       ///< the last to leave them: it is read again
};

/// One index for all elements, or a tile of i32 or i64 with an index for each.
struct GatherIndex {
  GatherIndex(Index i) : index(i) {}
  template <class N>
  requires std::is_integral_v<N> GatherIndex(N n, Loc l = Loc::current()) : index(detail::index_of(n, l)) {}
  GatherIndex(Tile t) : tile(std::move(t)) {}
  Index index = 0;
  Tile tile; ///< empty: `index` is meant
};

/// A tensor in memory: the only way a kernel reaches memory.
class View {
public:
  View(detail::Value v, DType t, std::vector<Index> extents) : v_(v), dtype_(t), extents_(std::move(extents)) {}
  DType dtype() const { return dtype_; }
  detail::Value value() const { return v_; }
  int rank() const { return int(extents_.size()); }
  const Index &extent(int dim, Loc = Loc::current()) const;

  /// The block of `shape` that starts at `at`; as many indices and extents as the view has dimensions. Elements outside
  /// the view read as 0.
  Tile load(std::vector<Index> at, std::vector<int64_t> shape, Cache = Cache::Default, Loc = Loc::current()) const;
  /// Writes `tile`, of the view's dtype and rank, at `at`; elements outside the view are dropped.
  void store(std::vector<Index> at, const Tile &tile, Cache = Cache::Default, Loc = Loc::current()) const;
  /// The element at `at`; 0 outside the view.
  Scalar at(std::vector<Index> at, Loc = Loc::current()) const;
  /// The elements at `at`: an index for each dimension, at least one of them a tile. Tiles broadcast to one shape,
  /// which is the result's. Elements outside the view read as 0.
  ///   Tile logits = x.gather({k.iota(4) + row.to(i32), labels});
  Tile gather(std::vector<GatherIndex> at, Cache = Cache::Default, Loc = Loc::current()) const;
  /// Writes the elements of `tile`, of the view's dtype, to `at`, as `gather` reads them; those outside the view are
  /// dropped. No two elements may go to one place: which of them stays there would be a matter of luck.
  void scatter(std::vector<GatherIndex> at, const Tile &tile, Loc = Loc::current()) const;
  /// Adds the elements of `tile` to what is at `at`, as `gather` reads it, undivided by other programs. Many may go to
  /// one place. The order is a matter of luck, so that sums of f32 may differ in their last bits from run to run. For
  /// views of f32, i32 and i64 that are declared with inout().
  void atomic_add(std::vector<GatherIndex> at, const Tile &tile, Loc = Loc::current()) const;
  /// Asks for the block of `extents` (any numbers, of 2^20 elements at most) at `at` to be brought near. It changes no
  /// result and may lie outside the view; a GPU, which hides latency by running other programs, ignores it.
  void prefetch(std::vector<Index> at, std::vector<int64_t> extents, Loc = Loc::current()) const;
  /// The part of the view whose coordinates in `dim` are below `end`: the same memory, of which less is inside.
  View below(int dim, const Index &end, Loc = Loc::current()) const;

private:
  detail::Value v_;
  DType dtype_;
  std::vector<Index> extents_;
};

/// What is promised of a kernel argument; the runtime checks it at every binding, so a wrong promise is a UserError and
/// never a wrong number.
struct ViewOptions {
  std::vector<Index> strides = {}; ///< elements, per dimension; empty: contiguous row-major; 0 only for inputs
  int align = 0;                   ///< bytes, a power of two, at least an element's; 0: 16
};

/// One finished kernel: shareable, immutable.
class Kernel {
public:
  Kernel() = default;
  explicit Kernel(std::shared_ptr<const detail::KernelImpl> impl) : impl_(std::move(impl)) {}
  const std::string &name() const;
  int warps() const;
  std::string str() const;                ///< the tile IR
  const detail::KernelImpl &impl() const; ///< for the compiler
  explicit operator bool() const { return impl_ != nullptr; }

private:
  std::shared_ptr<const detail::KernelImpl> impl_;
};

struct LaunchOptions {
  int warps = 4;      ///< of a program, where the machine has them; a power of two, 1 to 32
  bool debug = false; ///< what the kernel prints and requires is compiled in; so it is with TILE_DEBUG=1
  /// Most registers of a GPU's lane, 24 to 255. 0: the GPU's assembler weighs them against the programs that run at
  /// once, and may spill a few to fit in one more.
  int registers = 0;
  /// Programmatic dependent launch, on GPUs from sm_90 on. A secondary is started while the kernel before it in the
  /// stream still runs, and waits for its end before it touches memory: the earlier if that one is a primary, which lets
  /// the next be started as soon as all of its own programs are. For few and small programs behind large ones, as the
  /// second stages of sums are. Not for programs that are as many as fit: early ones crowd where there is room first.
  /// Older GPUs, and drivers before CUDA 12.3, start one kernel after the other.
  bool primary = false, secondary = false;
};

namespace detail {
/// One value that travels through a loop, in erased form.
struct Carried {
  Value value;
  bool is_constant = false; ///< an Index or a Scalar without a value
  bool is_index = false;
  int64_t constant = 0;
  DType dtype = DType::i64; ///< of the constant, unless it is an Index
};
inline Carried carried(const Tile &t) {
  return {t.value()};
}
inline Carried carried(const Scalar &s) {
  return {s.value(), !s.value(), false, s.constant(), s.dtype()};
}
inline Carried carried(const Index &i) {
  return {i.value(), !i.value(), true, i.constant()};
}
inline Tile like(const Tile &t, Value v) {
  return Tile(v, t.dtype(), t.shape());
}
inline Scalar like(const Scalar &s, Value v) {
  return Scalar(v, s.dtype());
}
inline Index like(const Index &, Value v) {
  return Index(v);
}
template <class T> struct is_tuple : std::false_type {};
template <class... T> struct is_tuple<std::tuple<T...>> : std::true_type {};
struct Body; // a branch's; Branch.h
} // namespace detail

/// A run-time loop under construction; see KernelBuilder::loop.
template <class... Carried> class LoopWith;
struct LoopBody;
class Loop {
public:
  Loop(KernelBuilder &k, Index lo, Index hi, Index step, Loc loc) : k_(k), lo_(lo), hi_(hi), step_(step), loc_(loc) {}
  /// On a GPU, the loads of the `n - 1` (0 to 7) next iterations are in flight while one computes, in registers. A view
  /// that the loop itself stores to is not read ahead. Only loads whose place follows from the loop's own number.
  Loop stages(int n) const;
  /// Values (Tile, Index or Scalar) that travel from one iteration to the next. The body takes (Index, values...) and
  /// returns their successors, of the same dtypes and shapes: one value, or a std::tuple.
  template <class... C> LoopWith<C...> carry(C... initial) const { return {*this, std::move(initial)...}; }
  /// A loop that carries a C++ list of tiles: the body takes (Index, std::vector<Tile>) and returns one.
  template <class F> std::vector<Tile> carry_list(const std::vector<Tile> &initial, F &&body) const;
  /// A loop that carries nothing.
  template <class F> void operator()(F &&body) const;

private:
  template <class... C> friend class LoopWith;
  std::vector<detail::Value> run(const std::vector<detail::Carried> &initial, const LoopBody &body) const;
  KernelBuilder &k_;
  Index lo_, hi_, step_;
  Loc loc_;
  int stages_ = 1;
};

/// The body in erased form: carried values in, their successors out.
struct LoopBody {
  void *state;
  std::vector<detail::Carried> (*call)(void *state, Index i, const std::vector<detail::Value> &carried);
};

template <class... C> class LoopWith {
public:
  LoopWith(const Loop &loop, C... initial) : loop_(loop), initial_(std::move(initial)...) {}
  /// Runs the loop; returns the final values: the value itself if there is one, else a std::tuple.
  template <class F> auto operator()(F &&body) const {
    auto erased = [&](Index i, const std::vector<detail::Value> &in) {
      auto out = call(body, i, in, std::index_sequence_for<C...>{});
      return pack(out);
    };
    using Erased = decltype(erased);
    LoopBody b{&erased, [](void *s, Index i, const std::vector<detail::Value> &in) {
                 return (*static_cast<Erased *>(s))(i, in);
               }};
    auto initial = std::apply([](const C &...c) { return std::vector{detail::carried(c)...}; }, initial_);
    return unpack(loop_.run(initial, b), std::index_sequence_for<C...>{});
  }

private:
  template <class F, size_t... I>
  auto call(F &body, Index i, const std::vector<detail::Value> &in, std::index_sequence<I...>) const {
    return body(i, detail::like(std::get<I>(initial_), in[I])...);
  }
  template <class R> static std::vector<detail::Carried> pack(const R &r) {
    if constexpr (detail::is_tuple<R>::value)
      return std::apply([](const auto &...t) { return std::vector<detail::Carried>{detail::carried(t)...}; }, r);
    else
      return {detail::carried(r)};
  }
  template <size_t... I> auto unpack(const std::vector<detail::Value> &out, std::index_sequence<I...>) const {
    if constexpr (sizeof...(C) == 1)
      return detail::like(std::get<0>(initial_), out[0]);
    else
      return std::tuple<C...>{detail::like(std::get<I>(initial_), out[I])...};
  }
  Loop loop_;
  std::tuple<C...> initial_;
};

template <class F> std::vector<Tile> Loop::carry_list(const std::vector<Tile> &initial, F &&body) const {
  auto tiles = [&](const std::vector<detail::Value> &in) {
    std::vector<Tile> out;
    for (size_t n = 0; n < in.size(); ++n) out.push_back(detail::like(initial[n], in[n]));
    return out;
  };
  auto values = [](const std::vector<Tile> &in) {
    std::vector<detail::Carried> out;
    for (const Tile &t : in) out.push_back(detail::carried(t));
    return out;
  };
  auto erased = [&](Index i, const std::vector<detail::Value> &in) { return values(body(i, tiles(in))); };
  using Erased = decltype(erased);
  LoopBody b{&erased,
             [](void *s, Index i, const std::vector<detail::Value> &in) { return (*static_cast<Erased *>(s))(i, in); }};
  return tiles(run(values(initial), b));
}

template <class F> void Loop::operator()(F &&body) const {
  carry_list({}, [&](Index i, const std::vector<Tile> &) {
    body(i);
    return std::vector<Tile>{};
  });
}

/// What an author knows of an Index and the compiler can't see.
struct Facts {
  int64_t divisible = 1;
  std::optional<int64_t> at_least = {}, at_most = {};
};

/// A text and where it was written.
struct Text {
  template <class S>
  requires std::is_convertible_v<S, std::string_view> Text(const S &s, Loc l = Loc::current()) : text(s), loc(l) {}
  std::string_view text;
  Loc loc;
};

/// What a kernel can print.
struct Printable {
  Printable(Tile t) : kind(Kind::Tile), tile(std::move(t)) {}
  Printable(Index i) : kind(Kind::Index), index(i) {}
  Printable(Scalar s) : kind(Kind::Scalar), carried(detail::carried(s)) {}
  enum class Kind : uint8_t { Tile, Index, Scalar } kind;
  Tile tile;
  Index index = 0;
  detail::Carried carried;
};

/// Builds one kernel. Values of one builder cannot be mixed with another's (UserError).
class KernelBuilder {
public:
  explicit KernelBuilder(std::string_view name, LaunchOptions = {}, Loc = Loc::current());
  KernelBuilder(const KernelBuilder &) = delete;
  ~KernelBuilder();

  /// An integer argument of the kernel, from 0 up. `divisible`: a divisor it is promised to have. Names of arguments,
  /// like the kernel's, are C identifiers, and no two are the same.
  Index runtime(std::string_view name, int64_t divisible = 1, Loc = Loc::current());
  /// A number argument of the kernel, of any dtype but i1.
  Scalar scalar(std::string_view name, DType, Loc = Loc::current());
  /// A tensor argument that is read / written / both: an input can't be stored to, an output can't be loaded from.
  /// Extents and strides are C++ numbers or Index values.
  View input(std::string_view name, DType, std::vector<Index> extents, ViewOptions = {}, Loc = Loc::current());
  View output(std::string_view name, DType, std::vector<Index> extents, ViewOptions = {}, Loc = Loc::current());
  View inout(std::string_view name, DType, std::vector<Index> extents, ViewOptions = {}, Loc = Loc::current());

  Index program_id(int axis, Loc = Loc::current());
  Index num_programs(int axis, Loc = Loc::current());
  /// 0, 1, ... extent-1.
  Tile iota(int64_t extent, DType = i32, Loc = Loc::current());
  Tile full(std::vector<int64_t> shape, double value, DType, Loc = Loc::current());
  template <class N>
  requires std::is_integral_v<N> Tile full(std::vector<int64_t> shape, N value, DType t, Loc l = Loc::current()) {
    return is_float(t) ? full(std::move(shape), double(value), t, l) : constant(shape, Operand(value, l), t, l);
  }
  Tile zeros(std::vector<int64_t> shape, DType t, Loc l = Loc::current()) { return full(std::move(shape), 0, t, l); }

  /// for (i = lo; i < hi; i += step), at run time; a step of less than 1 counts as 1:
  ///   auto [mean, m2] = k.loop(0, cols, 1024).carry(zero, zero)([&](Index i, Tile mean, Tile m2) {
  ///     ...
  ///     return std::tuple{mean, m2};
  ///   });
  Loop loop(Index lo, Index hi, Index step, Loc l = Loc::current()) { return Loop(*this, lo, hi, step, l); }

  /// `then()` where the condition holds when the kernel runs, for the whole program alike.
  template <class F> void when(const Condition &, F &&then, Loc = Loc::current());
  /// `then()` or `otherwise()`; both return the same: nothing, a Tile, Scalar or Index, a std::tuple of them, or a
  /// std::vector<Tile>, with the same dtypes and shapes.
  ///   Tile y = k.when(row < rows, [&] { return x.load({row, 0}, {1, 64}); }, [&] { return k.zeros({1, 64}, f32); });
  template <class F, class G> auto when(const Condition &, F &&then, G &&otherwise, Loc = Loc::current());
  /// `a` where the condition holds, else `b`.
  Index choose(const Condition &, const Index &a, const Index &b, Loc = Loc::current());

  /// The index, of which `facts` are known: vectors become wider and masks fall away. The virtual GPU checks them; on
  /// other machines a wrong one leads to accesses outside of views.
  ///   Index begin = k.assume(offsets.at({s}).to_index(), {.divisible = 8, .at_least = 0});
  Index assume(const Index &, Facts facts, Loc = Loc::current());

  // For debugging: nothing is left of these unless LaunchOptions::debug or TILE_DEBUG=1 asks for them.

  /// Prints the text, each `{}` in it replaced by a value: a line for each program, or, where tiles are among the
  /// values, one for each element of the shape they broadcast to. A line begins with file and line, program and
  /// element:
  ///   k.print("{} in row {}", v, row);   // norm.cpp:17: program (2,0,0) [0, 5]: 1.5 in row 8
  template <class... V> void print(Text text, const V &...values) { print_all(text, {Printable(values)...}); }
  /// Ends the kernel with a DeviceError that holds the message where the condition does not hold, or an element of an
  /// i1 tile is false. The host runs its programs to their end before.
  void require(const Condition &, std::string_view message, Loc = Loc::current());
  void require(const Tile &, std::string_view message, Loc = Loc::current());

  /// Verifies and closes the kernel. The builder can't be used afterwards.
  Kernel finish(Loc = Loc::current());

private:
  friend class Loop;
  Tile constant(const std::vector<int64_t> &shape, const Operand &, DType, Loc);
  void print_all(const Text &, const std::vector<Printable> &);
  std::vector<detail::Value> branch(const Condition &, const detail::Body &then, const detail::Body &otherwise, Loc);
  std::unique_ptr<detail::BuilderImpl> impl_;
};

} // namespace tile

#include "compiler/dsl/Branch.h"
#include "compiler/dsl/Combine.h"
#include "compiler/dsl/Gradient.h"
