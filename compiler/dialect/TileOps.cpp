// What makes ops of the tile dialect valid, and how they fold. One rule runs through all of them: once tiles carry
// layouts, no op but convert_layout and scratch moves data between lanes, so operand and result layouts must agree.
#include "compiler/dialect/Verify.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "compiler/dialect/TileOps.cpp.inc"

namespace tile::ir {
LogicalResult verifyTile(Operation *op, RankedTensorType type) {
  if (std::optional<std::string> wrong = wrongAsTile(type)) return op->emitOpError() << *wrong;
  return success();
}

LogicalResult verifyTiles(Operation *op, RankedTensorType a, RankedTensorType b) {
  if (failed(verifyTile(op, a)) || failed(verifyTile(op, b))) return failure();
  if (bool(layoutOf(a)) != bool(layoutOf(b)))
    return op->emitOpError() << "one tile carries a layout, the other does not";
  return success();
}

LogicalResult verifyLaidOut(Operation *op, RankedTensorType a, RankedTensorType b) {
  if (failed(verifyTile(op, a)) || failed(verifyTile(op, b))) return failure();
  if (!layoutOf(a) || !layoutOf(b)) return op->emitOpError() << "needs tiles that carry layouts";
  if (a.getElementType() != b.getElementType())
    return op->emitOpError() << "a tile of " << b.getElementType() << " from one of " << a.getElementType();
  return success();
}

LogicalResult verifyLayout(Operation *op, RankedTensorType actual, const layout::Layout &expected) {
  if (*layoutOf(actual) == expected) return success();
  return op->emitOpError() << "moves data between lanes; the layout should be " << expected.str();
}

FailureOr<layout::ReductionPlan> planOf(Operation *op, RankedTensorType source, int64_t axis) {
  try {
    return layout::plan_reduction(*layoutOf(source), int(axis));
  } catch (const std::invalid_argument &e) {
    op->emitOpError() << e.what();
    return failure();
  }
}

LogicalResult verifyAxis(Operation *op, int64_t axis, int64_t rank) {
  if (axis >= rank) return op->emitOpError() << "axis " << axis << " of a tile of rank " << rank;
  return success();
}

namespace {

LogicalResult verifyNonnegative(Operation *op, ViewType view, std::optional<ArrayRef<bool>> nonnegative) {
  if (nonnegative && int64_t(nonnegative->size()) != view.getRank())
    return op->emitOpError() << "'nonnegative' has an entry for each dimension";
  return success();
}

LogicalResult verifyAccess(Operation *op, ViewType view, size_t indices, RankedTensorType type,
                           std::optional<ArrayRef<bool>> inside, std::optional<ArrayRef<bool>> nonnegative,
                           std::optional<uint64_t> aligned) {
  if (failed(verifyTile(op, type))) return failure();
  if (int64_t(indices) != view.getRank())
    return op->emitOpError() << "a view of rank " << view.getRank() << " needs as many indices, not " << indices;
  if (type.getRank() != view.getRank())
    return op->emitOpError() << "a tile of rank " << type.getRank() << " of a view of rank " << view.getRank();
  if (type.getElementType() != view.getElementType())
    return op->emitOpError() << "a tile of " << type.getElementType() << " of a view of " << view.getElementType();
  if (inside && int64_t(inside->size()) != view.getRank())
    return op->emitOpError() << "'inside' has an entry for each dimension";
  if (failed(verifyNonnegative(op, view, nonnegative))) return failure();
  if (aligned && !llvm::isPowerOf2_64(*aligned)) return op->emitOpError() << "'aligned' is a power of two";
  return success();
}

std::optional<uint64_t> alignedOf(std::optional<int64_t> v) {
  return v ? std::optional<uint64_t>(uint64_t(*v)) : std::nullopt;
}

} // namespace

// ---- Views and memory -----------------------------------------------------------------------------------------------

LogicalResult MakeViewOp::verify() {
  ViewType type = getType();
  if (getPointer().getType().getElementType() != type.getElementType())
    return emitOpError() << "a pointer to " << getPointer().getType().getElementType() << " as a view of "
                         << type.getElementType();
  if (int64_t(getExtents().size()) != type.getNumDynamicExtents())
    return emitOpError() << "needs " << type.getNumDynamicExtents() << " extents, not " << getExtents().size();
  if (int64_t(getStrides().size()) != type.getNumDynamicStrides())
    return emitOpError() << "needs " << type.getNumDynamicStrides() << " strides, not " << getStrides().size();
  return success();
}

LogicalResult LoadOp::verify() {
  return verifyAccess(*this, getView().getType(), getIndices().size(), getTileType(), getInside(), getNonnegative(),
                      alignedOf(getAligned()));
}

LogicalResult StoreOp::verify() {
  return verifyAccess(*this, getView().getType(), getIndices().size(), getTileType(), getInside(), getNonnegative(),
                      alignedOf(getAligned()));
}

LogicalResult PrefetchOp::verify() {
  int64_t rank = getView().getType().getRank();
  if (int64_t(getIndices().size()) != rank || int64_t(getExtents().size()) != rank)
    return emitOpError() << "needs an index and an extent for each of the " << rank << " dimensions of the view";
  for (int64_t e : getExtents())
    if (e < 1) return emitOpError() << "an extent is at least 1, not " << e;
  return success();
}

LogicalResult InBoundsOp::verify() {
  ViewType view = getView().getType();
  RankedTensorType type = getType();
  if (failed(verifyTile(*this, type))) return failure();
  if (!type.getElementType().isInteger(1)) return emitOpError() << "gives a tile of i1";
  if (int64_t(getIndices().size()) != view.getRank() || type.getRank() != view.getRank())
    return emitOpError() << "needs an index and an extent for each dimension of the view";
  if (getDims().empty()) return emitOpError() << "names no dimension";
  for (int64_t d : getDims())
    if (d < 0 || d >= view.getRank())
      return emitOpError() << "dimension " << d << " of a view of rank " << view.getRank();
  return verifyNonnegative(*this, view, getNonnegative());
}

// ---- Shape ----------------------------------------------------------------------------------------------------------

LogicalResult IotaOp::verify() {
  if (failed(verifyTile(*this, getType()))) return failure();
  if (getType().getRank() != 1 || !getType().getElementType().isSignlessInteger())
    return emitOpError() << "gives a tile of rank 1 of integers";
  int64_t last = getType().getDimSize(0) - 1;
  unsigned bits = getType().getElementTypeBitWidth();
  if (last >> (bits == 1 ? 1 : bits - 1))
    return emitOpError() << "counts to " << last << ", which " << getType().getElementType() << " does not hold";
  return success();
}

LogicalResult SplatOp::verify() {
  if (failed(verifyTile(*this, getType()))) return failure();
  if (getValue().getType() != getType().getElementType())
    return emitOpError() << "a tile of " << getType().getElementType() << " from a number of " << getValue().getType();
  return success();
}

OpFoldResult SplatOp::fold(FoldAdaptor adaptor) {
  if (auto constant = dyn_cast_or_null<TypedAttr>(adaptor.getValue()))
    return DenseElementsAttr::get(getType(), Attribute(constant));
  return {};
}

static SmallVector<int64_t> inserted(ArrayRef<int64_t> shape, int64_t axis) {
  SmallVector<int64_t> out(shape);
  out.insert(out.begin() + axis, 1);
  return out;
}

LogicalResult ExpandDimsOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (failed(verifyTiles(*this, from, to)) || failed(verifyAxis(*this, getAxis(), to.getRank()))) return failure();
  if (to.getRank() != from.getRank() + 1 || inserted(from.getShape(), getAxis()) != to.getShape() ||
      from.getElementType() != to.getElementType())
    return emitOpError() << "inserts a dimension of extent 1 at " << getAxis() << " and changes nothing else";
  return layoutOf(from) ? verifyLayout(*this, to, layout::expand(*layoutOf(from), int(getAxis()))) : success();
}

