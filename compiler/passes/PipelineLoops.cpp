// tile-pipeline-loops: a loop that asks for n stages carries the tiles that its next n-1 iterations load, so that these
// loads are in flight while one iteration computes, and the first ones while what comes before the loop does. A CPU
// looks ahead by itself, and its loops stay as they are.
//
// Runs after tile-analyze-access, whose facts (a load stays inside its view) hold for the loop's own iterations only:
// an iteration that does not exist loads what the last real one does, and a loop without iterations loads nothing.
#include "compiler/analysis/Extents.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/Tiles.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <utility>

namespace tile {
#define GEN_PASS_DEF_PIPELINELOOPS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

/// What the loop changes: a load of it that is taken early would miss what an iteration in between stores.
llvm::SmallPtrSet<Value, 4> changedIn(scf::ForOp loop) {
  llvm::SmallPtrSet<Value, 4> changed;
  loop.walk([&](Operation *op) {
    llvm::TypeSwitch<Operation *>(op).Case<ir::StoreOp, ir::ScatterOp, ir::AtomicAddOp>(
        [&](auto access) { changed.insert(memoryOf(access.getView())); });
  });
  return changed;
}

/// A load that can be taken early, and the ops of the loop's body that its place is computed by, in order.
struct Early {
  mutable ir::LoadOp load; // MLIR's handles have no const methods
  SmallVector<Operation *> place;
};

/// Appends what `value` is computed by inside of the loop; false when that is more than arithmetic on the loop's
/// number.
bool collect(Value value, scf::ForOp loop, SetVector<Operation *> &place) {
  if (value == loop.getInductionVar()) return true;
  if (auto arg = dyn_cast<BlockArgument>(value)) return arg.getOwner() != loop.getBody();
  Operation *op = value.getDefiningOp();
  if (!loop->isAncestor(op)) return true;
  if (place.contains(op)) return true;
  if (op->getBlock() != loop.getBody() || op->getNumRegions() || !isMemoryEffectFree(op)) return false;
  for (Value operand : op->getOperands())
    if (!collect(operand, loop, place)) return false;
  place.insert(op);
  return true;
}

SmallVector<Early> earlyLoads(scf::ForOp loop) {
  SmallVector<Early> all;
  llvm::SmallPtrSet<Value, 4> changed = changedIn(loop);
  for (auto load : loop.getBody()->getOps<ir::LoadOp>()) {
    if (changed.contains(memoryOf(load.getView()))) continue;
    SetVector<Operation *> place;
    bool known = llvm::all_of(load->getOperands(), [&](Value v) { return collect(v, loop, place); });
    // One that is the same in every iteration has no next one.
    if (known && !place.empty()) all.push_back({load, llvm::to_vector(place)});
    if (known && place.empty() && llvm::is_contained(load.getIndices(), loop.getInductionVar()))
      all.push_back({load, {}});
  }
  return all;
}

/// Whether what a loop loads first may as well be loaded before this op: it changes no memory, and is no loop or
/// branch, which would have fewer registers.
bool mayBeBehind(Operation *op) {
  if (op->getNumRegions()) return isa<ir::ReduceWithOp, ir::ScanOp>(op);
  return isMemoryEffectFree(op) || isa<ir::LoadOp, ir::LoadScalarOp, ir::GatherOp>(op);
}

/// Whether the op may wait for memory: it computes tiles.
bool mayWait(Operation *op) {
  return !isa<ir::LoadOp>(op) && llvm::any_of(op->getResults(), [](Value v) { return isTile(v) && !isFree(v); });
}

/// Where a loop's first loads go: as far up as they can, if something just before the loop may wait for memory that
/// they need not wait for. What their places are computed by goes there with them.
Operation *placeOfFirstLoads(scf::ForOp loop, ArrayRef<Early> loads) {
  llvm::SmallPtrSet<Value, 16> needed{loop.getLowerBound(), loop.getUpperBound(), loop.getStep()};
  auto need = [&](Operation *op) { needed.insert(op->operand_begin(), op->operand_end()); };
  for (const Early &early : loads) {
    need(early.load);
    llvm::for_each(early.place, need);
  }
  Operation *place = loop;
  SmallVector<Operation *> moved, above; // of those that are needed: between place and loop, and above
  bool waits = false;
  for (Operation *op = loop->getPrevNode(); op && mayBeBehind(op); op = op->getPrevNode()) {
    if (llvm::any_of(op->getResults(), [&](Value v) { return needed.contains(v); })) {
      if (!isPure(op)) break;
      need(op);
      above.push_back(op);
    } else {
      place = op;
      moved.append(std::exchange(above, {}));
      waits |= mayWait(op);
    }
  }
  if (!waits) return loop;
  for (Operation *op : llvm::reverse(moved)) op->moveBefore(place);
  return place;
}

class Pipeline {
public:
  Pipeline(scf::ForOp loop, int64_t stages, ArrayRef<Early> loads)
      : loop_(loop), ahead_(stages - 1), loads_(loads), rewriter_(loop.getContext()) {}

