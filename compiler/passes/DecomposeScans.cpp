// tile-decompose-scans: a scan becomes one inside each warp and, where the dimension crosses warps, a change of layout
// that brings the totals of the warps' blocks to every lane, a scan of those, and what each block takes from it. All
// operands' totals are exchanged together. Afterwards no tile.scan is left.
#include "compiler/passes/Passes.h"

#include "mlir/IR/IRMapping.h"

namespace tile {
#define GEN_PASS_DEF_DECOMPOSESCANS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

void giveFunction(Region &from, Region &to) {
  IRMapping mapping;
  from.cloneInto(&to, mapping);
}

/// Scans of the blocks, then, if there are several, their totals.
SmallVector<Value> scanBlocks(OpBuilder &b, ir::ScanOp op, ValueRange tiles, ValueRange identities) {
  layout::ScanPlan plan = layout::plan_scan(*ir::layoutOf(tiles[0].getType()), int(op.getAxis()), op.getReverse());
  SmallVector<Type> types(tiles.getTypes());
  if (plan.across_warps) types.append(ir::withLayouts(tiles.getTypes(), plan.totals));
  auto blocks = ir::ScanBlocksOp::create(b, op.getLoc(), types, tiles, op.getCaptures(), op.getAxis(),
                                         op.getSymmetric(), identities, op.getReverse());
  giveFunction(op.getCombine(), blocks.getCombine());
  return llvm::to_vector_of<Value>(blocks.getResults());
}

void decompose(ir::ScanOp op) {
  OpBuilder b(op);
  size_t count = op.getSources().size();
  layout::ScanPlan plan = layout::plan_scan(*ir::layoutOf(op.getSources()[0].getType()), int(op.getAxis()));
  SmallVector<Value> tiles = scanBlocks(b, op, op.getSources(), op.getIdentities());
  if (plan.across_warps) {
    SmallVector<Value> totals;
    for (Value total : ArrayRef(tiles).take_back(count))
      totals.push_back(ir::ConvertLayoutOp::create(
          b, op.getLoc(), ir::withLayout(getElementTypeOrSelf(total.getType()), plan.exchange, op.getContext()),
          total));
    tiles.truncate(count);
    tiles.append(scanBlocks(b, op, totals, {}));
    auto carry = ir::ScanCarryOp::create(b, op.getLoc(), op.getResultTypes(), tiles, op.getCaptures(), op.getAxis(),
                                         op.getSymmetric(), op.getReverse());
    giveFunction(op.getCombine(), carry.getCombine());
    tiles = llvm::to_vector_of<Value>(carry.getResults());
  }
  op.replaceAllUsesWith(tiles);
  op.erase();
}

struct DecomposeScans : impl::DecomposeScansBase<DecomposeScans> {
  void runOnOperation() override {
    getOperation().walk([](ir::ScanOp op) { decompose(op); });
  }
};

} // namespace
} // namespace tile
