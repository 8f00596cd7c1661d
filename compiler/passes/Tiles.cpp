#include "compiler/passes/Tiles.h"

using namespace mlir;

namespace tile {

bool isTile(Value v) {
  return isa<RankedTensorType>(v.getType());
}

RankedTensorType tileType(Value v) {
  return cast<RankedTensorType>(v.getType());
}

bool isFree(Operation *op) {
  return isa<arith::ConstantOp, ir::SplatOp, ir::IotaOp, ir::InBoundsOp>(op) && isTile(op->getResult(0));
}

bool isFree(Value v) {
  Operation *op = v.getDefiningOp();
  return op && isFree(op);
}

bool isElementwise(Operation *op) {
  return op->hasTrait<OpTrait::Elementwise>() && op->getNumResults() == 1 && isTile(op->getResult(0));
}

} // namespace tile
