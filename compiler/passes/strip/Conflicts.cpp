// Two tensors that are different arguments are the same memory only as a whole, when a kernel works in place: then
// their elements and extents are alike, and the same place in both is the same element.
#include "compiler/passes/strip/Conflicts.h"

#include "compiler/analysis/Extents.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tile::strip {
namespace {

bool isSame(Value a, Value b) {
  APInt x, y;
  return a == b || (matchPattern(a, m_ConstantInt(&x)) && matchPattern(b, m_ConstantInt(&y)) && x == y);
}

ValueRange extentsOf(Value view) {
  auto make = view.getDefiningOp<ir::MakeViewOp>();
  return make ? ValueRange(make.getExtents()) : ValueRange();
}

bool mayMeet(Value a, Value b) {
  Value x = memoryOf(a), y = memoryOf(b);
  if (x == y) return true;
  if (isa<ir::ScratchType>(x.getType()) || isa<ir::ScratchType>(y.getType())) return false;
  auto s = cast<ir::ViewType>(a.getType()), t = cast<ir::ViewType>(b.getType());
  return s.getElementType() == t.getElementType() && s.getShape() == t.getShape() &&
         llvm::equal(extentsOf(a), extentsOf(b), isSame);
}

ValueRange indicesOf(Operation *op) {
  if (auto load = dyn_cast<ir::LoadOp>(op)) return load.getIndices();
  return cast<ir::StoreOp>(op).getIndices();
}

ArrayRef<int64_t> shapeOf(Operation *op) {
  if (auto load = dyn_cast<ir::LoadOp>(op)) return load.getTileType().getShape();
  return cast<ir::StoreOp>(op).getTileType().getShape();
}

bool areSame(const Effects::Access &a, const Effects::Access &b) {
  if (!isa<ir::LoadOp, ir::StoreOp>(a.op) || !isa<ir::LoadOp, ir::StoreOp>(b.op)) return false;
  auto s = cast<ir::ViewType>(a.view.getType()), t = cast<ir::ViewType>(b.view.getType());
  bool sameStrides = s.getStrides() == t.getStrides() && (!llvm::is_contained(s.getStrides(), ShapedType::kDynamic) ||
                                                          memoryOf(a.view) != memoryOf(b.view) || a.view == b.view);
  return sameStrides && llvm::equal(indicesOf(a.op), indicesOf(b.op), isSame) && shapeOf(a.op) == shapeOf(b.op);
}

Conflict conflict(const Effects::Access &a, const Effects::Access &b) {
  if ((!a.writes && !b.writes) || (a.adds && b.adds) || !mayMeet(a.view, b.view)) return Conflict::None;
  return areSame(a, b) ? Conflict::Same : Conflict::Full;
}

} // namespace

Effects::Effects(Operation *op) {
  op->walk([&](Operation *o) {
    if (auto load = dyn_cast<ir::LoadOp>(o))
      accesses.push_back({o, load.getView(), false, false});
    else if (auto scalar = dyn_cast<ir::LoadScalarOp>(o))
      accesses.push_back({o, scalar.getView(), false, false});
    else if (auto gather = dyn_cast<ir::GatherOp>(o))
      accesses.push_back({o, gather.getView(), false, false});
    else if (auto store = dyn_cast<ir::StoreOp>(o))
      accesses.push_back({o, store.getView(), true, false});
    else if (auto scatter = dyn_cast<ir::ScatterOp>(o))
      accesses.push_back({o, scatter.getView(), true, false});
    else if (auto add = dyn_cast<ir::AtomicAddOp>(o))
      accesses.push_back({o, add.getView(), true, true});
    else if (isa<ir::ScratchAllocOp, ir::PrefetchOp>(o))
      return; // change nothing
    else if (o->getNumRegions() == 0 && !isMemoryEffectFree(o))
      other = true;
  });
}

Conflict conflict(const Effects &a, const Effects &b) {
  if (!a.any() || !b.any()) return Conflict::None;
  if (a.other || b.other) return Conflict::Full;
  Conflict worst = Conflict::None;
  for (const auto &x : a.accesses)
    for (const auto &y : b.accesses) worst = std::max(worst, conflict(x, y));
  // What contains others may do each of them many times.
  bool single = a.accesses.size() == 1 && b.accesses.size() == 1;
  return worst == Conflict::Same && !single ? Conflict::Full : worst;
}

} // namespace tile::strip
