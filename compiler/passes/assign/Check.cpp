#include "compiler/passes/assign/Check.h"

#include "compiler/passes/assign/Ops.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tile::assign {
namespace {

LogicalResult checkTile(Operation *op, Type type) {
  auto tile = dyn_cast<RankedTensorType>(type);
  if (!tile) return isa<TensorType>(type) ? op->emitError() << "a tile has a rank; " << type << " has none" : success();
  if (std::optional<std::string> wrong = ir::wrongAsTile(tile)) return op->emitError() << *wrong << " (" << type << ')';
  return success();
}

bool carriesTiles(Operation *op) {
  if (isa<scf::ForOp, scf::IfOp>(op)) return true;
  return isa<scf::YieldOp>(op) && isa<scf::ForOp, scf::IfOp>(op->getParentOp());
}

LogicalResult checkOp(Operation *op) {
  if (isInCombine(op)) return success();
  for (Type type : op->getResultTypes())
    if (failed(checkTile(op, type))) return failure();
  for (Region &region : op->getRegions())
    for (Type type : region.getArgumentTypes())
      if (failed(checkTile(op, type))) return failure();
  if (isa<ir::ConvertLayoutOp>(op)) return op->emitError() << "tiles have been laid out already";
  if (op->getDialect() && isa<ir::TileDialect>(op->getDialect())) return success();
  bool tiles = llvm::any_of(op->getOperands(), isTile) || llvm::any_of(op->getResults(), isTile);
  if (!tiles || carriesTiles(op)) return success();
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (isa<SplatElementsAttr>(constant.getValue())) return success();
    return op->emitError() << "a constant tile is the same number in every element";
  }
  if (isElementwise(op)) return success();
  return op->emitError() << "'" << op->getName() << "' cannot work on tiles";
}

} // namespace

LogicalResult checkKernel(func::FuncOp func) {
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    if (isa<TensorType>(type)) return func.emitError() << "argument " << i << " is a tile; kernels load theirs";
  auto check = [](Operation *op) { return failed(checkOp(op)) ? WalkResult::interrupt() : WalkResult::advance(); };
  return failure(func.walk<WalkOrder::PreOrder>(check).wasInterrupted());
}

} // namespace tile::assign