LogicalResult DropDimOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (failed(verifyTiles(*this, from, to)) || failed(verifyAxis(*this, getAxis(), from.getRank()))) return failure();
  if (from.getRank() != to.getRank() + 1 || inserted(to.getShape(), getAxis()) != from.getShape() ||
      from.getElementType() != to.getElementType())
    return emitOpError() << "removes the dimension of extent 1 at " << getAxis() << " and changes nothing else";
  return layoutOf(from) ? verifyLayout(*this, to, layout::slice(*layoutOf(from), int(getAxis()))) : success();
}

LogicalResult BroadcastOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (failed(verifyTiles(*this, from, to))) return failure();
  bool fits = from.getRank() == to.getRank() && from.getElementType() == to.getElementType();
  for (int64_t d = 0; fits && d < to.getRank(); ++d)
    fits = from.getDimSize(d) == to.getDimSize(d) || from.getDimSize(d) == 1;
  if (!fits) return emitOpError() << "repeats dimensions of extent 1 and changes nothing else";
  if (!layoutOf(from)) return success();
  try {
    return verifyLayout(*this, from, layout::before_broadcast(*layoutOf(to), shapeOf(from)));
  } catch (const std::invalid_argument &e) { // no layout of the source would do
    return emitOpError() << e.what();
  }
}

OpFoldResult foldSplat(Attribute source, RankedTensorType type) {
  if (auto splat = dyn_cast_or_null<SplatElementsAttr>(source))
    return DenseElementsAttr::get(type, splat.getSplatValue<Attribute>());
  return {};
}

OpFoldResult ExpandDimsOp::fold(FoldAdaptor adaptor) {
  return foldSplat(adaptor.getSource(), getType());
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getSource().getType() == getType()) return getSource();
  return foldSplat(adaptor.getSource(), getType());
}

