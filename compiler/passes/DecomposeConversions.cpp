// tile-decompose-conversions: a conversion that crosses warps becomes a store to scratch and a load from it. What is
// left as convert_layout is a renaming of registers or a shuffle inside a warp. Small conversions that stand together
// and need nothing of each other are stored together, so that one barrier serves all of them.
#include "compiler/passes/Passes.h"

namespace tile {
#define GEN_PASS_DEF_DECOMPOSECONVERSIONS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

/// Together they take no more scratch than this; what is larger shares room one after the other.
constexpr int64_t kTogetherBytes = 8192;

bool crossesWarps(ir::ConvertLayoutOp op) {
  auto plan = layout::plan_conversion(*ir::layoutOf(op.getSource().getType()), *ir::layoutOf(op.getType()));
  return plan.kind == layout::ConversionPlan::Kind::Scratch;
}

ir::ScratchType roomOf(ir::ConvertLayoutOp op) {
  return ir::ScratchType::get(op.getContext(), op.getType().getShape(), op.getType().getElementType());
}

/// `first` and the conversions right behind it that can go with it.
SmallVector<ir::ConvertLayoutOp> together(ir::ConvertLayoutOp first) {
  SmallVector<ir::ConvertLayoutOp> group{first};
  int64_t bytes = roomOf(first).getBytes();
  for (Operation *next = first->getNextNode(); next; next = next->getNextNode()) {
    auto op = dyn_cast<ir::ConvertLayoutOp>(next);
    if (!op || !crossesWarps(op) || llvm::is_contained(group, op.getSource().getDefiningOp<ir::ConvertLayoutOp>()))
      break;
    bytes += roomOf(op).getBytes();
    if (bytes > kTogetherBytes) break;
    group.push_back(op);
  }
  return group;
}

void throughScratch(SmallVector<ir::ConvertLayoutOp> group) {
  SmallVector<Value> scratch;
  OpBuilder b(group.front());
  for (ir::ConvertLayoutOp op : group)
    scratch.push_back(ir::ScratchAllocOp::create(b, op.getLoc(), roomOf(op), IntegerAttr()));
  for (size_t i = 0; i < group.size(); ++i)
    ir::ScratchStoreOp::create(b, group[i].getLoc(), group[i].getSource(), scratch[i]);
  for (size_t i = 0; i < group.size(); ++i) {
    Value loaded = ir::ScratchLoadOp::create(b, group[i].getLoc(), group[i].getType(), scratch[i]);
    group[i].replaceAllUsesWith(loaded);
  }
  for (ir::ConvertLayoutOp op : group) op.erase();
}

struct DecomposeConversions : impl::DecomposeConversionsBase<DecomposeConversions> {
  void runOnOperation() override {
    SmallVector<ir::ConvertLayoutOp> crossing;
    getOperation().walk([&](ir::ConvertLayoutOp op) {
      if (crossesWarps(op)) crossing.push_back(op);
    });
    for (ArrayRef<ir::ConvertLayoutOp> left = crossing; !left.empty();) {
      SmallVector<ir::ConvertLayoutOp> group = together(left.front());
      left = left.drop_front(group.size());
      throughScratch(std::move(group));
    }
  }
};

} // namespace
} // namespace tile
