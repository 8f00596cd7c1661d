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
