// What makes ops on single elements valid, and how they fold.
#include "compiler/dialect/TileDialect.h"

using namespace mlir;

namespace tile::ir {

LogicalResult LoadScalarOp::verify() {
  ViewType view = getView().getType();
  if (int64_t(getIndices().size()) != view.getRank())
    return emitOpError() << "a view of rank " << view.getRank() << " needs as many indices, not "
                         << getIndices().size();
  if (getType() != view.getElementType())
    return emitOpError() << "a number of " << getType() << " of a view of " << view.getElementType();
  if (auto inside = getInside(); inside && int64_t(inside->size()) != view.getRank())
    return emitOpError() << "'inside' has an entry for each dimension";
  return success();
}

/// One rule for all that goes to places anywhere in a view.
template <class Op> static LogicalResult verifyPoints(Op op) {
  ViewType view = op.getView().getType();
  RankedTensorType tile = op.getTileType();
  if (std::optional<std::string> wrong = wrongAsTile(tile)) return op.emitOpError() << *wrong;
  if (int64_t(op.getIndices().size()) != view.getRank())
    return op.emitOpError() << "a view of rank " << view.getRank() << " needs as many indices, not "
                            << op.getIndices().size();
  if (tile.getElementType() != view.getElementType())
    return op.emitOpError() << "a tile of " << tile.getElementType() << " of a view of " << view.getElementType();
  for (Type index : op.getIndices().getTypes())
    if (auto t = dyn_cast<RankedTensorType>(index))
      if (t.getShape() != tile.getShape() || t.getEncoding() != tile.getEncoding())
        return op.emitOpError() << "indices " << t << " for a tile " << tile << "; shape and layout are the same";
  if (auto inside = op.getInside(); inside && int64_t(inside->size()) != view.getRank())
    return op.emitOpError() << "'inside' has an entry for each dimension";
  return success();
}

LogicalResult GatherOp::verify() {
  return verifyPoints(*this);
}

LogicalResult ScatterOp::verify() {
  return verifyPoints(*this);
}

LogicalResult AtomicAddOp::verify() {
  Type element = getTileType().getElementType();
  if (!element.isF32() && !element.isInteger(32) && !element.isInteger(64))
    return emitOpError() << "adds f32, i32 or i64, not " << element;
  return verifyPoints(*this);
}

LogicalResult ToScalarOp::verify() {
  if (std::optional<std::string> wrong = wrongAsTile(getSource().getType())) return emitOpError() << *wrong;
  if (getSource().getType().getRank() != 0)
    return emitOpError() << "takes a tile of rank 0, not of " << getSource().getType().getRank();
  if (getSource().getType().getElementType() != getType())
    return emitOpError() << "a number of " << getType() << " from a tile of " << getSource().getType().getElementType();
  return success();
}

OpFoldResult ToScalarOp::fold(FoldAdaptor adaptor) {
  if (auto splat = getSource().getDefiningOp<SplatOp>()) return splat.getValue();
  if (auto constant = dyn_cast_or_null<SplatElementsAttr>(adaptor.getSource()))
    return constant.getSplatValue<Attribute>();
  return {};
}

} // namespace tile::ir
