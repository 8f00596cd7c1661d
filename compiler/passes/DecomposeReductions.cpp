// tile-decompose-reductions: a reduction becomes the steps its layout calls for. Inside each lane first, then across
// the lanes of a warp, then, if warps hold parts as well, a change of layout that brings those parts together and the
// same steps again. Afterwards no tile.reduce is left.
#include "compiler/passes/Passes.h"

namespace tile {
#define GEN_PASS_DEF_DECOMPOSEREDUCTIONS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;
using tile::layout::Layout;

namespace tile {
namespace {

void decompose(ir::ReduceOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  int axis = int(op.getAxis());
  Value v = op.getSource();
  auto typed = [&](const Layout &l) { return ir::withLayout(op.getType().getElementType(), l, op.getContext()); };
  auto layoutNow = [&] { return *ir::layoutOf(v.getType()); };
  while (true) {
    layout::ReductionPlan plan = layout::plan_reduction(layoutNow(), axis);
    if (plan.after_registers != layoutNow())
      v = ir::ReduceRegistersOp::create(builder, loc, typed(plan.after_registers), op.getCombine(), v, op.getAxis());
    if (plan.after_lanes != layoutNow())
      v = ir::ReduceLanesOp::create(builder, loc, typed(plan.after_lanes), op.getCombine(), v, op.getAxis());
    if (!plan.across_warps) break;
    v = ir::ConvertLayoutOp::create(builder, loc, typed(plan.exchange), v);
  }
  Value result = ir::DropDimOp::create(builder, loc, typed(layout::slice(layoutNow(), axis)), v, op.getAxis());
  op.replaceAllUsesWith(result);
  op.erase();
}

struct DecomposeReductions : impl::DecomposeReductionsBase<DecomposeReductions> {
  void runOnOperation() override {
    getOperation().walk([](ir::ReduceOp op) { decompose(op); });
  }
};

} // namespace
} // namespace tile
