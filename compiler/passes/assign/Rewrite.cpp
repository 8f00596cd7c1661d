#include "compiler/passes/assign/Rewrite.h"

#include "compiler/passes/assign/Ops.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using tile::layout::Layout;

namespace tile::assign {
namespace {

class Rewrite {
public:
  Rewrite(func::FuncOp func, const Preferred &preferred, const Layouts &layouts)
      : func_(func), preferred_(preferred), layouts_(layouts) {}

  void run() {
    SmallVector<Operation *> ops, free;
    func_.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isInCombine(op)) return;
      bool cheap = op->getNumResults() == 1 && isTile(op->getResult(0)) && isFree(op->getResult(0));
      (cheap ? free : ops).push_back(op);
    });
    for (Operation *op : ops) {
      auto loop = dyn_cast<scf::ForOp>(op); // what it carries has one layout all along
      for (OpResult result : op->getResults())
        if (isTile(result)) setLayout(result, layoutFor(loop ? loop.getTiedLoopRegionIterArg(result) : Value(result)));
      if (ir::isCombine(op)) continue;
      for (Region &region : op->getRegions())
        for (BlockArgument arg : region.getArguments())
          if (isTile(arg)) setLayout(arg, layoutFor(arg));
    }
    for (Operation *op : ops) fixOperands(op);
    for (Operation *op : llvm::reverse(free))
      if (op->use_empty()) op->erase();
  }

