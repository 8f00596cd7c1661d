// tile-assign-layouts: afterwards every tile carries a layout, and no op but convert_layout moves data between lanes.
//
// Memory accesses are the anchors, those in loops first and then the largest, since bandwidth is what tile programs
// spend: what is read once before a loop follows what the loop moves. An anchor's layout spreads to every value that
// can share it without moving data; what two anchors disagree on is converted at the use. Values that cost nothing to
// make (constants, splats, iota, masks) take part in no spreading: each user gets its own. What a reduction leaves in
// every lane is spread over the lanes before it is stored, where that saves accesses.
#include "compiler/passes/Passes.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tile {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;
using tile::layout::Layout;

namespace tile {
namespace {

bool isTile(Value v) {
  return isa<RankedTensorType>(v.getType());
}
RankedTensorType tileType(Value v) {
  return cast<RankedTensorType>(v.getType());
}

bool isFree(Value v) {
  Operation *op = v.getDefiningOp();
  return op && isa<arith::ConstantOp, ir::SplatOp, ir::IotaOp, ir::InBoundsOp>(op);
}

bool isElementwise(Operation *op) {
  return op->hasTrait<OpTrait::Elementwise>() && op->getNumResults() == 1;
}

/// All tiles of these have one layout, whichever it is.
bool isPoints(Operation *op) {
  return isa<ir::GatherOp, ir::ScatterOp, ir::AtomicAddOp, ir::PrintOp, ir::RequireOp>(op);
}

// ---- What can be laid out -------------------------------------------------------------------------------------------

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

/// Combine functions work on single elements, which have no layout.
bool isInCombine(Operation *op) {
  return ir::isCombine(op->getParentOp());
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
  if (isElementwise(op) && isTile(op->getResult(0))) return success();
  return op->emitError() << "'" << op->getName() << "' cannot work on tiles";
}

/// Refuses what no layout could be given to, before anything is changed.
LogicalResult checkKernel(func::FuncOp func) {
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    if (isa<TensorType>(type)) return func.emitError() << "argument " << i << " is a tile; kernels load theirs";
  auto check = [](Operation *op) { return failed(checkOp(op)) ? WalkResult::interrupt() : WalkResult::advance(); };
  return failure(func.walk<WalkOrder::PreOrder>(check).wasInterrupted());
}

// ---- Assignment -----------------------------------------------------------------------------------------------------

/// One access to memory: the tile it moves, how wide a lane could go, and the loops it is in.
struct Anchor {
  Value tile;
  int vector;
  int loops;
};

class Assignment {
public:
  Assignment(func::FuncOp func, ir::TargetAttr target) : func_(func), target_(target) {
    auto warps = func->getAttrOfType<IntegerAttr>(ir::kWarpsAttr);
    access_.lanes = int(target.getLanes());
    access_.warps = warps ? int(warps.getInt()) : 1;
    access_.lane_contiguous = target.isSimd();
  }

  void run() {
    for (const Anchor &anchor : anchors()) assign(anchor.tile, preferred(anchor.tile, anchor.vector));
    spreadAcrossTransposes();
    func_.walk([&](Operation *op) { // what no access reaches
      if (isInCombine(op)) return;
      for (Value result : op->getResults())
        if (isTile(result) && !isFree(result)) assign(result, preferred(result, 1));
    });
    rewrite();
  }

private:
  // ---- Choosing -----------------------------------------------------------------------------------------------------

