// Axes: dimensions joined by the ops between them.
#include "compiler/passes/strip/Axes.h"

using namespace mlir;

namespace tile::strip {

static SmallVector<Value> tilesOf(Operation *op) {
  SmallVector<Value> tiles;
  for (Value v : op->getOperands())
    if (isTile(v)) tiles.push_back(v);
  for (Value v : op->getResults())
    if (isTile(v)) tiles.push_back(v);
  return tiles;
}

static bool isPoints(Operation *op) {
  return isa<ir::GatherOp, ir::ScatterOp, ir::AtomicAddOp>(op);
}

Axes::Axes(Block &block) {
  for (Operation &op : block) visit(&op);
}

int Axes::node(Value v, int dim) {
  int64_t extent = tileType(v).getDimSize(unsigned(dim));
  if (extent == 1) return -1;
  auto [it, added] = nodes_.try_emplace({v, dim}, int(parents_.size()));
  if (added) {
    parents_.push_back(int(parents_.size()));
    extents_.push_back(extent);
  }
  return it->second;
}

int Axes::root(int node) const {
  while (parents_[size_t(node)] != node) node = parents_[size_t(node)] = parents_[size_t(parents_[size_t(node)])];
  return node;
}

void Axes::join(Value a, int da, Value b, int db) {
  int x = node(a, da), y = node(b, db);
  if (x < 0 || y < 0) return;
  x = root(x), y = root(y);
  if (x != y && extents_[size_t(x)] == extents_[size_t(y)]) parents_[size_t(std::max(x, y))] = std::min(x, y);
}

void Axes::bar(Operation *op, Value v, int dim) {
  if (int n = node(v, dim); n >= 0) barred_[op].push_back(n);
}

/// All tiles of the op, dimension by dimension; the op needs dimension `except` whole.
void Axes::joinAll(Operation *op, int except) {
  SmallVector<Value> tiles = tilesOf(op);
  for (Value v : tiles)
    for (int d = 0; d < tileType(v).getRank(); ++d) {
      if (d == except)
        bar(op, v, d);
      else if (tileType(v).getRank() == tileType(tiles[0]).getRank())
        join(tiles[0], d, v, d);
    }
}

/// Dimensions with the same extent and the same elements behind them.
void Axes::joinReshaped(Operation *op, Value from, Value to) {
  auto behind = [](Value v, int dim) {
    int64_t n = 1;
    for (int64_t e : tileType(v).getShape().drop_front(size_t(dim) + 1)) n *= e;
    return n;
  };
  llvm::SmallDenseSet<std::pair<int, int>, 8> kept; // of `from` (0) and `to` (1)
  for (int a = 0; a < tileType(from).getRank(); ++a)
    for (int b = 0; b < tileType(to).getRank(); ++b) {
      bool same = tileType(from).getDimSize(unsigned(a)) == tileType(to).getDimSize(unsigned(b)) &&
                  tileType(from).getDimSize(unsigned(a)) > 1 && behind(from, a) == behind(to, b);
      if (!same) continue;
      join(from, a, to, b);
      kept.insert({0, a});
      kept.insert({1, b});
    }
  const Value ends[] = {from, to};
  for (int i = 0; i < 2; ++i)
    for (int d = 0; d < tileType(ends[i]).getRank(); ++d)
      if (!kept.contains({i, d})) bar(op, ends[i], d);
}

void Axes::visit(Operation *op) {
  for (Value v : tilesOf(op))
    for (int d = 0; d < tileType(v).getRank(); ++d) node(v, d);
  if (isElementwise(op) || isPoints(op)) {
    joinAll(op);
  } else if (auto o = dyn_cast<ir::ExpandDimsOp>(op)) {
    int axis = int(o.getAxis());
    for (int d = 0; d < o.getType().getRank(); ++d)
      if (d != axis) join(o.getSource(), d - (d > axis), o.getResult(), d);
  } else if (auto o = dyn_cast<ir::BroadcastOp>(op)) {
    for (int d = 0; d < o.getType().getRank(); ++d) join(o.getSource(), d, o.getResult(), d);
  } else if (auto o = dyn_cast<ir::ReduceOp>(op)) {
    int axis = int(o.getAxis());
    for (int d = 0; d < o.getSource().getType().getRank(); ++d)
      if (d != axis) join(o.getSource(), d, o.getResult(), d - (d > axis));
  } else if (auto o = dyn_cast<ir::ReduceWithOp>(op)) {
    int axis = int(o.getAxis());
    for (Value source : o.getSources()) {
      bar(op, source, axis);
      for (int d = 0; d < tileType(source).getRank(); ++d) join(o.getSources()[0], d, source, d);
    }
    for (Value result : o.getResults())
      for (int d = 0; d < tileType(result).getRank(); ++d) join(o.getSources()[0], d + (d >= axis), result, d);
  } else if (auto o = dyn_cast<ir::ScanOp>(op)) {
    joinAll(op, int(o.getAxis()));
  } else if (auto o = dyn_cast<ir::ConcatOp>(op)) {
    joinAll(op, int(o.getAxis()));
  } else if (auto o = dyn_cast<ir::SplitOp>(op)) {
    joinAll(op, int(o.getAxis()));
  } else if (auto o = dyn_cast<ir::TransposeOp>(op)) {
    for (auto [d, source] : llvm::enumerate(o.getOrder())) join(o.getSource(), int(source), o.getResult(), int(d));
  } else if (auto o = dyn_cast<ir::ReshapeOp>(op)) {
    joinReshaped(op, o.getSource(), o.getResult());
  }
}

int Axes::dimOn(Value v, int axis) const {
  if (!isTile(v)) return -1;
  for (int d = 0; d < tileType(v).getRank(); ++d)
    if (auto it = nodes_.find({v, d}); it != nodes_.end() && root(it->second) == axis) return d;
  return -1;
}

SmallVector<int> Axes::of(Operation *op) const {
  SmallVector<int> axes;
  for (Value v : tilesOf(op))
    for (int d = 0; d < tileType(v).getRank(); ++d)
      if (auto it = nodes_.find({v, d}); it != nodes_.end() && !llvm::is_contained(axes, root(it->second)))
        axes.push_back(root(it->second));
  return axes;
}

bool Axes::reducesAlong(Operation *op, int axis, const Axes &axes) {
  auto reduce = dyn_cast<ir::ReduceOp>(op);
  return reduce && axes.dimOn(reduce.getSource(), axis) == int(reduce.getAxis());
}

bool Axes::canCut(Operation *op, int axis) const {
  bool known = isElementwise(op) || isFree(op) || isPoints(op) ||
               isa<ir::LoadOp, ir::StoreOp, ir::ExpandDimsOp, ir::BroadcastOp, ir::ReduceOp, ir::ReduceWithOp,
                   ir::ScanOp, ir::ConcatOp, ir::SplitOp, ir::TransposeOp, ir::ReshapeOp>(op);
  if (!known) return false;
  if (auto it = barred_.find(op); it != barred_.end())
    if (llvm::any_of(it->second, [&](int n) { return root(n) == axis; })) return false;
  bool touched = false;
  for (Value v : tilesOf(op)) {
    int dims = 0;
    for (int d = 0; d < tileType(v).getRank(); ++d)
      if (auto it = nodes_.find({v, d}); it != nodes_.end()) dims += root(it->second) == axis;
    if (dims > 1) return false; // a tile combined with its own transpose
    touched |= dims == 1;
  }
  return touched;
}

} // namespace tile::strip
