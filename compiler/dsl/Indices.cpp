// Arithmetic on indices: what is known in C++ is computed there, the rest is 64-bit arithmetic that does not overflow.
#include "compiler/dsl/Impl.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace tile::detail {
namespace {

std::string_view nameOf(Binary op) {
  switch (op) {
  case Binary::Add:
    return "+";
  case Binary::Sub:
    return "-";
  case Binary::Mul:
    return "*";
  case Binary::Div:
    return "/";
  case Binary::Rem:
    return "%";
  case Binary::Min:
    return "min";
  case Binary::Max:
    return "max";
  default:
    return "?";
  }
}

void checkDivision(Binary op, const Index &a, const Index &b, Loc loc) {
  if (op != Binary::Div && op != Binary::Rem) return;
  if (!b.value() && b.constant() < 1)
    fail(loc, "an Index ", nameOf(op), " ", b.constant(), "; the divisor is at least 1");
  if (!a.value() && a.constant() < 0)
    fail(loc, a.constant(), " ", nameOf(op), " an Index; the dividend is not negative");
}

int64_t compute(Binary op, int64_t a, int64_t b, Loc loc) {
  int64_t result = 0;
  bool overflow = false;
  switch (op) {
  case Binary::Add:
    overflow = __builtin_add_overflow(a, b, &result);
    break;
  case Binary::Sub:
    overflow = __builtin_sub_overflow(a, b, &result);
    break;
  case Binary::Mul:
    overflow = __builtin_mul_overflow(a, b, &result);
    break;
  case Binary::Div:
    result = a / b;
    break;
  case Binary::Rem:
    result = a % b;
    break;
  case Binary::Min:
    result = std::min(a, b);
    break;
  case Binary::Max:
    result = std::max(a, b);
    break;
  default:
    throw InternalError("no such arithmetic on indices");
  }
  if (overflow) fail(loc, a, " ", nameOf(op), " ", b, " does not fit into the 64 bits of an Index");
  return result;
}

/// x + 0, x * 1 and the like, which spare the IR an op; nothing otherwise.
std::optional<Index> simplify(Binary op, const Index &a, const Index &b) {
  auto is = [](const Index &i, int64_t n) { return !i.value() && i.constant() == n; };
  switch (op) {
  case Binary::Add:
    if (is(a, 0)) return b;
    return is(b, 0) ? std::optional(a) : std::nullopt;
  case Binary::Sub:
    return is(b, 0) ? std::optional(a) : std::nullopt;
  case Binary::Mul:
    if (is(a, 0) || is(b, 1)) return a;
    return is(b, 0) || is(a, 1) ? std::optional(b) : std::nullopt;
  case Binary::Div:
    return is(b, 1) ? std::optional(a) : std::nullopt;
  case Binary::Rem:
    return is(b, 1) ? std::optional(Index(0)) : std::nullopt;
  default:
    return std::nullopt;
  }
}

mlir::Value emit(OpBuilder &b, Location at, Binary op, mlir::Value x, mlir::Value y) {
  constexpr auto nsw = arith::IntegerOverflowFlags::nsw;
  switch (op) {
  case Binary::Add:
    return arith::AddIOp::create(b, at, x, y, nsw);
  case Binary::Sub:
    return arith::SubIOp::create(b, at, x, y, nsw);
  case Binary::Mul:
    return arith::MulIOp::create(b, at, x, y, nsw);
  case Binary::Div:
    return arith::DivUIOp::create(b, at, x, y);
  case Binary::Rem:
    return arith::RemUIOp::create(b, at, x, y);
  case Binary::Min:
    return arith::MinSIOp::create(b, at, x, y);
  case Binary::Max:
    return arith::MaxSIOp::create(b, at, x, y);
  default:
    throw InternalError("no such arithmetic on indices");
  }
}

} // namespace

void refuse_index(uint64_t number, Loc loc) {
  fail(loc, "the number ", number, " does not fit into the 64 bits of an Index, which holds ", INT64_MIN, " to ",
       INT64_MAX);
}

Index index_binary(Binary op, const Index &a, const Index &b, Loc loc) {
  checkDivision(op, a, b, loc);
  if (!a.value() && !b.value()) return compute(op, a.constant(), b.constant(), loc);
  BuilderImpl &builder = builderOf(a.value() ? a.value() : b.value(), "the Index", loc);
  for (const Index &i : {a, b})
    if (i.value()) builder.use(i, loc); // also where it is simplified away
  if (std::optional<Index> simple = simplify(op, a, b)) return *simple;
  mlir::Value x = builder.use(a, loc), y = builder.use(b, loc);
  return builder.index(emit(builder.builder, builder.at(loc), op, x, y));
}

} // namespace tile::detail

namespace tile {
using namespace detail;

static void checkConstant(int64_t c, const Facts &f, Loc loc) {
  auto wrong = [&](std::string_view fact, int64_t bound) {
    fail(loc, "assume() of the number ", c, ", which is not ", fact, " ", bound);
  };
  if (c % f.divisible != 0) wrong("divisible by", f.divisible);
  if (f.at_least && c < *f.at_least) wrong("at least", *f.at_least);
  if (f.at_most && c > *f.at_most) wrong("at most", *f.at_most);
}

Index KernelBuilder::assume(const Index &index, Facts facts, Loc loc) {
  BuilderImpl &b = *impl_;
  b.checkOpen(loc);
  if (facts.divisible < 1) fail(loc, "assume() of a divisor of ", facts.divisible, "; it is at least 1");
  if (facts.at_least && facts.at_most && *facts.at_least > *facts.at_most)
    fail(loc, "assume() of at least ", *facts.at_least, " and at most ", *facts.at_most, ", which no Index is");
  if (!index.value()) {
    checkConstant(index.constant(), facts, loc);
    return index;
  }
  auto number = [&](std::optional<int64_t> n) { return n ? b.builder.getI64IntegerAttr(*n) : IntegerAttr(); };
  return b.index(ir::AssumeOp::create(b.builder, b.at(loc), b.use(index, loc), number(facts.divisible),
                                      number(facts.at_least), number(facts.at_most)));
}

} // namespace tile