  SmallVector<Anchor> anchors() {
    SmallVector<Anchor> all;
    func_.walk([&](Operation *op) {
      if (auto load = dyn_cast<ir::LoadOp>(op)) all.push_back({load.getResult(), widthOf(load), loopsAround(op)});
      if (auto store = dyn_cast<ir::StoreOp>(op))
        if (!isFree(store.getValue())) all.push_back({store.getValue(), widthOf(store), loopsAround(op)});
    });
    // Tiles of one shape usually meet in arithmetic: the narrowest element sets the width for all of them.
    llvm::DenseMap<ArrayRef<int64_t>, int> widest;
    for (Anchor &a : all) {
      int &w = widest[tileType(a.tile).getShape()];
      w = std::max(w, a.vector);
    }
    for (Anchor &a : all) a.vector = widest[tileType(a.tile).getShape()];
    auto rank = [](const Anchor &a) { return std::pair(a.loops, tileType(a.tile).getNumElements()); };
    llvm::stable_sort(all, [&](const Anchor &a, const Anchor &b) { return rank(a) > rank(b); });
    return all;
  }

  static int loopsAround(Operation *op) {
    int loops = 0;
    while ((op = op->getParentOfType<scf::ForOp>())) ++loops;
    return loops;
  }

  /// How many elements of a row one lane could access at once.
  template <class Access> int widthOf(Access op) {
    ir::ViewType view = op.getView().getType();
    if (view.getStrides().back() != 1) return 1;
    int64_t widest = target_.getVectorBytes() / view.getElementBytes(), aligned = int64_t(op.getAligned().value_or(1));
    return int(std::max<int64_t>(1, std::min(widest, aligned)));
  }

  Layout preferred(Value tile, int vector) {
    layout::AccessShape how = access_;
    how.vector = vector;
    return layout::for_access(ir::shapeOf(tileType(tile)), how);
  }

  // ---- Spreading ----------------------------------------------------------------------------------------------------

  /// Gives `v` the layout unless it has one, and all that can follow it.
  void assign(Value v, Layout layout) {
    std::vector<std::pair<Value, Layout>> work{{v, layout}};
    auto push = [&](Value next, const Layout &l) { work.emplace_back(next, l); };
    while (!work.empty()) {
      auto [value, l] = work.back();
      work.pop_back();
      if (!isTile(value) || isFree(value) || !layouts_.try_emplace(value, l).second) continue;
      if (Operation *def = value.getDefiningOp()) spreadToOperands(def, value, l, push);
      if (auto arg = dyn_cast<BlockArgument>(value)) spreadFromArgument(arg, l, push);
      for (OpOperand &use : value.getUses()) spreadToUser(use, l, push);
    }
  }

  template <class Push> void spreadToOperands(Operation *op, Value result, const Layout &l, Push push) {
    if (isElementwise(op) || isPoints(op)) {
      for (Value operand : op->getOperands()) push(operand, l);
    } else if (auto o = dyn_cast<ir::ExpandDimsOp>(op)) {
      push(o.getSource(), layout::slice(l, int(o.getAxis())));
    } else if (auto o = dyn_cast<ir::BroadcastOp>(op)) {
      push(o.getSource(), layout::before_broadcast(l, ir::shapeOf(o.getSource().getType())));
    } else if (spreadRearranged(op, l, push) || spreadCombined(op, result, l, push)) {
    } else if (auto o = dyn_cast<scf::ForOp>(op)) {
      push(o.getRegionIterArg(cast<OpResult>(result).getResultNumber()), l);
    } else if (auto o = dyn_cast<scf::IfOp>(op)) {
      unsigned n = cast<OpResult>(result).getResultNumber();
      push(o.thenYield().getOperand(n), l);
      push(o.elseYield().getOperand(n), l);
    }
  }

  template <class Push> void spreadFromArgument(BlockArgument arg, const Layout &l, Push push) {
    auto loop = dyn_cast<scf::ForOp>(arg.getOwner()->getParentOp());
    if (!loop) return;
    unsigned n = arg.getArgNumber() - loop.getNumInductionVars();
    push(loop.getInitArgs()[n], l);
    push(loop.getYieldedValues()[n], l);
    push(loop.getResult(n), l);
  }

