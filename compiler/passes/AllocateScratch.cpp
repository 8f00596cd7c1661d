// tile-allocate-scratch: every scratch block has an offset, and the kernel says how much scratch it needs. A block
// lives from its allocation to its last use in program order, or to the end of a loop that uses what was allocated
// before it, since the next iteration may use it again; blocks whose lives don't overlap may share room (barriers,
// which come next, keep such neighbours apart in time). As long as there is little of it, room is cheaper than a
// barrier: the first blocks share none.
#include "compiler/passes/Passes.h"

#include "mlir/Interfaces/LoopLikeInterface.h"

namespace tile {
#define GEN_PASS_DEF_ALLOCATESCRATCH
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

/// Of a GPU's widest access, or of the host's widest vector.
int64_t alignmentIn(Operation *op) {
  ir::TargetAttr target = ir::targetOf(op);
  return target && target.isSimd() ? ir::kScratchAlign : 16;
}

struct Block {
  ir::ScratchAllocOp op;
  int64_t first, last; ///< life, in program order
  int64_t bytes;
  int64_t offset = 0;

  bool meets(const Block &other) const { return first <= other.last && other.first <= last; }
};

/// Bytes that every GPU has for each of the programs its multiprocessors can run at once.
constexpr int64_t kSpare = 1024;

/// The lowest offset at which `block` fits beside the placed blocks that live with it.
int64_t place(const Block &block, ArrayRef<Block> placed, int64_t align) {
  SmallVector<const Block *> neighbours;
  for (const Block &p : placed)
    if (p.meets(block)) neighbours.push_back(&p);
  llvm::sort(neighbours, [](const Block *a, const Block *b) { return a->offset < b->offset; });
  int64_t offset = 0;
  for (const Block *n : neighbours) {
    if (offset + block.bytes <= n->offset) break;
    offset = std::max<int64_t>(offset, llvm::alignTo(uint64_t(n->offset + n->bytes), uint64_t(align)));
  }
  return offset;
}

/// The last op that runs as long as `user` may need what `alloc` gave.
Operation *lastWith(Operation *alloc, Operation *user) {
  Operation *last = user;
  for (Operation *op = user; op->getBlock() != alloc->getBlock(); op = op->getParentOp())
    if (isa<LoopLikeOpInterface>(op->getParentOp()))
      last = op->getParentOp()->getRegions().back().back().getTerminator();
  return last;
}

struct AllocateScratch : impl::AllocateScratchBase<AllocateScratch> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    llvm::DenseMap<Operation *, int64_t> order;
    SmallVector<ir::ScratchAllocOp> allocs;
    func.walk<WalkOrder::PreOrder>([&](Operation *op) {
      order[op] = int64_t(order.size());
      if (auto alloc = dyn_cast<ir::ScratchAllocOp>(op)) allocs.push_back(alloc);
    });
    SmallVector<Block> placed;
    int64_t total = 0, align = alignmentIn(func);
    for (ir::ScratchAllocOp op : allocs) {
      Block block{op, order[op], order[op], op.getType().getBytes()};
      for (Operation *user : op->getUsers()) {
        block.last = std::max(block.last, order[lastWith(op, user)]);
        if (isa<ir::ScratchViewOp>(user))
          for (Operation *access : user->getUsers()) block.last = std::max(block.last, order[lastWith(op, access)]);
      }
      const int64_t behind = int64_t(llvm::alignTo(uint64_t(total), uint64_t(align)));
      block.offset = behind + block.bytes <= kSpare ? behind : place(block, placed, align);
      total = std::max(total, block.offset + block.bytes);
      op.setOffset(block.offset);
      placed.push_back(block);
    }
    auto byBytes = [](const Block &a, const Block &b) { return a.bytes < b.bytes; };
    if (auto largest = llvm::max_element(placed, byBytes); largest != placed.end())
      if (std::string place = ir::placeOf(largest->op); !place.empty())
        func->setAttr(ir::kScratchPlaceAttr, StringAttr::get(func.getContext(), place));
    func->setAttr(ir::kScratchAttr, IntegerAttr::get(IntegerType::get(func.getContext(), 64), total));
  }
};

} // namespace
} // namespace tile
