// What makes the ops of CombineOps.td valid: the combine function, then shapes, then layouts as the plans want them.
#include "compiler/dialect/Verify.h"

using namespace mlir;

namespace tile::ir {

bool isCombine(Operation *op) {
  return op && isa<ReduceWithOp, ScanOp, ReduceRegistersWithOp, ReduceLanesWithOp, ScanBlocksOp, ScanCarryOp>(op);
}

SmallVector<Type> withLayouts(TypeRange tiles, const layout::Layout &layout) {
  SmallVector<Type> out;
  for (Type t : tiles) out.push_back(withLayout(getElementTypeOrSelf(t), layout, t.getContext()));
  return out;
}

namespace {

RankedTensorType tileOf(Value v) {
  return cast<RankedTensorType>(v.getType());
}

/// What a combine function may do with its rank-0 tiles: everything that is element by element.
LogicalResult verifyInside(Operation *op, Operation &inside) {
  if (isa<YieldOp, SplatOp, arith::ConstantOp>(inside)) return success();
  if (inside.hasTrait<OpTrait::Elementwise>() && inside.getNumResults() == 1) return success();
  return op->emitOpError() << "has '" << inside.getName() << "' in its function, which combines single elements only";
}

/// The function takes two elements of each of the first `count` sources, then the captures, and yields one of each.
LogicalResult verifyFunction(Operation *op, Region &region, ValueRange sources, ValueRange captures) {
  SmallVector<Type> elements, arguments;
  for (Value s : sources) elements.push_back(RankedTensorType::get({}, tileOf(s).getElementType()));
  arguments.append(elements);
  arguments.append(elements);
  for (Value c : captures) {
    if (!isNumber(c.getType())) return op->emitOpError() << "captures numbers, not " << c.getType();
    arguments.push_back(c.getType());
  }
  Block &block = region.front();
  if (block.getArgumentTypes() != TypeRange(arguments))
    return op->emitOpError() << "has a function of other arguments than two elements of each operand and the captures";
  for (Operation &inside : block)
    if (failed(verifyInside(op, inside))) return failure();
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield) return op->emitOpError() << "has a function that does not end in tile.yield";
  if (yield.getValues().getTypes() != TypeRange(elements))
    return op->emitOpError() << "has a function that does not yield one element of each operand";
  return success();
}

/// Operands of one shape, and of one layout or none.
LogicalResult verifySources(Operation *op, ValueRange sources, int64_t axis) {
  if (sources.empty()) return op->emitOpError() << "has no operand";
  RankedTensorType first = tileOf(sources[0]);
  if (failed(verifyTile(op, first)) || failed(verifyAxis(op, axis, first.getRank()))) return failure();
  for (Value s : sources)
    if (tileOf(s).getShape() != first.getShape() || tileOf(s).getEncoding() != first.getEncoding())
      return op->emitOpError() << "has operands of different shapes or layouts";
  return success();
}

/// As many results as operands, of their element types; each of `shape` and, if there is one, in the layout.
LogicalResult verifyResults(Operation *op, ValueRange sources, ValueRange results, ArrayRef<int64_t> shape,
                            const layout::Layout *expected) {
  if (results.size() != sources.size()) return op->emitOpError() << "has other results than one for each operand";
  for (auto [source, result] : llvm::zip(sources, results)) {
    RankedTensorType type = tileOf(result);
    if (failed(verifyTiles(op, tileOf(source), type))) return failure();
    if (type.getShape() != shape || type.getElementType() != tileOf(source).getElementType())
      return op->emitOpError() << "gives tiles of another shape or type than "
                               << RankedTensorType::get(shape, tileOf(source).getElementType());
    if (expected && failed(verifyLayout(op, type, *expected))) return failure();
  }
  return success();
}

SmallVector<int64_t, 3> extentsOf(const layout::Shape &shape) {
  SmallVector<int64_t, 3> out;
  for (int d = 0; d < shape.rank(); ++d) out.push_back(shape.extent(d));
  return out;
}

FailureOr<layout::ScanPlan> scanPlanOf(Operation *op, RankedTensorType source, int64_t axis) {
  try {
    return layout::plan_scan(*layoutOf(source), int(axis));
  } catch (const std::invalid_argument &e) {
    op->emitOpError() << e.what();
    return failure();
  }
}

template <class Op> LogicalResult verifyStart(Op op) {
  if (failed(verifySources(op, op.getSources(), int64_t(op.getAxis())))) return failure();
  return verifyFunction(op, op.getCombine(), op.getSources(), op.getCaptures());
}

template <class Op> LogicalResult verifyIdentities(Op op) {
  if (op.getIdentities().empty()) return success();
  bool fits = op.getIdentities().size() == op.getSources().size();
  for (size_t i = 0; fits && i < op.getSources().size(); ++i)
    fits = op.getIdentities()[i].getType() == tileOf(op.getSources()[i]).getElementType();
  return fits ? success() : op.emitOpError() << "has other identities than a number of each operand's type";
}

template <class Op> LogicalResult verifyReduceStep(Op op, bool lanes) {
  if (failed(verifyStart(op))) return failure();
  RankedTensorType from = tileOf(op.getSources()[0]);
  if (!layoutOf(from)) return op.emitOpError() << "needs tiles that carry layouts";
  FailureOr<layout::ReductionPlan> plan = planOf(op, from, int64_t(op.getAxis()));
  if (failed(plan)) return failure();
  if (lanes && *layoutOf(from) != plan->after_registers)
    return op.emitOpError() << "registers still hold several elements of dimension " << op.getAxis();
  const layout::Layout &to = lanes ? plan->after_lanes : plan->after_registers;
  return verifyResults(op, op.getSources(), op.getResults(), extentsOf(to.shape()), &to);
}

} // namespace

