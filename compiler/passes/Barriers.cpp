// tile-insert-barriers and tile-verify-barriers: between two accesses to the same bytes of scratch, of which one
// writes, stands a barrier. One walk finds the conflicts; one pass mends them, the other reports them.
#include "compiler/passes/Passes.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tile {
#define GEN_PASS_DEF_INSERTBARRIERS
#define GEN_PASS_DEF_VERIFYBARRIERS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

struct Range {
  int64_t begin, end;
  bool overlaps(const Range &o) const { return begin < o.end && o.begin < end; }
  bool operator==(const Range &) const = default;
};

/// What was accessed since the last barrier.
struct Pending {
  SmallVector<Range> reads, writes;

  void clear() {
    reads.clear();
    writes.clear();
  }
  void merge(const Pending &other) {
    add(reads, other.reads);
    add(writes, other.writes);
  }
  static void add(SmallVector<Range> &to, ArrayRef<Range> from) {
    for (const Range &r : from)
      if (!llvm::is_contained(to, r)) to.push_back(r);
  }
};

bool overlapsAny(const Range &r, ArrayRef<Range> all) {
  return llvm::any_of(all, [&](const Range &o) { return r.overlaps(o); });
}

/// Visits accesses in the order they run; a loop's body twice, so that an iteration meets the one before it.
class ConflictWalk {
public:
  explicit ConflictWalk(llvm::function_ref<void(Operation *)> onConflict) : onConflict_(onConflict) {}

  void run(Region &region) {
    for (Block &block : region)
      for (Operation &op : llvm::make_early_inc_range(block)) visit(&op);
  }

private:
  void visit(Operation *op) {
    if (isa<ir::BarrierOp>(op)) {
      pending_.clear();
    } else if (auto store = dyn_cast<ir::ScratchStoreOp>(op)) {
      Range r = rangeOf(store.getScratch());
      if (overlapsAny(r, pending_.reads) || overlapsAny(r, pending_.writes)) conflict(op);
      pending_.writes.push_back(r);
    } else if (auto load = dyn_cast<ir::ScratchLoadOp>(op)) {
      Range r = rangeOf(load.getScratch());
      if (overlapsAny(r, pending_.writes)) conflict(op);
      pending_.reads.push_back(r);
    } else if (isa<LoopLikeOpInterface>(op)) {
      Pending before = pending_;
      for (int pass = 0; pass < 2; ++pass) {
        for (Region &region : op->getRegions()) run(region);
        pending_.merge(before);
      }
    } else if (op->getNumRegions() > 0) { // branches: any of them, or none, may have run
      Pending before = pending_, after = pending_;
      for (Region &region : op->getRegions()) {
        pending_ = before;
        run(region);
        after.merge(pending_);
      }
      pending_ = after;
    }
  }

  void conflict(Operation *op) {
    onConflict_(op);
    pending_.clear();
  }

  static Range rangeOf(TypedValue<ir::ScratchType> scratch) {
    auto alloc = scratch.getDefiningOp<ir::ScratchAllocOp>();
    int64_t begin = alloc.getOffset().value_or(0);
    return {begin, begin + scratch.getType().getBytes()};
  }

  llvm::function_ref<void(Operation *)> onConflict_;
  Pending pending_;
};

struct InsertBarriers : impl::InsertBarriersBase<InsertBarriers> {
  void runOnOperation() override {
    ConflictWalk([](Operation *op) {
      OpBuilder builder(op);
      ir::BarrierOp::create(builder, op->getLoc());
    }).run(getOperation().getBody());
  }
};

struct VerifyBarriers : impl::VerifyBarriersBase<VerifyBarriers> {
  void runOnOperation() override {
    llvm::SmallPtrSet<Operation *, 4> reported; // a loop's body is walked twice
    ConflictWalk([&](Operation *op) {
      if (reported.insert(op).second)
        op->emitError("conflicts with an earlier access to the same scratch; a barrier is missing");
      signalPassFailure();
    }).run(getOperation().getBody());
  }
};

} // namespace
} // namespace tile