  template <class Push> void spreadToUser(OpOperand &use, const Layout &l, Push push) {
    Operation *op = use.getOwner();
    if (isElementwise(op) || isPoints(op)) {
      for (Value result : op->getResults()) push(result, l);
      for (Value operand : op->getOperands()) push(operand, l);
    } else if (auto o = dyn_cast<ir::ExpandDimsOp>(op)) {
      push(o.getResult(), layout::expand(l, int(o.getAxis())));
    } else if (auto o = dyn_cast<ir::ReduceOp>(op)) {
      push(o.getResult(), layout::plan_reduction(l, int(o.getAxis())).result);
    } else if (spreadIntoRearranged(op, l, push) || spreadCombined(op, use.get(), l, push)) {
    } else if (auto o = dyn_cast<scf::ForOp>(op)) {
      push(o.getRegionIterArg(use.getOperandNumber() - o.getNumControlOperands()), l);
    } else if (auto o = dyn_cast<scf::YieldOp>(op)) {
      if (auto loop = dyn_cast<scf::ForOp>(o->getParentOp())) push(loop.getRegionIterArg(use.getOperandNumber()), l);
      if (auto branch = dyn_cast<scf::IfOp>(o->getParentOp())) push(branch.getResult(use.getOperandNumber()), l);
    }
  }

  /// From the result of an op that only renames elements to its operands; false for other ops.
  template <class Push> bool spreadRearranged(Operation *op, const Layout &l, Push push) {
    if (auto o = dyn_cast<ir::ReshapeOp>(op)) {
      push(o.getSource(), layout::reshape(l, ir::shapeOf(o.getSource().getType())));
    } else if (auto o = dyn_cast<ir::TransposeOp>(op)) {
      if (acrossTransposes_) push(o.getSource(), layout::transpose(l, inverse(o.getOrder())));
    } else if (auto o = dyn_cast<ir::ConcatOp>(op)) {
      if (std::optional<Layout> half = layout::half(l, int(o.getAxis())))
        push(o.getLow(), *half), push(o.getHigh(), *half);
    } else if (auto o = dyn_cast<ir::SplitOp>(op)) {
      push(o.getSource(), layout::doubled(l, int(o.getAxis())));
      push(o.getLow(), l);
      push(o.getHigh(), l);
    } else {
      return false;
    }
    return true;
  }

  /// The other way round.
  template <class Push> bool spreadIntoRearranged(Operation *op, const Layout &l, Push push) {
    if (auto o = dyn_cast<ir::ReshapeOp>(op)) {
      push(o.getResult(), layout::reshape(l, ir::shapeOf(o.getType())));
    } else if (auto o = dyn_cast<ir::TransposeOp>(op)) {
      if (acrossTransposes_) push(o.getResult(), layout::transpose(l, o.getOrder()));
    } else if (auto o = dyn_cast<ir::ConcatOp>(op)) {
      push(o.getResult(), layout::doubled(l, int(o.getAxis())));
      push(o.getLow(), l);
      push(o.getHigh(), l);
    } else if (auto o = dyn_cast<ir::SplitOp>(op)) {
      if (std::optional<Layout> half = layout::half(l, int(o.getAxis())))
        push(o.getLow(), *half), push(o.getHigh(), *half);
    } else {
      return false;
    }
    return true;
  }

  /// From one tile of a reduction or scan of several to the others; false for other ops.
  template <class Push> bool spreadCombined(Operation *op, Value from, const Layout &l, Push push) {
    if (auto o = dyn_cast<ir::ReduceWithOp>(op)) {
      if (from.getDefiningOp() == op) return true; // what a reduction gives says nothing of what it takes
      for (Value source : o.getSources()) push(source, l);
      for (Value result : o.getResults()) push(result, layout::plan_reduction(l, int(o.getAxis())).result);
    } else if (auto o = dyn_cast<ir::ScanOp>(op)) {
      if (!canScan(l, int(o.getAxis()))) return true;
      for (Value source : o.getSources()) push(source, l);
      for (Value result : o.getResults()) push(result, l);
    } else {
      return false;
    }
    return true;
  }

