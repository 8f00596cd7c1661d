// index < bound where neither is known before the kernel runs: what remainders and loops promise.
#include "compiler/analysis/IndexFacts.h"

#include "compiler/dialect/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tile {
namespace {

constexpr int kMaxDepth = 8;

std::optional<int64_t> constantOf(Value v) {
  APInt constant;
  if (!matchPattern(v, m_ConstantInt(&constant))) return std::nullopt;
  return constant.getSExtValue();
}

/// The other operand of a commutative op, if one of them is `v`.
template <class Op> Value otherOperand(Op op, Value v) {
  if (!op) return {};
  return op.getLhs() == v ? op.getRhs() : op.getRhs() == v ? op.getLhs() : Value();
}

/// The other operand of a commutative op, if one of them is the constant.
template <class Op> Value besides(Op op, int64_t constant) {
  if (!op) return {};
  if (constantOf(op.getRhs()) == constant) return op.getLhs();
  return constantOf(op.getLhs()) == constant ? op.getRhs() : Value();
}

/// a <= b by what least values are made of.
bool goesNoFurther(Value a, Value b, int depth) {
  if (a == b) return true;
  if (depth-- == 0) return false;
  if (auto least = b.getDefiningOp<arith::MinSIOp>();
      least && goesNoFurther(a, least.getLhs(), depth) && goesNoFurther(a, least.getRhs(), depth))
    return true;
  auto least = a.getDefiningOp<arith::MinSIOp>();
  return least && (goesNoFurther(least.getLhs(), b, depth) || goesNoFurther(least.getRhs(), b, depth));
}

/// `end`, if the loop goes over the whole steps between its lower bound and `end`, that is to
///   lower + max(end - lower, 0) / step * step
/// which is at most `end` wherever the loop runs at all.
Value endOfWholeSteps(scf::ForOp loop, int64_t step) {
  Value lower = loop.getLowerBound();
  Value steps = otherOperand(loop.getUpperBound().getDefiningOp<arith::AddIOp>(), lower);
  if (!steps) return {};
  Value count = besides(steps.getDefiningOp<arith::MulIOp>(), step);
  auto quotient = count ? count.getDefiningOp<arith::DivUIOp>() : nullptr;
  if (!quotient || constantOf(quotient.getRhs()) != step) return {};
  Value clamped = besides(quotient.getLhs().getDefiningOp<arith::MaxSIOp>(), 0);
  auto distance = clamped ? clamped.getDefiningOp<arith::SubIOp>() : nullptr;
  return distance && distance.getRhs() == lower ? distance.getLhs() : Value();
}

bool dividesBounds(scf::ForOp loop, int64_t step) {
  return factsOf(loop.getLowerBound()).divisor % step == 0 && factsOf(loop.getUpperBound()).divisor % step == 0;
}

/// iv + offset < bound inside of the loop. With c <= d: iv - d is below `end` where iv is below end + c.
bool isBelow(scf::ForOp loop, int64_t offset, OpFoldResult bound) {
  if (loop.getUnsignedCmp()) return false;
  if (offset < 0) {
    auto upper = loop.getUpperBound().getDefiningOp<arith::AddIOp>();
    std::optional<int64_t> added = upper ? constantOf(upper.getRhs()) : std::nullopt;
    if (added && *added <= -offset && isAtMost(upper.getLhs(), bound)) return true;
    offset = 0; // what lies before iv is below whatever iv is below
  }
  if (offset == 0 && isAtMost(loop.getUpperBound(), bound)) return true;
  std::optional<int64_t> step = constantOf(loop.getStep());
  if (!step || offset >= *step) return false;
  if (dividesBounds(loop, *step) && isAtMost(loop.getUpperBound(), bound)) return true;
  Value end = endOfWholeSteps(loop, *step);
  return end && isAtMost(end, bound);
}

} // namespace

bool isAtMost(Value a, OpFoldResult b) {
  std::optional<int64_t> most = factsOf(a).max;
  if (std::optional<int64_t> number = getConstantIntValue(b)) return most && *most <= *number;
  return goesNoFurther(a, cast<Value>(b), kMaxDepth);
}

bool isBelow(Value index, int64_t reach, OpFoldResult bound) {
  while (auto assume = index.getDefiningOp<ir::AssumeOp>()) index = assume.getIndex();
  if (auto remainder = index.getDefiningOp<arith::RemUIOp>())
    return reach == 0 && isEqualConstantIntOrValue(remainder.getRhs(), bound);
  int64_t offset = 0;
  if (auto sum = index.getDefiningOp<arith::AddIOp>())
    if (std::optional<int64_t> c = constantOf(sum.getRhs())) {
      offset = *c;
      index = sum.getLhs();
    }
  if (auto difference = index.getDefiningOp<arith::SubIOp>())
    if (std::optional<int64_t> c = constantOf(difference.getRhs())) {
      offset -= *c;
      index = difference.getLhs();
    }
  auto arg = dyn_cast<BlockArgument>(index);
  auto loop = arg ? dyn_cast<scf::ForOp>(arg.getOwner()->getParentOp()) : nullptr;
  return loop && index == loop.getInductionVar() && isBelow(loop, offset + reach, bound);
}

} // namespace tile
