// Axes are chosen so that as much as possible runs in one loop: first those along which nothing is reduced.
#include "compiler/passes/strip/Schedule.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace tile::strip {

SmallVector<Value> takenBy(Operation *op) {
  SetVector<Value> values(op->operand_begin(), op->operand_end());
  if (op->getNumRegions()) getUsedValuesDefinedAbove(op->getRegions(), values);
  return values.takeVector();
}

Schedule::Schedule(Block &block, const Axes &axes, const Limits &limits) : block_(block), axes_(axes), limits_(limits) {
  for (Operation &op : block) {
    places_[&op].order = int(ops_.size());
    ops_.push_back(&op);
  }
  chooseAxes();
  if (cuts_) setTimes();
}

const Place *Schedule::of(Operation *op) const {
  auto it = places_.find(op);
  return it == places_.end() ? nullptr : &it->second;
}

int64_t Schedule::stripOf(int axis, ArrayRef<Operation *> ops) const {
  int64_t extent = axes_.extent(axis), largest = 1, least = 1;
  bool reduces = false;
  for (Operation *op : ops) {
    reduces |= Axes::reducesAlong(op, axis, axes_);
    auto meet = [&](Value v) {
      int dim = axes_.dimOn(v, axis);
      if (dim < 0) return;
      largest = std::max(largest, limits_.vectors(v.getType()));
      // A row must not fall into pieces of less than a few vectors.
      if (dim + 1 == tileType(v).getRank() && limits_.isLarge(v)) least = 4 * limits_.lanes;
    };
    llvm::for_each(op->getOperands(), meet);
    llvm::for_each(op->getResults(), meet);
  }
  int64_t wanted = reduces ? Limits::kReducedStrip : Limits::kStrip;
  int64_t strip = std::max<int64_t>(extent * wanted / largest, least);
  return strip < 1 ? 1 : strip < extent ? strip : 0;
}

/// The axis that cuts most of these ops; 0 to cut is -1.
int Schedule::bestAxis(ArrayRef<Operation *> left) const {
  llvm::MapVector<int, SmallVector<Operation *>> byAxis;
  for (Operation *op : left)
    for (int axis : axes_.of(op))
      if (axes_.canCut(op, axis)) byAxis[axis].push_back(op);
  int best = -1;
  std::pair<int, size_t> bestScore;
  for (auto &[axis, ops] : byAxis) {
    if (!stripOf(axis, ops)) continue;
    bool reduces = llvm::any_of(ops, [&](Operation *op) { return Axes::reducesAlong(op, axis, axes_); });
    bool needsWhole = llvm::any_of(
        left, [&](Operation *op) { return llvm::is_contained(axes_.of(op), axis) && !axes_.canCut(op, axis); });
    std::pair score(needsWhole ? 0 : reduces ? 1 : 2, ops.size());
    if (best < 0 || score > bestScore) best = axis, bestScore = score;
  }
  return best;
}

void Schedule::chooseAxes() {
  auto isLarge = [&](Operation *op) {
    return llvm::any_of(op->getOperands(), [&](Value v) { return limits_.isLarge(v); }) ||
           llvm::any_of(op->getResults(), [&](Value v) { return limits_.isLarge(v); });
  };
  while (true) {
    SmallVector<Operation *> left;
    for (Operation *op : ops_)
      if (places_[op].axis < 0 && isLarge(op)) left.push_back(op);
    int axis = bestAxis(left);
    if (axis < 0) return;
    cuts_ = true;
    for (Operation *op : ops_)
      if (places_[op].axis < 0 && axes_.canCut(op, axis)) places_[op].axis = axis;
  }
}

bool Schedule::flows(Value v, const Place &from, const Place &to) const {
  return from.axis >= 0 && from.axis == to.axis && axes_.dimOn(v, from.axis) >= 0;
}

/// The earliest time at which an op of that place may be, given those of all before it.
int Schedule::earliest(Operation *op, const Place &place) const {
  int time = place.axis >= 0 ? 1 : 0;
  auto after = [&](const Place &p, bool together) {
    int t = p.time;
    if (!together) t += p.axis >= 0 ? (place.axis >= 0 ? 2 : 1) : place.axis >= 0 ? 1 : 0;
    time = std::max(time, t);
  };
  for (Value v : takenBy(op))
    if (Operation *def = v.getDefiningOp())
      if (const Place *p = of(def)) after(*p, flows(v, *p, place));
  Effects mine(op);
  if (!mine.any()) return time;
  for (const auto &[other, theirs] : effects_) {
    Conflict c = conflict(theirs, mine);
    if (c == Conflict::None) continue;
    const Place &p = at(other);
    bool together = false;
    if (c == Conflict::Same && p.axis >= 0 && p.axis == place.axis) {
      auto dim = [&](const Effects &e) {
        Operation *o = e.accesses.front().op;
        return axes_.dimOn(isa<ir::LoadOp>(o) ? o->getResult(0) : o->getOperand(0), place.axis);
      };
      together = dim(theirs) == dim(mine);
    }
    after(p, together);
  }
  return time;
}

void Schedule::setTimes() {
  for (Operation *op : ops_) {
    Place &place = places_[op];
    place.time = earliest(op, place);
    if (Effects mine(op); mine.any()) effects_.push_back({op, std::move(mine)});
    end_ = std::max(end_, place.time + 2 - place.time % 2);
  }
  if (Operation &last = block_.back(); last.hasTrait<OpTrait::IsTerminator>()) places_[&last].time = end_;
}

bool Schedule::canReload(Operation *load, const Place &later) const {
  const Place &mine = at(load);
  Effects reads(load);
  for (const auto &[other, theirs] : effects_) {
    const Place &p = at(other);
    if (p.order < mine.order || p.time > later.time) continue;
    Conflict c = conflict(theirs, reads);
    if (c == Conflict::None) continue;
    bool behind =
        p.time == later.time && p.axis == later.axis && p.order > later.order && (p.axis < 0 || c == Conflict::Same);
    if (!behind) return false;
  }
  return true;
}

} // namespace tile::strip
