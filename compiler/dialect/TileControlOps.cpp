// What makes ops about the author's knowledge valid, and how they fold.
#include "compiler/dialect/TileDialect.h"

using namespace mlir;

namespace tile::ir {

std::string placeOf(Operation *op) {
  auto at = op->getLoc()->findInstanceOf<FileLineColLoc>();
  return at ? at.getFilename().str() + ":" + std::to_string(at.getLine()) + ": " : "";
}

LogicalResult AssumeOp::verify() {
  if (getAtLeast() && getAtMost() && int64_t(*getAtLeast()) > int64_t(*getAtMost()))
    return emitOpError() << "at least " << int64_t(*getAtLeast()) << " and at most " << int64_t(*getAtMost());
  return success();
}

/// Nothing more can be known of a constant.
OpFoldResult AssumeOp::fold(FoldAdaptor adaptor) {
  return adaptor.getIndex() ? adaptor.getIndex() : OpFoldResult();
}

LogicalResult PrintOp::verify() {
  size_t places = getText().count("{}");
  if (places != getValues().size())
    return emitOpError() << "has " << places << " places for " << getValues().size() << " values";
  RankedTensorType first;
  for (Type type : getValues().getTypes()) {
    auto tile = dyn_cast<RankedTensorType>(type);
    if (!tile) continue;
    if (std::optional<std::string> wrong = wrongAsTile(tile)) return emitOpError() << *wrong;
    if (!first) first = tile;
    if (tile.getShape() != first.getShape() || tile.getEncoding() != first.getEncoding())
      return emitOpError() << "prints tiles of one shape and layout, not " << first << " and " << tile;
  }
  return success();
}

} // namespace tile::ir