  static bool canScan(const Layout &l, int axis) {
    try {
      layout::plan_scan(l, axis);
      return true;
    } catch (const std::invalid_argument &) {
      return false;
    }
  }

  static SmallVector<int64_t> inverse(ArrayRef<int64_t> order) {
    SmallVector<int64_t> out(order.size());
    for (auto [i, d] : llvm::enumerate(order)) out[size_t(d)] = int64_t(i);
    return out;
  }

  /// A layout made for rows is no good for columns: each side of a transpose first follows its own accesses, and only a
  /// side that meets none takes the other's.
  void spreadAcrossTransposes() {
    acrossTransposes_ = true;
    func_.walk([&](ir::TransposeOp op) {
      auto source = layouts_.find(op.getSource()), result = layouts_.find(op.getResult());
      if (source != layouts_.end()) {
        Layout l = source->second;
        assign(op.getResult(), layout::transpose(l, op.getOrder()));
      } else if (result != layouts_.end()) {
        Layout l = result->second;
        assign(op.getSource(), layout::transpose(l, inverse(op.getOrder())));
      }
    });
  }

  // ---- Rewriting ----------------------------------------------------------------------------------------------------

  Layout layoutFor(Value v) {
    auto it = layouts_.find(v);
    return it != layouts_.end() ? it->second : preferred(v, 1);
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

  void rewrite() {
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
      if (isFree(o.getSource())) require(o.getSourceMutable(), preferred(o.getSource(), 1));
    } else if (fixRearranged(op) || fixCombined(op)) {
    } else if (auto o = dyn_cast<ir::StoreOp>(op)) {
      if (isFree(o.getValue()) || isStoredByOneLane(o))
        require(o.getValueMutable(), preferred(o.getValue(), widthOf(o)));
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
    if (access_.lane_contiguous || loopsAround(op) > 0) return false;
    auto accesses = [&](const Layout &l) { return l.registers() / std::min(l.neighbours(), widthOf(op)); };
    const Layout &held = *ir::layoutOf(op.getValue().getType());
    return held.free_bits(layout::In::Lane) != 0 && accesses(held) >= 4 &&
           accesses(held) >= 4 * accesses(preferred(op.getValue(), widthOf(op)));
  }

  /// The layout of the result, or else of the first operand that has one; of none, one made for the access.
  void fixPoints(Operation *op) {
    auto hasLayout = [](Value v) { return isTile(v) && ir::layoutOf(v.getType()); };
    SmallVector<Value> tiles(op->getResults());
    llvm::append_range(tiles, op->getOperands());
    if (llvm::none_of(tiles, isTile)) return;
    auto leader = llvm::find_if(tiles, hasLayout);
    Layout wanted =
        leader != tiles.end() ? *ir::layoutOf(leader->getType()) : preferred(*llvm::find_if(tiles, isTile), 1);
    for (OpOperand &operand : op->getOpOperands())
      if (isTile(operand.get())) require(operand, wanted);
  }

  /// A reduction gives the layout its source dictates.
  void fixReduce(ir::ReduceOp op) {
    if (isFree(op.getSource())) require(op.getSourceMutable(), preferred(op.getSource(), 1));
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
      if (!canScan(l, int(o.getAxis()))) l = preferred(o.getResult(0), 1);
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
    return preferred(tiles.front(), 1);
  }

  func::FuncOp func_;
  ir::TargetAttr target_;
  layout::AccessShape access_;
  llvm::DenseMap<Value, Layout> layouts_;
  bool acrossTransposes_ = false;
};

struct AssignLayouts : impl::AssignLayoutsBase<AssignLayouts> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    ir::TargetAttr target = ir::targetOf(func);
    if (!target) {
      func.emitError() << "tile-assign-layouts needs the module's attribute tile.target: run tile-set-target first";
      return signalPassFailure();
    }
    if (failed(checkKernel(func))) return signalPassFailure();
    Assignment(func, target).run();
  }
};

} // namespace
} // namespace tile
