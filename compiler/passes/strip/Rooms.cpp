// Scratch as a place for tiles.
#include "compiler/passes/strip/Rooms.h"

using namespace mlir;

namespace tile::strip {

int64_t Limits::vectors(Type type) const {
  auto tile = dyn_cast<RankedTensorType>(type);
  return tile ? tile.getNumElements() / lanes : 0;
}

bool Limits::isLarge(Type type) const {
  return vectors(type) > kLargest;
}

Value makeRoom(OpBuilder &b, Location loc, RankedTensorType tile) {
  SmallVector<int64_t> strides(size_t(tile.getRank()), 1);
  for (int64_t d = tile.getRank() - 1; d-- > 0;)
    strides[size_t(d)] = strides[size_t(d) + 1] * tile.getDimSize(unsigned(d) + 1);
  Type element = tile.getElementType();
  Type scratch = ir::ScratchType::get(b.getContext(), tile.getShape(), element);
  Type view = ir::ViewType::get(b.getContext(), tile.getShape(), element, strides, ir::kScratchAlign, /*divisible=*/1);
  Value alloc = ir::ScratchAllocOp::create(b, loc, scratch, IntegerAttr());
  return ir::ScratchViewOp::create(b, loc, view, alloc);
}

/// `indices`, or the origin.
static SmallVector<Value> placeIn(OpBuilder &b, Location loc, Value room, ValueRange indices) {
  if (!indices.empty()) return indices;
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  return SmallVector<Value>(size_t(cast<ir::ViewType>(room.getType()).getRank()), zero);
}

void storeToRoom(OpBuilder &b, Location loc, Value tile, Value room, ValueRange indices) {
  ir::StoreOp::create(b, loc, tile, room, placeIn(b, loc, room, indices), ir::Cache::Default);
}

Value loadFromRoom(OpBuilder &b, Location loc, Type tile, Value room, ValueRange indices) {
  return ir::LoadOp::create(b, loc, tile, room, placeIn(b, loc, room, indices), ir::Cache::Default);
}

} // namespace tile::strip
