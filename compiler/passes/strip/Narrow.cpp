#include "compiler/passes/strip/Narrow.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace tile::strip {
namespace {

class Narrowing {
public:
  Narrowing(scf::ForOp loop, int64_t step, int64_t lanes) : loop_(loop), step_(step), lanes_(lanes) {}

  bool isPossible() {
    if (loop_.getNumResults() || step_ <= lanes_ || step_ % lanes_) return false;
    for (Operation &op : loop_.getBody()->without_terminator())
      if (!isLeftOut(&op) && !canNarrow(&op)) return false;
    return true;
  }

  void run() {
    OpBuilder b(loop_);
    Location loc = loop_.getLoc();
    Value size = arith::ConstantIndexOp::create(b, loc, lanes_);
    auto fresh = scf::ForOp::create(b, loc, loop_.getLowerBound(), end(b), size);
    map_.map(loop_.getInductionVar(), fresh.getInductionVar());
    b.setInsertionPointToStart(fresh.getBody());
    for (Operation &op : loop_.getBody()->without_terminator())
      if (!isLeftOut(&op)) copy(b, &op);
    loop_.erase();
  }

private:
  bool isOutside(Value v) { return loop_.isDefinedOutsideOfLoop(v); }

  /// Prefetches, and what computes their places.
  bool isLeftOut(Operation *op) {
    if (isa<ir::PrefetchOp>(op)) return true;
    return isMemoryEffectFree(op) && op->getNumRegions() == 0 && !op->use_empty() &&
           llvm::all_of(op->getUsers(), [&](Operation *user) { return isa<ir::PrefetchOp>(user); });
  }

  /// The last step goes on behind the upper bound: lower + ceil(max(upper - lower, 0) / step) * step.
  Value end(OpBuilder &b) {
    Location loc = loop_.getLoc();
    Value lower = loop_.getLowerBound(), step = loop_.getStep();
    Value zero = arith::ConstantIndexOp::create(b, loc, 0), round = arith::ConstantIndexOp::create(b, loc, step_ - 1);
    Value distance = arith::SubIOp::create(b, loc, loop_.getUpperBound(), lower);
    distance = arith::AddIOp::create(b, loc, arith::MaxSIOp::create(b, loc, distance, zero), round);
    Value steps = arith::MulIOp::create(b, loc, arith::DivUIOp::create(b, loc, distance, step), step);
    return arith::AddIOp::create(b, loc, lower, steps);
  }

  /// One row of a step's elements.
  bool fits(Type type) {
    auto tile = dyn_cast<RankedTensorType>(type);
    return tile && tile.getRank() > 0 && tile.getShape().back() == step_ && tile.getNumElements() == step_;
  }

  static bool isSplat(Operation *op) {
    if (auto constant = dyn_cast_or_null<arith::ConstantOp>(op)) return isa<SplatElementsAttr>(constant.getValue());
    return isa_and_nonnull<ir::SplatOp>(op);
  }

  bool atInduction(OperandRange indices) {
    return indices.back() == loop_.getInductionVar() &&
           llvm::all_of(indices.drop_back(), [&](Value index) { return isOutside(index); });
  }

  bool canNarrow(Operation *op) {
    for (Value v : op->getResults())
      if (!fits(v.getType())) return false;
    for (Value v : op->getOperands())
      if (isTile(v) && (!fits(v.getType()) || (isOutside(v) && !isSplat(v.getDefiningOp())))) return false;
    if (auto load = dyn_cast<ir::LoadOp>(op)) return atInduction(load.getIndices());
    if (auto store = dyn_cast<ir::StoreOp>(op)) return atInduction(store.getIndices());
    if (auto mask = dyn_cast<ir::InBoundsOp>(op)) return atInduction(mask.getIndices());
    return (isElementwise(op) || isSplat(op)) &&
           llvm::all_of(op->getOperands(), [&](Value v) { return isTile(v) || isOutside(v); });
  }

  Type narrowed(Type type) {
    auto tile = cast<RankedTensorType>(type);
    SmallVector<int64_t> shape(tile.getShape());
    shape.back() = lanes_;
    return tile.clone(shape);
  }

  void copy(OpBuilder &b, Operation *op) {
    for (Value v : op->getOperands())
      if (isTile(v) && isOutside(v) && !map_.contains(v)) copy(b, v.getDefiningOp());
    Operation *made;
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      auto splat = cast<SplatElementsAttr>(constant.getValue());
      auto type = cast<RankedTensorType>(narrowed(constant.getType()));
      made = arith::ConstantOp::create(b, op->getLoc(), DenseElementsAttr::get(type, splat.getSplatValue<Attribute>()));
      map_.map(constant.getResult(), made->getResult(0));
      return;
    }
    made = b.clone(*op, map_);
    for (Value v : made->getResults()) v.setType(narrowed(v.getType()));
  }

  scf::ForOp loop_;
  int64_t step_, lanes_;
  IRMapping map_;
};

} // namespace

bool narrow(scf::ForOp loop, int64_t step, const Limits &limits) {
  Narrowing narrowing(loop, step, limits.lanes);
  if (!narrowing.isPossible()) return false;
  narrowing.run();
  return true;
}

} // namespace tile::strip
