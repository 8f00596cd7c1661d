// Divisors and bounds of index values, by structural recursion.
#include "compiler/analysis/IndexFacts.h"

#include "compiler/dialect/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <numeric>

using namespace mlir;

namespace tile {
namespace {

using Bound = std::optional<int64_t>;

/// A bound that would overflow is no bound.
Bound add(Bound a, Bound b) {
  int64_t r;
  if (!a || !b || __builtin_add_overflow(*a, *b, &r)) return std::nullopt;
  return r;
}

Bound multiply(Bound a, Bound b) {
  int64_t r;
  if (!a || !b || __builtin_mul_overflow(*a, *b, &r)) return std::nullopt;
  return r;
}

/// Deep enough for any address; bounds the walk on IR that is not ours.
constexpr int kMaxDepth = 16;
IndexFacts facts(Value v, int depth);

IndexFacts factsOfArgument(func::FuncOp func, unsigned number) {
  IndexFacts f;
  if (auto attr = func.getArgAttrOfType<IntegerAttr>(number, ir::kDivisibleAttr)) f.divisor = attr.getInt();
  f.min = 0; // extents and strides; the runtime refuses negative ones
  return f;
}

/// lo, lo + step, ... below hi.
IndexFacts factsOfInduction(scf::ForOp loop, int depth) {
  IndexFacts lo = facts(loop.getLowerBound(), depth), step = facts(loop.getStep(), depth);
  IndexFacts hi = facts(loop.getUpperBound(), depth);
  IndexFacts f;
  // A step of less than 1 counts as 1.
  f.divisor = std::gcd(lo.divisor, step.min && *step.min > 0 ? step.divisor : 1);
  if (loop.getUnsignedCmp()) return f; // bounds are signed
  f.min = lo.min;
  f.max = add(hi.max, -1);
  bool exact = lo.min && lo.min == lo.max && step.min && step.min == step.max && *step.min > 0 && f.max;
  if (exact && *f.max >= *lo.min) f.max = *lo.min + (*f.max - *lo.min) / *step.min * *step.min;
  return f;
}

bool isNonnegative(const IndexFacts &f) {
  return f.min && *f.min >= 0;
}

/// Unsigned: to it a negative number is a huge one.
IndexFacts remainder(const IndexFacts &a, const IndexFacts &b) {
  IndexFacts f;
  f.divisor = std::gcd(a.divisor, b.divisor);
  if (!isNonnegative(b)) return f;
  f.min = 0;
  f.max = add(b.max, -1);
  if (isNonnegative(a) && a.max) f.max = f.max ? std::min(*f.max, *a.max) : *a.max;
  return f;
}

IndexFacts quotient(const IndexFacts &a, const IndexFacts &b) {
  IndexFacts f;
  if (!isNonnegative(a) || !isNonnegative(b)) return f;
  int64_t least = std::max<int64_t>(1, *b.min);
  f.min = b.max && *b.max > 0 ? *a.min / *b.max : 0;
  if (a.max) f.max = *a.max / least;
  if (b.max == b.min && a.divisor % least == 0) f.divisor = a.divisor / least;
  return f;
}

/// What was known, and what the author knows beside it.
IndexFacts assumed(IndexFacts f, ir::AssumeOp op) {
  int64_t common = std::gcd(f.divisor, int64_t(op.getDivisible())), both;
  if (common && !__builtin_mul_overflow(f.divisor / common, int64_t(op.getDivisible()), &both)) f.divisor = both;
  if (auto least = op.getAtLeast()) f.min = f.min ? std::max(*f.min, int64_t(*least)) : int64_t(*least);
  if (auto most = op.getAtMost()) f.max = f.max ? std::min(*f.max, int64_t(*most)) : int64_t(*most);
  return f;
}

IndexFacts facts(Value v, int depth) {
  if (depth == 0) return {};
  --depth;
  APInt constant;
  if (matchPattern(v, m_ConstantInt(&constant))) return factsOf(constant.getSExtValue());
  if (auto arg = dyn_cast<BlockArgument>(v)) {
    Operation *parent = arg.getOwner()->getParentOp();
    if (auto func = dyn_cast<func::FuncOp>(parent)) return factsOfArgument(func, arg.getArgNumber());
    if (auto loop = dyn_cast<scf::ForOp>(parent); loop && v == loop.getInductionVar())
      return factsOfInduction(loop, depth);
    return {};
  }
  Operation *op = v.getDefiningOp();
  if (isa<ir::ProgramIdOp>(op)) return {1, 0, std::nullopt};
  if (isa<ir::NumProgramsOp>(op)) return {1, 1, std::nullopt};
  if (auto o = dyn_cast<ir::AssumeOp>(op)) return assumed(facts(o.getIndex(), depth), o);
  if (auto o = dyn_cast<arith::AddIOp>(op)) return facts(o.getLhs(), depth) + facts(o.getRhs(), depth);
  if (auto o = dyn_cast<arith::MulIOp>(op)) return facts(o.getLhs(), depth) * facts(o.getRhs(), depth);
  if (auto o = dyn_cast<arith::SubIOp>(op))
    return facts(o.getLhs(), depth) + facts(o.getRhs(), depth) * factsOf(int64_t(-1));
  if (auto o = dyn_cast<arith::RemUIOp>(op)) return remainder(facts(o.getLhs(), depth), facts(o.getRhs(), depth));
  if (auto o = dyn_cast<arith::DivUIOp>(op)) return quotient(facts(o.getLhs(), depth), facts(o.getRhs(), depth));
  if (auto o = dyn_cast<arith::MinSIOp>(op)) {
    IndexFacts a = facts(o.getLhs(), depth), b = facts(o.getRhs(), depth);
    Bound max = a.max && b.max ? std::min(*a.max, *b.max) : a.max ? a.max : b.max;
    return {std::gcd(a.divisor, b.divisor), a.min && b.min ? Bound(std::min(*a.min, *b.min)) : Bound(), max};
  }
  if (auto o = dyn_cast<arith::MaxSIOp>(op)) {
    IndexFacts a = facts(o.getLhs(), depth), b = facts(o.getRhs(), depth);
    Bound min = a.min && b.min ? std::max(*a.min, *b.min) : a.min ? a.min : b.min;
    return {std::gcd(a.divisor, b.divisor), min, a.max && b.max ? Bound(std::max(*a.max, *b.max)) : Bound()};
  }
  return {};
}

} // namespace

int64_t IndexFacts::powerOfTwo(int64_t limit) const {
  if (divisor == 0) return limit;
  return std::min(limit, divisor & -divisor);
}

IndexFacts factsOf(Value index) {
  return facts(index, kMaxDepth);
}

IndexFacts factsOf(int64_t c) {
  return {c == INT64_MIN ? 1 : std::abs(c), c, c};
}

IndexFacts factsOf(OpFoldResult number) {
  if (!number) return {};
  if (auto value = dyn_cast<Value>(number)) return factsOf(value);
  return factsOf(cast<IntegerAttr>(cast<Attribute>(number)).getInt());
}

IndexFacts operator+(const IndexFacts &a, const IndexFacts &b) {
  return {std::gcd(a.divisor, b.divisor), add(a.min, b.min), add(a.max, b.max)};
}

IndexFacts operator*(const IndexFacts &a, const IndexFacts &b) {
  IndexFacts f;
  int64_t divisor;
  f.divisor = __builtin_mul_overflow(a.divisor, b.divisor, &divisor) ? 1 : divisor;
  bool bothPositive = a.min && b.min && *a.min >= 0 && *b.min >= 0;
  if (bothPositive) {
    f.min = multiply(a.min, b.min);
    f.max = multiply(a.max, b.max);
  } else if (b.min && b.min == b.max && a.min && *b.min < 0) { // a constant negative factor turns the bounds round
    f.max = multiply(a.min, b.min);
    f.min = multiply(a.max, b.min);
  } else if (a.min && a.min == a.max && b.min && *a.min < 0) {
    return b * a;
  }
  return f;
}

} // namespace tile
