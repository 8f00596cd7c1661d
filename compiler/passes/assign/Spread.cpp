#include "compiler/passes/assign/Spread.h"

#include "compiler/passes/assign/Ops.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using tile::layout::Layout;

namespace tile::assign {
namespace {

/// One access to memory: the tile it moves, how wide a lane could go, and the loops it is in.
struct Anchor {
  Value tile;
  int vector;
  int loops;
};

class Spread {
public:
  Spread(func::FuncOp func, const Preferred &preferred) : func_(func), preferred_(preferred) {}

  Layouts run() {
    for (const Anchor &anchor : anchors()) assign(anchor.tile, preferred_.of(anchor.tile, anchor.vector));
    spreadAcrossTransposes();
    func_.walk([&](Operation *op) { // what no access reaches
      if (isInCombine(op)) return;
      for (Value result : op->getResults())
        if (isTile(result) && !isFree(result)) assign(result, preferred_.of(result));
    });
    return std::move(layouts_);
  }

private:
  SmallVector<Anchor> anchors() {
    SmallVector<Anchor> all;
    func_.walk([&](Operation *op) {
      if (auto load = dyn_cast<ir::LoadOp>(op))
        all.push_back({load.getResult(), preferred_.widthOf(load), loopsAround(op)});
      if (auto store = dyn_cast<ir::StoreOp>(op))
        if (!isFree(store.getValue())) all.push_back({store.getValue(), preferred_.widthOf(store), loopsAround(op)});
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

  func::FuncOp func_;
  const Preferred &preferred_;
  Layouts layouts_;
  bool acrossTransposes_ = false;
};

} // namespace

Layouts spreadLayouts(func::FuncOp func, const Preferred &preferred) {
  return Spread(func, preferred).run();
}

} // namespace tile::assign