  void run() {
    rewriter_.setInsertionPoint(placeOfFirstLoads(loop_, loads_));
    SmallVector<Value> first = prologue();
    rewriter_.setInsertionPoint(loop_);
    auto bodyLoads = [&](OpBuilder &, Location, ArrayRef<BlockArgument> held) { return next(held); };
    // The new loop takes the old one's body, and with it the ops in loads_.
    (void)loop_.replaceWithAdditionalYields(rewriter_, first, /*replaceInitOperandUsesInLoop=*/false, bodyLoads);
  }

private:
  Location loc() { return loop_.getLoc(); }
  Value index(int64_t n) { return arith::ConstantIndexOp::create(rewriter_, loc(), n); }

  /// The loads as of iteration number `at`.
  SmallVector<Value> loadsAt(Value at, Value number) {
    SmallVector<Value> tiles;
    IRMapping map;
    map.map(number, at);
    for (const Early &early : loads_) {
      for (Operation *op : early.place)
        if (!map.contains(op->getResult(0))) rewriter_.clone(*op, map);
      tiles.push_back(rewriter_.clone(*early.load.getOperation(), map)->getResult(0));
    }
    return tiles;
  }

  /// from + distance * step where that is before the loop's end, else `from`.
  Value clamped(Value from, int64_t distance) {
    if (distance == 0) return from;
    Value way = arith::MulIOp::create(rewriter_, loc(), index(distance), loop_.getStep());
    Value then = arith::AddIOp::create(rewriter_, loc(), from, way);
    Value before = arith::CmpIOp::create(rewriter_, loc(), arith::CmpIPredicate::slt, then, loop_.getUpperBound());
    return arith::SelectOp::create(rewriter_, loc(), before, then, from);
  }

  /// What the first iterations need: of each iteration all loads, and zeros if there is none.
  SmallVector<Value> prologue() {
    Value lo = loop_.getLowerBound(), hi = loop_.getUpperBound();
    auto loads = [&] {
      SmallVector<Value> tiles;
      for (int64_t i = 0; i < ahead_; ++i) tiles.append(loadsAt(clamped(lo, i), loop_.getInductionVar()));
      return tiles;
    };
    std::optional<int64_t> from = getConstantIntValue(lo), to = getConstantIntValue(hi);
    if (from && to && *from < *to) return loads();

    Value any = arith::CmpIOp::create(rewriter_, loc(), arith::CmpIPredicate::slt, lo, hi);
    SmallVector<Type> types;
    for (int64_t i = 0; i < ahead_; ++i)
      for (const Early &early : loads_) types.push_back(early.load.getType());
    auto branch = scf::IfOp::create(rewriter_, loc(), types, any, /*addThenBlock=*/true, /*addElseBlock=*/true);
    OpBuilder::InsertionGuard guard(rewriter_);
    rewriter_.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(rewriter_, loc(), loads());
    rewriter_.setInsertionPointToStart(branch.elseBlock());
    SmallVector<Value> zeros;
    for (Type type : types)
      zeros.push_back(arith::ConstantOp::create(rewriter_, loc(), cast<TypedAttr>(rewriter_.getZeroAttr(type))));
    scf::YieldOp::create(rewriter_, loc(), zeros);
    return branch.getResults();
  }

  /// With `held` the tiles of this iteration and of those to come: loads one iteration more, and says what to hold
  /// then. The body is still the old loop's here, which the new one takes over afterwards.
  SmallVector<Value> next(ArrayRef<BlockArgument> held) {
    OpBuilder::InsertionGuard guard(rewriter_);
    rewriter_.setInsertionPointToStart(loop_.getBody());
    SmallVector<Value> successors(held.drop_front(loads_.size()));
    for (Value tile : loadsAt(clamped(loop_.getInductionVar(), ahead_), loop_.getInductionVar())) {
      tile.getDefiningOp<ir::LoadOp>().setEarly(true);
      successors.push_back(tile);
    }
    for (auto [early, tile] : llvm::zip(loads_, held)) rewriter_.replaceOp(early.load, tile);
    return successors;
  }

  scf::ForOp loop_;
  const int64_t ahead_;
  ArrayRef<Early> loads_;
  IRRewriter rewriter_;
};

struct PipelineLoops : impl::PipelineLoopsBase<PipelineLoops> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    ir::TargetAttr target = ir::targetOf(func);
    SmallVector<scf::ForOp> loops;
    func.walk([&](scf::ForOp loop) { // inner ones first
      if (loop->hasAttr(ir::kStagesAttr)) loops.push_back(loop);
    });
    for (scf::ForOp loop : loops) {
      const int64_t stages = cast<IntegerAttr>(loop->removeAttr(ir::kStagesAttr)).getInt();
      if (stages < 2 || (target && target.isSimd())) continue;
      SmallVector<Early> loads = earlyLoads(loop);
      if (!loads.empty()) Pipeline(loop, stages, loads).run();
    }
  }
};

} // namespace
} // namespace tile
