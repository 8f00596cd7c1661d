// tile-decompose-conversions: a conversion that crosses warps becomes a store to scratch and a load from it. What is
// left as convert_layout is a renaming of registers or a shuffle inside a warp. Small conversions that stand together,
// but for stores of what they give, and need nothing of each other are stored together, so that one barrier serves all.
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

/// `first` and the conversions behind it that can go with it: what stands between them makes nothing that they need.
SmallVector<ir::ConvertLayoutOp> together(ir::ConvertLayoutOp first) {
  SmallVector<ir::ConvertLayoutOp> group{first};
  int64_t bytes = roomOf(first).getBytes();
  for (Operation *next = first->getNextNode(); next; next = next->getNextNode()) {
    if (isa<ir::StoreOp>(next)) continue;
    auto op = dyn_cast<ir::ConvertLayoutOp>(next);
    if (!op || !crossesWarps(op) || llvm::is_contained(group, op.getSource().getDefiningOp<ir::ConvertLayoutOp>()))
      break;
    bytes += roomOf(op).getBytes();
    if (bytes > kTogetherBytes) break;
    group.push_back(op);
  }
  return group;
}

/// A CPU gathers elements of 32 bits and has no instruction for shorter ones: those go through scratch as integers
/// of 32.
void widenShort(SmallVectorImpl<ir::ConvertLayoutOp> &crossing) {
  for (ir::ConvertLayoutOp &op : crossing) {
    Type element = op.getType().getElementType();
    unsigned bits = element.getIntOrFloatBitWidth();
    if (bits >= 32) continue;
    OpBuilder b(op);
    Location loc = op.getLoc();
    Type narrow = b.getIntegerType(bits), wide = b.getI32Type();
    Value v = op.getSource();
    if (element != narrow) v = arith::BitcastOp::create(b, loc, op.getSource().getType().clone(narrow), v);
    v = arith::ExtUIOp::create(b, loc, op.getSource().getType().clone(wide), v);
    auto converted = ir::ConvertLayoutOp::create(b, loc, op.getType().clone(wide), v);
    v = arith::TruncIOp::create(b, loc, op.getType().clone(narrow), converted);
    if (element != narrow) v = arith::BitcastOp::create(b, loc, op.getType(), v);
    op.replaceAllUsesWith(v);
    op.erase();
    op = converted;
  }
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
    if (ir::TargetAttr target = ir::targetOf(getOperation()); target && target.isSimd()) widenShort(crossing);
    for (ArrayRef<ir::ConvertLayoutOp> left = crossing; !left.empty();) {
      SmallVector<ir::ConvertLayoutOp> group = together(left.front());
      left = left.drop_front(group.size());
      throughScratch(std::move(group));
    }
  }
};

} // namespace
} // namespace tile
