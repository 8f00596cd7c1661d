// What a loop needs of another's strips it makes again where that is cheap, else the other loop stores them to scratch.
// A reduction along the axis of the strips carries a strip of partial results, which is reduced behind the loop.
#include "compiler/passes/strip/Miner.h"

#include "compiler/distribute/Distribute.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

#include <map>

using namespace mlir;

namespace tile::strip {
namespace {

/// Ops that a value may be made again by.
constexpr int kCheap = 8;

bool isCheapOp(Operation *op) {
  if (isa<ir::ExpandDimsOp, ir::BroadcastOp, ir::LoadOp>(op) || isFree(op)) return true;
  return isElementwise(op) && isa<arith::ArithDialect>(op->getDialect()) &&
         !isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemFOp, arith::RemSIOp, arith::RemUIOp>(op);
}

/// Partial results of short floats are kept in f32.
Type partialType(ir::ReduceOp op) {
  Type element = op.getType().getElementType();
  bool isShort = isa<FloatType>(element) && element.getIntOrFloatBitWidth() < 32;
  return isShort ? Float32Type::get(op.getContext()) : element;
}

/// What changes nothing it is combined with.
TypedAttr identity(ir::Combine kind, Type element) {
  if (auto real = dyn_cast<FloatType>(element)) {
    const llvm::fltSemantics &semantics = real.getFloatSemantics();
    switch (kind) {
    case ir::Combine::Sum:
      return FloatAttr::get(real, APFloat::getZero(semantics, /*Negative=*/true));
    case ir::Combine::Product:
      return FloatAttr::get(real, 1.0);
    case ir::Combine::Max:
      return FloatAttr::get(real, APFloat::getInf(semantics, /*Negative=*/true));
    case ir::Combine::Min:
      return FloatAttr::get(real, APFloat::getInf(semantics));
    }
  }
  unsigned bits = element.getIntOrFloatBitWidth();
  switch (kind) {
  case ir::Combine::Sum:
    return IntegerAttr::get(element, 0);
  case ir::Combine::Product:
    return IntegerAttr::get(element, 1);
  case ir::Combine::Max:
    return IntegerAttr::get(element, APInt::getSignedMinValue(bits));
  case ir::Combine::Min:
    return IntegerAttr::get(element, APInt::getSignedMaxValue(bits));
  }
  llvm_unreachable("all kinds of combination are handled");
}

} // namespace

// ---- Where values come from -----------------------------------------------------------------------------------------

Miner::Source Miner::sourceOf(Value v, const Place &user) {
  if (!isTile(v)) return Source::Direct;
  Operation *def = v.getDefiningOp();
  const Place *from = def ? schedule_.of(def) : nullptr;
  bool made = from && from->axis >= 0 && axes_.dimOn(v, from->axis) >= 0; // in strips
  bool wanted = user.axis >= 0 && axes_.dimOn(v, user.axis) >= 0;
  if (made && schedule_.flows(v, *from, user) && from->time == user.time) return Source::Flows;
  int budget = kCheap;
  if (!made && !wanted) {
    // Held over all turns of the loop it would take the registers that a strip needs.
    bool heavy = user.axis >= 0 && limits_.vectors(v.getType()) > Limits::kReducedStrip;
    return heavy && from && isCheap(v, user, budget) ? Source::Again : Source::Direct;
  }
  return from && isCheap(v, user, budget) ? Source::Again : Source::Room;
}

bool Miner::isCheap(Value v, const Place &user, int &budget) {
  Operation *def = v.getDefiningOp();
  if (!isCheapOp(def) || (user.axis >= 0 && axes_.dimOn(v, user.axis) >= 0 && !axes_.canCut(def, user.axis)))
    return false;
  if (isFree(def)) return true;
  if (--budget < 0 || (isa<ir::LoadOp>(def) && !schedule_.canReload(def, user))) return false;
  return llvm::all_of(def->getOperands(), [&](Value operand) {
    if (!isTile(operand)) return true;
    Operation *maker = operand.getDefiningOp();
    const Place *from = maker ? schedule_.of(maker) : nullptr;
    bool there = from && from->time == user.time && schedule_.flows(operand, *from, user);
    bool whole = !from || from->axis < 0 || axes_.dimOn(operand, from->axis) < 0;
    bool wanted = user.axis >= 0 && axes_.dimOn(operand, user.axis) >= 0;
    if (there || (whole && !wanted)) return true;
    return (from && isCheap(operand, user, budget)) || !limits_.isLarge(operand);
  });
}

void Miner::plan(Value v, const Place &user) {
  switch (sourceOf(v, user)) {
  case Source::Direct:
  case Source::Flows:
    return;
  case Source::Again:
    for (Value operand : v.getDefiningOp()->getOperands()) plan(operand, user);
    return;
  case Source::Room:
    kept_.insert(v);
  }
}

void Miner::planRooms() {
  for (Operation *op : schedule_.ops())
    for (Value v : takenBy(op)) plan(v, schedule_.at(op));
}

// ---- Writing it out -------------------------------------------------------------------------------------------------

bool Miner::run() {
  if (!schedule_.cuts()) return false;
  planRooms();
  std::map<std::pair<int, int>, SmallVector<Operation *>> slots;
  for (Operation *op : schedule_.ops()) slots[{schedule_.at(op).time, schedule_.at(op).axis}].push_back(op);

  b_.setInsertionPointToStart(&block_);
  for (Value v : kept_)
    if (!v.getDefiningOp() || !schedule_.of(v.getDefiningOp())) keep(b_, v, v, Body());
  Operation *last = &block_.back();
  bool terminated = last->hasTrait<OpTrait::IsTerminator>();
  SmallVector<Operation *> cut;
  for (auto &[slot, ops] : slots) {
    if (slot.second >= 0) {
      emitLoop(slot.first, slot.second, ops);
      llvm::append_range(cut, ops);
      continue;
    }
    for (Operation *op : ops) emitWhole(op);
  }
  if (terminated) last->moveBefore(&block_, block_.end());
  llvm::sort(cut, [&](Operation *a, Operation *b) { return schedule_.at(a).order > schedule_.at(b).order; });
  for (Operation *op : cut) op->erase();
  return true;
}

/// An op that stays as it is moves to the end of what has been written.
void Miner::emitWhole(Operation *op) {
  op->moveBefore(&block_, block_.end());
  b_.setInsertionPoint(op);
  Body none;
  for (Value v : takenBy(op)) {
    Value there = get(b_, v, schedule_.at(op), none);
    if (there == v) continue;
    op->walk([&](Operation *inner) { inner->replaceUsesOfWith(v, there); });
  }
  b_.setInsertionPointAfter(op);
  for (Value v : op->getResults())
    if (kept_.contains(v)) keep(b_, v, v, none);
}

void Miner::emitLoop(int time, int axis, ArrayRef<Operation *> ops) {
  b_.setInsertionPointToEnd(&block_);
  Location loc = ops.front()->getLoc();
  Body body;
  body.place = {axis, time, 0};
  body.strip = schedule_.stripOf(axis, ops);
  if (!body.strip) body.strip = axes_.extent(axis); // small ops of an axis that others cut: one strip
  SmallVector<ir::ReduceOp> reductions;
  SmallVector<Value> first;
  for (Operation *op : ops) {
    for (Value v : op->getResults())
      if (kept_.contains(v) && axes_.dimOn(v, axis) >= 0) rooms_[v] = makeRoom(b_, loc, tileType(v));
    if (!Axes::reducesAlong(op, axis, axes_)) continue;
    auto reduce = cast<ir::ReduceOp>(op);
    auto strip = cast<RankedTensorType>(stripType(reduce.getSource().getType(), int(reduce.getAxis()), body));
    auto partial = strip.clone(partialType(reduce));
    TypedAttr start = identity(reduce.getCombine(), partial.getElementType());
    reductions.push_back(reduce);
    first.push_back(arith::ConstantOp::create(b_, op->getLoc(), DenseElementsAttr::get(partial, Attribute(start))));
  }
  auto index = [&](int64_t n) { return arith::ConstantIndexOp::create(b_, loc, n); };
  Value from = index(0), to = index(axes_.extent(axis)), step = index(body.strip);
  auto loop =
      scf::ForOp::create(b_, loc, from, to, step, first, [&](OpBuilder &b, Location at, Value start, ValueRange sums) {
        body.start = start;
        SmallVector<Value> next;
        emitBody(b, body, ops, sums, next);
        scf::YieldOp::create(b, at, next);
      });
  for (auto [reduce, partial] : llvm::zip(reductions, loop.getResults())) {
    auto type = reduce.getType().clone(partialType(reduce));
    Value whole = ir::ReduceOp::create(b_, reduce.getLoc(), type, reduce.getCombine(), partial, reduce.getAxis());
    if (type != reduce.getType()) whole = arith::TruncFOp::create(b_, reduce.getLoc(), reduce.getType(), whole);
    wholes_[reduce.getResult()] = whole;
    if (kept_.contains(reduce.getResult())) keep(b_, reduce.getResult(), whole, Body());
  }
}

void Miner::emitBody(OpBuilder &b, Body &body, ArrayRef<Operation *> ops, ValueRange sums,
                     SmallVectorImpl<Value> &next) {
  for (Operation *op : ops) {
    if (Axes::reducesAlong(op, body.place.axis, axes_)) {
      auto reduce = cast<ir::ReduceOp>(op);
      Value strip = get(b, reduce.getSource(), schedule_.at(op), body), sum = sums[next.size()];
      if (strip.getType() != sum.getType()) strip = arith::ExtFOp::create(b, op->getLoc(), sum.getType(), strip);
      next.push_back(combine(b, op->getLoc(), reduce.getCombine(), sum, strip));
      continue;
    }
    Operation *made = copy(b, op, schedule_.at(op), body);
    for (auto [original, strip] : llvm::zip(op->getResults(), made->getResults())) {
      body.strips[original] = strip;
      if (kept_.contains(original)) keep(b, original, strip, body);
    }
  }
}

/// Stores what was made, all of it or a strip.
void Miner::keep(OpBuilder &b, Value original, Value made, const Body &body) {
  Location loc = made.getLoc();
  Value &room = rooms_[original];
  if (!room) room = makeRoom(b, loc, tileType(original));
  SmallVector<Value> indices;
  if (int dim = body.start ? axes_.dimOn(original, body.place.axis) : -1; dim >= 0) {
    indices.assign(size_t(tileType(original).getRank()), arith::ConstantIndexOp::create(b, loc, 0));
    indices[size_t(dim)] = body.start;
  }
  storeToRoom(b, loc, made, room, indices);
}

Value Miner::get(OpBuilder &b, Value v, const Place &user, Body &body) {
  if (auto it = body.strips.find(v); it != body.strips.end()) return it->second;
  Value made = v;
  switch (sourceOf(v, user)) {
  case Source::Flows:
    llvm_unreachable("the op that makes it comes before");
  case Source::Direct:
    if (auto it = wholes_.find(v); it != wholes_.end()) return it->second;
    return v;
  case Source::Again: {
    Operation *again = copy(b, v.getDefiningOp(), user, body);
    made = again->getResult(cast<OpResult>(v).getResultNumber());
    break;
  }
  case Source::Room: {
    Location loc = v.getLoc();
    Type type = v.getType();
    SmallVector<Value> indices;
    if (int dim = user.axis >= 0 ? axes_.dimOn(v, user.axis) : -1; dim >= 0) {
      type = stripType(type, dim, body);
      indices.assign(size_t(tileType(v).getRank()), arith::ConstantIndexOp::create(b, loc, 0));
      indices[size_t(dim)] = body.start;
    }
    made = loadFromRoom(b, loc, type, rooms_.at(v), indices);
  }
  }
  body.strips[v] = made;
  return made;
}

Type Miner::stripType(Type type, int dim, const Body &body) {
  auto tile = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(tile.getShape());
  shape[size_t(dim)] = body.strip;
  return tile.clone(shape);
}

/// The op for a strip, or, for a user that is not cut, for all.
Operation *Miner::copy(OpBuilder &b, Operation *op, const Place &user, Body &body) {
  IRMapping map;
  for (Value operand : op->getOperands())
    if (isTile(operand)) map.map(operand, get(b, operand, user, body));
  if (auto constant = dyn_cast<arith::ConstantOp>(op); constant && user.axis >= 0)
    if (int dim = axes_.dimOn(constant, user.axis); dim >= 0) {
      auto type = cast<RankedTensorType>(stripType(constant.getType(), dim, body));
      auto splat = cast<SplatElementsAttr>(constant.getValue());
      return arith::ConstantOp::create(b, op->getLoc(), DenseElementsAttr::get(type, splat.getSplatValue<Attribute>()));
    }
  Operation *made = b.clone(*op, map);
  if (user.axis < 0) return made;
  for (auto [original, result] : llvm::zip(op->getResults(), made->getResults()))
    if (int dim = axes_.dimOn(original, user.axis); dim >= 0) result.setType(stripType(original.getType(), dim, body));
  Value tile = isa<ir::StoreOp>(op) ? op->getOperand(0) : op->getNumResults() ? op->getResult(0) : Value();
  int dim = tile ? axes_.dimOn(tile, user.axis) : -1;
  if (auto iota = dyn_cast<ir::IotaOp>(made); iota && dim >= 0) {
    Type number = iota.getType().getElementType();
    Value start = arith::IndexCastOp::create(b, op->getLoc(), number, body.start);
    start = ir::SplatOp::create(b, op->getLoc(), iota.getType(), start);
    return arith::AddIOp::create(b, op->getLoc(), iota, start);
  }
  if (dim >= 0) moveStart(b, made, dim, body);
  return made;
}

/// An access, or a mask, of the strip. Equal starts stay one value, by which equal places are known.
void Miner::moveStart(OpBuilder &b, Operation *op, int dim, Body &body) {
  auto move = [&](OpOperand &index) {
    Value &moved = body.starts[index.get()];
    if (!moved && matchPattern(index.get(), m_Zero())) moved = body.start;
    if (!moved) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(op);
      moved = arith::AddIOp::create(b, op->getLoc(), index.get(), body.start);
    }
    index.set(moved);
  };
  if (auto load = dyn_cast<ir::LoadOp>(op))
    move(load.getIndicesMutable()[unsigned(dim)]);
  else if (auto store = dyn_cast<ir::StoreOp>(op))
    move(store.getIndicesMutable()[unsigned(dim)]);
  else if (auto mask = dyn_cast<ir::InBoundsOp>(op))
    move(mask.getIndicesMutable()[unsigned(dim)]);
}

} // namespace tile::strip