LogicalResult ReduceWithOp::verify() {
  if (failed(verifyStart(*this))) return failure();
  RankedTensorType from = tileOf(getSources()[0]);
  SmallVector<int64_t> shape(from.getShape());
  shape.erase(shape.begin() + int64_t(getAxis()));
  if (!layoutOf(from)) return verifyResults(*this, getSources(), getResults(), shape, nullptr);
  FailureOr<layout::ReductionPlan> plan = planOf(*this, from, int64_t(getAxis()));
  return failed(plan) ? failure() : verifyResults(*this, getSources(), getResults(), shape, &plan->result);
}

LogicalResult ReduceRegistersWithOp::verify() {
  return verifyReduceStep(*this, /*lanes=*/false);
}

LogicalResult ReduceLanesWithOp::verify() {
  return verifyReduceStep(*this, /*lanes=*/true);
}

LogicalResult ScanOp::verify() {
  if (failed(verifyStart(*this)) || failed(verifyIdentities(*this))) return failure();
  RankedTensorType from = tileOf(getSources()[0]);
  if (layoutOf(from) && failed(scanPlanOf(*this, from, int64_t(getAxis())))) return failure();
  return verifyResults(*this, getSources(), getResults(), from.getShape(), layoutOf(from));
}

LogicalResult ScanBlocksOp::verify() {
  if (failed(verifyStart(*this)) || failed(verifyIdentities(*this))) return failure();
  RankedTensorType from = tileOf(getSources()[0]);
  if (!layoutOf(from)) return emitOpError() << "needs tiles that carry layouts";
  FailureOr<layout::ScanPlan> plan = scanPlanOf(*this, from, int64_t(getAxis()));
  if (failed(plan)) return failure();
  size_t count = getSources().size();
  if (getNumResults() != (plan->across_warps ? 2 : 1) * count)
    return emitOpError() << "gives scans and, where the dimension has several blocks, their totals";
  if (failed(verifyResults(*this, getSources(), getResults().take_front(count), from.getShape(), layoutOf(from))))
    return failure();
  if (!plan->across_warps) return success();
  return verifyResults(*this, getSources(), getResults().take_back(count), extentsOf(plan->totals.shape()),
                       &plan->totals);
}

LogicalResult ScanCarryOp::verify() {
  size_t count = getSources().size() / 2;
  if (count == 0 || getSources().size() % 2) return emitOpError() << "takes scans, and as many scans of totals";
  ValueRange scans = getSources().take_front(count), totals = getSources().take_back(count);
  if (failed(verifySources(*this, scans, int64_t(getAxis()))) || failed(verifyTile(*this, tileOf(totals[0]))) ||
      failed(verifyFunction(*this, getCombine(), scans, getCaptures())))
    return failure();
  RankedTensorType from = tileOf(scans[0]);
  if (!layoutOf(from)) return emitOpError() << "needs tiles that carry layouts";
  FailureOr<layout::ScanPlan> plan = scanPlanOf(*this, from, int64_t(getAxis()));
  if (failed(plan)) return failure();
  if (!plan->across_warps) return emitOpError() << "has one block, and nothing to carry";
  if (failed(verifyResults(*this, scans, totals, extentsOf(plan->exchange.shape()), &plan->exchange))) return failure();
  return verifyResults(*this, scans, getResults(), from.getShape(), layoutOf(from));
}

} // namespace tile::ir