private:
  Layout layoutFor(Value v) const {
    auto it = layouts_.find(v);
    return it != layouts_.end() ? it->second : preferred_.of(v);
  }

  void setLayout(Value v, const Layout &l) {
    v.setType(ir::withLayout(tileType(v).getElementType(), l, func_.getContext()));
  }

  /// The tile of an operand in the layout its op needs, made just before the op.
  void require(OpOperand &operand, const Layout &wanted) {
    Value v = operand.get();
    OpBuilder builder(operand.getOwner());
    if (isFree(v)) {
      operand.set(copyOf(builder, v, wanted));
    } else if (*ir::layoutOf(v.getType()) != wanted) {
      Type type = ir::withLayout(tileType(v).getElementType(), wanted, func_.getContext());
      operand.set(ir::ConvertLayoutOp::create(builder, v.getLoc(), type, v));
    }
  }

  /// A value that costs nothing, made again in another layout.
  Value copyOf(OpBuilder &builder, Value v, const Layout &wanted) {
    RankedTensorType type = ir::withLayout(tileType(v).getElementType(), wanted, func_.getContext());
    if (auto constant = v.getDefiningOp<arith::ConstantOp>()) {
      auto splat = cast<SplatElementsAttr>(constant.getValue());
      return arith::ConstantOp::create(builder, v.getLoc(),
                                       DenseElementsAttr::get(type, splat.getSplatValue<Attribute>()));
    }
    Operation *copy = builder.clone(*v.getDefiningOp());
    copy->getResult(0).setType(type);
    return copy->getResult(0);
  }

  void fixOperands(Operation *op) {
    if (isElementwise(op) && isTile(op->getResult(0))) {
      for (OpOperand &operand : op->getOpOperands())
        if (isTile(operand.get())) require(operand, *ir::layoutOf(op->getResult(0).getType()));
    } else if (auto o = dyn_cast<ir::ExpandDimsOp>(op)) {
      require(o.getSourceMutable(), layout::slice(*ir::layoutOf(o.getType()), int(o.getAxis())));
    } else if (auto o = dyn_cast<ir::BroadcastOp>(op)) {
      require(o.getSourceMutable(),
              layout::before_broadcast(*ir::layoutOf(o.getType()), ir::shapeOf(o.getSource().getType())));
    } else if (auto o = dyn_cast<ir::ReduceOp>(op)) {
      fixReduce(o);
    } else if (isPoints(op)) {
      fixPoints(op);
    } else if (auto o = dyn_cast<ir::ToScalarOp>(op)) {
      if (isFree(o.getSource())) require(o.getSourceMutable(), preferred_.of(o.getSource()));
    } else if (fixRearranged(op) || fixCombined(op)) {
    } else if (auto o = dyn_cast<ir::StoreOp>(op)) {
      if (isFree(o.getValue()) || isStoredByOneLane(o))
        require(o.getValueMutable(), preferred_.of(o.getValue(), preferred_.widthOf(o)));
    } else if (auto o = dyn_cast<scf::ForOp>(op)) {
      for (auto [init, arg] : llvm::zip(o.getInitArgsMutable(), o.getRegionIterArgs()))
        if (isTile(arg)) require(init, *ir::layoutOf(arg.getType()));
    } else if (auto o = dyn_cast<scf::YieldOp>(op)) {
      for (OpOperand &operand : o->getOpOperands())
        if (isTile(operand.get()))
          require(operand, *ir::layoutOf(o->getParentOp()->getResult(operand.getOperandNumber()).getType()));
    }
  }

  /// Whether lanes hold copies, and the one that stores them makes four accesses or more where each lane of the layout
  /// made for the access makes a fourth of that. Each is a request to the L2 for a part of a sector: an H100 spends 2
  /// to 3 % of a norm's time on them where rows are of 512 bytes. In a loop, where bringing them together by way of
  /// scratch costs a barrier or two in each iteration, they stay.
  bool isStoredByOneLane(ir::StoreOp op) {
    if (preferred_.isSimd() || loopsAround(op) > 0) return false;
    auto accesses = [&](const Layout &l) { return l.registers() / std::min(l.neighbours(), preferred_.widthOf(op)); };
    const Layout &held = *ir::layoutOf(op.getValue().getType());
    return held.free_bits(layout::In::Lane) != 0 && accesses(held) >= 4 &&
           accesses(held) >= 4 * accesses(preferred_.of(op.getValue(), preferred_.widthOf(op)));
  }

  /// The layout of the result, or else of the first operand that has one; of none, one made for the access.
  void fixPoints(Operation *op) {
    auto hasLayout = [](Value v) { return isTile(v) && ir::layoutOf(v.getType()); };
    SmallVector<Value> tiles(op->getResults());
    llvm::append_range(tiles, op->getOperands());
    if (llvm::none_of(tiles, isTile)) return;
    auto leader = llvm::find_if(tiles, hasLayout);
    Layout wanted =
        leader != tiles.end() ? *ir::layoutOf(leader->getType()) : preferred_.of(*llvm::find_if(tiles, isTile));
    for (OpOperand &operand : op->getOpOperands())
      if (isTile(operand.get())) require(operand, wanted);
  }

  /// A reduction gives the layout its source dictates.
  void fixReduce(ir::ReduceOp op) {
    if (isFree(op.getSource())) require(op.getSourceMutable(), preferred_.of(op.getSource()));
    give(op.getResult(), layout::plan_reduction(*ir::layoutOf(op.getSource().getType()), int(op.getAxis())).result);
  }

  /// The result is in the layout `given`; users that were promised another get a conversion.
  void give(Value result, const Layout &given) {
    Layout promised = *ir::layoutOf(result.getType());
    if (given == promised) return;
    Type type = result.getType();
    setLayout(result, given);
    OpBuilder builder(func_.getContext());
    builder.setInsertionPointAfterValue(result);
    auto convert = ir::ConvertLayoutOp::create(builder, result.getLoc(), type, result);
    result.replaceAllUsesExcept(convert, convert);
  }

  bool fixRearranged(Operation *op) {
    if (auto o = dyn_cast<ir::ReshapeOp>(op))
      require(o.getSourceMutable(), layout::reshape(*ir::layoutOf(o.getType()), ir::shapeOf(o.getSource().getType())));
    else if (auto o = dyn_cast<ir::TransposeOp>(op))
      require(o.getSourceMutable(), layout::transpose(*ir::layoutOf(o.getType()), inverse(o.getOrder())));
    else if (auto o = dyn_cast<ir::ConcatOp>(op))
      fixConcat(o);
    else if (auto o = dyn_cast<ir::SplitOp>(op))
      fixSplit(o);
    else
      return false;
    return true;
  }

  void fixConcat(ir::ConcatOp op) {
    int axis = int(op.getAxis());
    std::optional<Layout> part = layout::half(*ir::layoutOf(op.getType()), axis);
    if (!part) part = sharedLayout({op.getLow(), op.getHigh()});
    for (OpOperand &operand : op->getOpOperands()) require(operand, *part);
    if (!layout::half(*ir::layoutOf(op.getType()), axis)) give(op.getResult(), layout::doubled(*part, axis));
  }

  void fixSplit(ir::SplitOp op) {
    int axis = int(op.getAxis());
    const Layout *source = isFree(op.getSource()) ? nullptr : ir::layoutOf(op.getSource().getType());
    std::optional<Layout> part = source ? layout::half(*source, axis) : std::nullopt;
    if (!part) {
      part = *ir::layoutOf(op.getLow().getType());
      require(op.getSourceMutable(), layout::doubled(*part, axis));
    }
    give(op.getLow(), *part);
    give(op.getHigh(), *part);
  }

  bool fixCombined(Operation *op) {
    if (auto o = dyn_cast<ir::ReduceWithOp>(op)) {
      Layout l = sharedLayout(o.getSources());
      for (OpOperand &source : o.getSourcesMutable()) require(source, l);
      Layout given = layout::plan_reduction(l, int(o.getAxis())).result;
      for (Value result : o.getResults()) give(result, given);
    } else if (auto o = dyn_cast<ir::ScanOp>(op)) {
      Layout l = *ir::layoutOf(o.getResult(0).getType());
      if (!canScan(l, int(o.getAxis()))) l = preferred_.of(o.getResult(0));
      for (OpOperand &source : o.getSourcesMutable()) require(source, l);
      for (Value result : o.getResults()) give(result, l);
    } else {
      return false;
    }
    return true;
  }

  /// The layout for tiles of one shape: that of the first which has one.
  Layout sharedLayout(ValueRange tiles) {
    for (Value v : tiles)
      if (!isFree(v)) return *ir::layoutOf(v.getType());
    return preferred_.of(tiles.front());
  }

  func::FuncOp func_;
  const Preferred &preferred_;
  const Layouts &layouts_;
};

} // namespace

void rewriteWith(func::FuncOp func, const Preferred &preferred, const Layouts &layouts) {
  Rewrite(func, preferred, layouts).run();
}

} // namespace tile::assign
