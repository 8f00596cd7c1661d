// tile-strip-mine: on a machine that unrolls tiles into vectors, work on tiles of more than 64 vectors becomes loops
// over strips of them. First every block gets large tiles of its own: what loops carry, branches give or inner blocks
// use from outside goes through scratch. Then each block is cut by itself, and what it becomes is looked at again, so
// that a strip that is still too large is cut along another dimension.
#include "compiler/passes/Passes.h"
#include "compiler/passes/strip/Miner.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tile {
#define GEN_PASS_DEF_STRIPMINE
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

using strip::Limits;

bool hasLarge(func::FuncOp func, const Limits &limits) {
  return func
      .walk([&](Operation *op) {
        return llvm::any_of(op->getResultTypes(), [&](Type t) { return limits.isLarge(t); }) ? WalkResult::interrupt()
                                                                                             : WalkResult::advance();
      })
      .wasInterrupted();
}

/// A free value that several ops share would tie their dimensions together.
void splitFree(func::FuncOp func) {
  SmallVector<Operation *> free;
  func.walk([&](Operation *op) {
    if (!ir::isCombine(op->getParentOp()) && op->getNumResults() == 1 && isFree(op)) free.push_back(op);
  });
  for (Operation *op : free)
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      OpBuilder b(use.getOwner());
      use.set(b.clone(*op)->getResult(0));
    }
}

/// A loop that carries its large tiles in scratch.
void carryInRooms(scf::ForOp loop, const Limits &limits) {
  OpBuilder b(loop);
  Location loc = loop.getLoc();
  auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
  SmallVector<Value> first, next, rooms, args{loop.getInductionVar()};
  for (auto [i, arg] : llvm::enumerate(loop.getRegionIterArgs())) {
    Value room;
    if (limits.isLarge(arg)) {
      room = strip::makeRoom(b, loc, tileType(arg));
      strip::storeToRoom(b, loc, loop.getInitArgs()[i], room);
      OpBuilder inside = OpBuilder::atBlockBegin(loop.getBody());
      arg.replaceAllUsesWith(strip::loadFromRoom(inside, loc, arg.getType(), room));
      OpBuilder end(yield);
      strip::storeToRoom(end, loc, yield.getOperand(unsigned(i)), room);
    } else {
      first.push_back(loop.getInitArgs()[i]);
      next.push_back(yield.getOperand(unsigned(i)));
    }
    rooms.push_back(room);
  }
  if (llvm::none_of(rooms, [](Value room) { return bool(room); })) return;

  auto fresh = scf::ForOp::create(b, loc, loop.getLowerBound(), loop.getUpperBound(), loop.getStep(), first,
                                  [](OpBuilder &, Location, Value, ValueRange) {});
  fresh->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  yield->setOperands(next);
  unsigned kept = 0;
  loop.getInductionVar().replaceAllUsesWith(fresh.getInductionVar());
  for (auto [arg, room] : llvm::zip(loop.getRegionIterArgs(), rooms))
    if (!room) arg.replaceAllUsesWith(fresh.getRegionIterArg(kept++));
  fresh.getBody()->getOperations().splice(fresh.getBody()->end(), loop.getBody()->getOperations());
  kept = 0;
  for (auto [result, room] : llvm::zip(loop.getResults(), rooms))
    if (room)
      result.replaceAllUsesWith(strip::loadFromRoom(b, loc, result.getType(), room));
    else
      result.replaceAllUsesWith(fresh.getResult(kept++));
  loop.erase();
}

/// A branch that gives its large tiles in scratch.
void giveInRooms(scf::IfOp branch, const Limits &limits) {
  if (llvm::none_of(branch.getResultTypes(), [&](Type t) { return limits.isLarge(t); })) return;
  OpBuilder b(branch);
  Location loc = branch.getLoc();
  SmallVector<Value> rooms;
  SmallVector<Type> types;
  for (Value result : branch.getResults()) {
    bool large = limits.isLarge(result);
    rooms.push_back(large ? strip::makeRoom(b, loc, tileType(result)) : Value());
    if (!large) types.push_back(result.getType());
  }
  for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()}) {
    auto yield = cast<scf::YieldOp>(region->front().getTerminator());
    OpBuilder end(yield);
    SmallVector<Value> next;
    for (auto [value, room] : llvm::zip(yield.getOperands(), rooms))
      if (room)
        strip::storeToRoom(end, loc, value, room);
      else
        next.push_back(value);
    yield->setOperands(next);
  }
  auto fresh = scf::IfOp::create(b, loc, types, branch.getCondition(), /*addThenBlock=*/false, /*addElseBlock=*/false);
  fresh.getThenRegion().takeBody(branch.getThenRegion());
  fresh.getElseRegion().takeBody(branch.getElseRegion());
  unsigned kept = 0;
  for (auto [result, room] : llvm::zip(branch.getResults(), rooms))
    if (room)
      result.replaceAllUsesWith(strip::loadFromRoom(b, loc, result.getType(), room));
    else
      result.replaceAllUsesWith(fresh.getResult(kept++));
  branch.erase();
}

/// A large tile that an inner block uses is loaded there: from where it came, or from scratch.
void bringInside(func::FuncOp func, const Limits &limits) {
  SmallVector<Value> large;
  func.walk([&](Operation *op) {
    for (Value v : op->getResults())
      if (limits.isLarge(v) &&
          llvm::any_of(v.getUsers(), [&](Operation *u) { return u->getBlock() != op->getBlock(); }))
        large.push_back(v);
  });
  for (Value v : large) {
    Operation *def = v.getDefiningOp();
    OpBuilder b(def->getContext());
    b.setInsertionPointAfter(def);
    Value room = strip::makeRoom(b, v.getLoc(), tileType(v));
    strip::storeToRoom(b, v.getLoc(), v, room);
    llvm::DenseMap<Block *, Value> inner;
    for (OpOperand &use : llvm::make_early_inc_range(v.getUses())) {
      Block *block = use.getOwner()->getBlock();
      if (block == def->getBlock()) continue;
      Value &there = inner[block];
      if (!there) {
        OpBuilder inside = OpBuilder::atBlockBegin(block);
        there = strip::loadFromRoom(inside, v.getLoc(), v.getType(), room);
      }
      use.set(there);
    }
  }
}

void eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op)) op.erase();
}

void mine(Block &block, const Limits &limits) {
  if (strip::Miner(block, limits).run()) eraseDead(block);
  for (Operation &op : block) {
    if (ir::isCombine(&op)) continue;
    for (Region &region : op.getRegions())
      for (Block &inner : region) mine(inner, limits);
  }
}

struct StripMine : impl::StripMineBase<StripMine> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    ir::TargetAttr target = ir::targetOf(func);
    if (!target || !target.isSimd()) return;
    Limits limits{target.getLanes()};
    if (!hasLarge(func, limits)) return;
    splitFree(func);
    SmallVector<Operation *> inner;
    func.walk([&](Operation *op) {
      if (isa<scf::ForOp, scf::IfOp>(op)) inner.push_back(op);
    });
    for (Operation *op : inner)
      if (auto loop = dyn_cast<scf::ForOp>(op))
        carryInRooms(loop, limits);
      else
        giveInRooms(cast<scf::IfOp>(op), limits);
    bringInside(func, limits);
    for (Block &block : func.getBody()) mine(block, limits);
  }
};

} // namespace
} // namespace tile
