// tile-assign-layouts: afterwards every tile carries a layout, and no op but convert_layout moves data between lanes.
//
// Memory accesses are the anchors, those in loops first and then the largest, since bandwidth is what tile programs
// spend: what is read once before a loop follows what the loop moves. An anchor's layout spreads to every value that
// can share it without moving data; what two anchors disagree on is converted at the use. Values that cost nothing to
// make (constants, splats, iota, masks) take part in no spreading: each user gets its own. What a reduction leaves in
// every lane is spread over the lanes before it is stored, where that saves accesses.
#include "compiler/passes/Passes.h"
#include "compiler/passes/assign/Check.h"
#include "compiler/passes/assign/Rewrite.h"

namespace tile {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

struct AssignLayouts : impl::AssignLayoutsBase<AssignLayouts> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    ir::TargetAttr target = ir::targetOf(func);
    if (!target) {
      func.emitError() << "tile-assign-layouts needs the module's attribute tile.target: run tile-set-target first";
      return signalPassFailure();
    }
    if (failed(assign::checkKernel(func))) return signalPassFailure();
    const assign::Preferred preferred(func, target);
    assign::rewriteWith(func, preferred, assign::spreadLayouts(func, preferred));
  }
};

} // namespace
} // namespace tile
