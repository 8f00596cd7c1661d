// tile-decompose-reductions: a reduction becomes the steps its layout calls for. Inside each lane first, then across
// the lanes of a warp, then, if warps hold parts as well, a change of layout that brings those parts together and the
// same steps again. Afterwards no tile.reduce and no
// tile.reduce_with is left.
#include "compiler/passes/Passes.h"

#include "mlir/IR/IRMapping.h"

namespace tile {
#define GEN_PASS_DEF_DECOMPOSEREDUCTIONS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;
using tile::layout::Layout;

namespace tile {
namespace {

template <class StepOp>
SmallVector<Value> step(OpBuilder &b, ir::ReduceOp op, ArrayRef<Value> tiles, const Layout &after) {
  Type type = ir::withLayout(op.getType().getElementType(), after, op.getContext());
  return {StepOp::create(b, op.getLoc(), type, op.getCombine(), tiles.front(), op.getAxis())};
}

template <class StepOp>
SmallVector<Value> step(OpBuilder &b, ir::ReduceWithOp op, ArrayRef<Value> tiles, const Layout &after) {
  auto types = ir::withLayouts(ValueRange(tiles).getTypes(), after);
  auto made = StepOp::create(b, op.getLoc(), types, tiles, op.getCaptures(), op.getAxis(), op.getSymmetric());
  IRMapping mapping;
  op.getCombine().cloneInto(&made.getCombine(), mapping);
  return llvm::to_vector_of<Value>(made.getResults());
}

/// The tiles, of one layout, on their way through the steps.
template <class RegistersOp, class LanesOp, class Op> void decompose(Op op, SmallVector<Value> tiles) {
  OpBuilder b(op);
  auto layoutNow = [&] { return *ir::layoutOf(tiles.front().getType()); };
  auto typed = [&](Value v, const Layout &l) {
    return ir::withLayout(getElementTypeOrSelf(v.getType()), l, op.getContext());
  };
  while (true) {
    layout::ReductionPlan plan = layout::plan_reduction(layoutNow(), int(op.getAxis()));
    if (plan.after_registers != layoutNow()) tiles = step<RegistersOp>(b, op, tiles, plan.after_registers);
    if (plan.after_lanes != layoutNow()) tiles = step<LanesOp>(b, op, tiles, plan.after_lanes);
    if (!plan.across_warps) break;
    for (Value &v : tiles) v = ir::ConvertLayoutOp::create(b, op.getLoc(), typed(v, plan.exchange), v);
  }
  Layout result = layout::slice(layoutNow(), int(op.getAxis()));
  for (Value &v : tiles) v = ir::DropDimOp::create(b, op.getLoc(), typed(v, result), v, op.getAxis());
  op->replaceAllUsesWith(tiles);
  op.erase();
}

struct DecomposeReductions : impl::DecomposeReductionsBase<DecomposeReductions> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto reduce = dyn_cast<ir::ReduceOp>(op))
        decompose<ir::ReduceRegistersOp, ir::ReduceLanesOp>(reduce, {reduce.getSource()});
      else if (auto reduce = dyn_cast<ir::ReduceWithOp>(op))
        decompose<ir::ReduceRegistersWithOp, ir::ReduceLanesWithOp>(reduce, llvm::to_vector(reduce.getSources()));
    });
  }
};

} // namespace
} // namespace tile
