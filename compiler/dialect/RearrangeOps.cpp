// What makes the ops of RearrangeOps.td valid, and how they fold.
#include "compiler/dialect/Verify.h"

using namespace mlir;

namespace tile::ir {

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (failed(verifyTiles(*this, from, to))) return failure();
  if (from.getNumElements() != to.getNumElements() || from.getElementType() != to.getElementType())
    return emitOpError() << "keeps the number of elements and their type";
  return layoutOf(from) ? verifyLayout(*this, to, layout::reshape(*layoutOf(from), shapeOf(to))) : success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getSource().getType() == getType()) return getSource();
  return foldSplat(adaptor.getSource(), getType());
}

LogicalResult TransposeOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (failed(verifyTiles(*this, from, to))) return failure();
  SmallVector<int64_t> sorted(getOrder());
  llvm::sort(sorted);
  bool permutes = int64_t(sorted.size()) == from.getRank();
  for (auto [i, d] : llvm::enumerate(sorted)) permutes &= d == int64_t(i);
  if (!permutes) return emitOpError() << "names each of the " << from.getRank() << " dimensions once";
  SmallVector<int64_t> shape;
  for (int64_t d : getOrder()) shape.push_back(from.getDimSize(d));
  if (to.getShape() != ArrayRef<int64_t>(shape) || from.getElementType() != to.getElementType())
    return emitOpError() << "changes the order of dimensions and nothing else";
  return layoutOf(from) ? verifyLayout(*this, to, layout::transpose(*layoutOf(from), getOrder())) : success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (getSource().getType() == getType() && llvm::is_sorted(getOrder())) return getSource();
  return foldSplat(adaptor.getSource(), getType());
}

/// A tile and one of its halves along `axis`.
static LogicalResult verifyHalves(Operation *op, RankedTensorType part, RankedTensorType whole, int64_t axis) {
  if (failed(verifyTiles(op, part, whole)) || failed(verifyAxis(op, axis, whole.getRank()))) return failure();
  SmallVector<int64_t> shape(part.getShape());
  if (part.getRank() == whole.getRank()) shape[size_t(axis)] *= 2;
  if (whole.getShape() != ArrayRef<int64_t>(shape) || part.getElementType() != whole.getElementType())
    return op->emitOpError() << "doubles or halves dimension " << axis << " and changes nothing else";
  if (!layoutOf(whole)) return success();
  std::optional<layout::Layout> expected = layout::half(*layoutOf(whole), int(axis));
  if (!expected) return op->emitOpError() << "moves data between lanes; its halves lie in other lanes or warps";
  return verifyLayout(op, part, *expected);
}

LogicalResult ConcatOp::verify() {
  return verifyHalves(*this, getLow().getType(), getType(), int64_t(getAxis()));
}

LogicalResult SplitOp::verify() {
  return verifyHalves(*this, getLow().getType(), getSource().getType(), int64_t(getAxis()));
}

} // namespace tile::ir
