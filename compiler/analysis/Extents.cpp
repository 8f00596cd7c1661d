#include "compiler/analysis/Extents.h"

#include "compiler/analysis/IndexFacts.h"

using namespace mlir;

namespace tile {

Value memoryOf(Value view) {
  if (auto make = view.getDefiningOp<ir::MakeViewOp>()) return make.getPointer();
  if (auto scratch = view.getDefiningOp<ir::ScratchViewOp>()) return scratch.getScratch();
  return view;
}

SmallVector<OpFoldResult, 3> extentsOf(TypedValue<ir::ViewType> view) {
  auto make = view.getDefiningOp<ir::MakeViewOp>();
  SmallVector<OpFoldResult, 3> extents;
  size_t next = 0;
  for (int64_t n : view.getType().getShape())
    if (n != ShapedType::kDynamic)
      extents.push_back(IntegerAttr::get(IndexType::get(view.getContext()), n));
    else
      extents.push_back(make ? OpFoldResult(make.getExtents()[next++]) : OpFoldResult());
  return extents;
}

bool staysInside(Value index, int64_t tile, OpFoldResult extent) {
  IndexFacts start = factsOf(index);
  if (!start.min || *start.min < 0 || !extent) return false;
  IndexFacts end = factsOf(extent);
  if (start.max && end.min && *start.max <= *end.min - tile) return true;
  return isBelow(index, tile - 1, extent);
}

} // namespace tile