// ---- Reductions -----------------------------------------------------------------------------------------------------

/// The 1 of i1 is -1 to signed comparison, and sums wrap at 2: neither is what anyone means.
static LogicalResult verifyCombined(Operation *op, RankedTensorType type) {
  if (!type.getElementType().isInteger(1)) return success();
  return op->emitOpError() << "combines numbers, not i1; extend them first";
}

LogicalResult ReduceOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (failed(verifyTiles(*this, from, to)) || failed(verifyAxis(*this, getAxis(), from.getRank()))) return failure();
  SmallVector<int64_t> shape(from.getShape());
  shape.erase(shape.begin() + int64_t(getAxis()));
  if (to.getShape() != ArrayRef<int64_t>(shape) || from.getElementType() != to.getElementType())
    return emitOpError() << "removes dimension " << getAxis() << " and changes nothing else";
  if (failed(verifyCombined(*this, from))) return failure();
  if (!layoutOf(from)) return success();
  FailureOr<layout::ReductionPlan> plan = planOf(*this, from, int64_t(getAxis()));
  return failed(plan) ? failure() : verifyLayout(*this, to, plan->result);
}

LogicalResult ReduceRegistersOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (failed(verifyLaidOut(*this, from, to)) || failed(verifyAxis(*this, getAxis(), from.getRank())) ||
      failed(verifyCombined(*this, from)))
    return failure();
  FailureOr<layout::ReductionPlan> plan = planOf(*this, from, int64_t(getAxis()));
  return failed(plan) ? failure() : verifyLayout(*this, to, plan->after_registers);
}

LogicalResult ReduceLanesOp::verify() {
  RankedTensorType from = getSource().getType(), to = getType();
  if (failed(verifyLaidOut(*this, from, to)) || failed(verifyAxis(*this, getAxis(), from.getRank())) ||
      failed(verifyCombined(*this, from)))
    return failure();
  FailureOr<layout::ReductionPlan> plan = planOf(*this, from, int64_t(getAxis()));
  if (failed(plan)) return failure();
  if (*layoutOf(from) != plan->after_registers)
    return emitOpError() << "registers still hold several elements of dimension " << getAxis();
  return verifyLayout(*this, to, plan->after_lanes);
}

// ---- Layouts and scratch --------------------------------------------------------------------------------------------

LogicalResult ConvertLayoutOp::verify() {
  if (failed(verifyLaidOut(*this, getSource().getType(), getType()))) return failure();
  const layout::Layout &from = *layoutOf(getSource().getType()), &to = *layoutOf(getType());
  if (from.lanes() != to.lanes() || from.warps() != to.warps())
    return emitOpError() << "from " << from.lanes() << " lanes and " << from.warps() << " warps to " << to.lanes()
                         << " and " << to.warps();
  return success();
}

OpFoldResult ConvertLayoutOp::fold(FoldAdaptor adaptor) {
  if (getSource().getType() == getType()) return getSource();
  return foldSplat(adaptor.getSource(), getType());
}

LogicalResult ScratchAllocOp::verify() {
  if (getOffset() && int64_t(*getOffset()) < 0) return emitOpError() << "'offset' is not negative";
  return success();
}

static LogicalResult verifyScratch(Operation *op, RankedTensorType type, Value scratch) {
  if (failed(verifyLaidOut(op, type, type))) return failure();
  auto room = cast<ScratchType>(scratch.getType());
  if (type.getShape() != room.getShape() || type.getElementType() != room.getElementType())
    return op->emitOpError() << "the tile and its scratch differ in shape or element type";
  if (!scratch.getDefiningOp<ScratchAllocOp>()) // passes look the offset up there
    return op->emitOpError() << "scratch comes straight from tile.scratch_alloc";
  return success();
}

LogicalResult ScratchStoreOp::verify() {
  return verifyScratch(*this, getValue().getType(), getScratch());
}
LogicalResult ScratchLoadOp::verify() {
  return verifyScratch(*this, getType(), getScratch());
}

LogicalResult ScratchViewOp::verify() {
  ScratchType room = getScratch().getType();
  ViewType view = getResult().getType();
  if (!getScratch().getDefiningOp<ScratchAllocOp>()) // passes look the offset up there
    return emitOpError() << "scratch comes straight from tile.scratch_alloc";
  if (view.getShape() != room.getShape() || view.getElementType() != room.getElementType())
    return emitOpError() << "the view and its scratch differ in shape or element type";
  int64_t dense = 1;
  for (int64_t d = view.getRank(); d-- > 0; dense *= view.getShape()[d])
    if (view.getStrides()[d] != dense) return emitOpError() << "the view of scratch is dense";
  if (view.getAlign() > kScratchAlign)
    return emitOpError() << "scratch is aligned to " << kScratchAlign << " bytes, not " << view.getAlign();
  return success();
}

} // namespace tile::ir
