// tile-decompose-conversions: a conversion that crosses warps becomes a store to scratch and a load from it. What is
// left as convert_layout is a renaming of registers or a shuffle inside a warp.
#include "compiler/passes/Passes.h"

namespace tile {
#define GEN_PASS_DEF_DECOMPOSECONVERSIONS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

void throughScratch(ir::ConvertLayoutOp op) {
  OpBuilder builder(op);
  RankedTensorType type = op.getType();
  auto room = ir::ScratchType::get(op.getContext(), type.getShape(), type.getElementType());
  Value scratch = ir::ScratchAllocOp::create(builder, op.getLoc(), room, IntegerAttr());
  ir::ScratchStoreOp::create(builder, op.getLoc(), op.getSource(), scratch);
  Value loaded = ir::ScratchLoadOp::create(builder, op.getLoc(), type, scratch);
  op.replaceAllUsesWith(loaded);
  op.erase();
}

struct DecomposeConversions : impl::DecomposeConversionsBase<DecomposeConversions> {
  void runOnOperation() override {
    getOperation().walk([](ir::ConvertLayoutOp op) {
      auto plan = layout::plan_conversion(*ir::layoutOf(op.getSource().getType()), *ir::layoutOf(op.getType()));
      if (plan.kind == layout::ConversionPlan::Kind::Scratch) throughScratch(op);
    });
  }
};

} // namespace
} // namespace tile
