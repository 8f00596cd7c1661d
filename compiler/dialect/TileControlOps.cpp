// What makes ops about the author's knowledge valid, and how they fold.
#include "compiler/dialect/TileDialect.h"

using namespace mlir;

namespace tile::ir {

LogicalResult AssumeOp::verify() {
  if (getAtLeast() && getAtMost() && int64_t(*getAtLeast()) > int64_t(*getAtMost()))
    return emitOpError() << "at least " << int64_t(*getAtLeast()) << " and at most " << int64_t(*getAtMost());
  return success();
}

/// Nothing more can be known of a constant.
OpFoldResult AssumeOp::fold(FoldAdaptor adaptor) {
  return adaptor.getIndex() ? adaptor.getIndex() : OpFoldResult();
}

} // namespace tile::ir
