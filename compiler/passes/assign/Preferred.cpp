#include "compiler/passes/assign/Preferred.h"

using namespace mlir;

namespace tile::assign {

Preferred::Preferred(func::FuncOp func, ir::TargetAttr target) : target_(target) {
  auto warps = func->getAttrOfType<IntegerAttr>(ir::kWarpsAttr);
  access_.lanes = int(target.getLanes());
  access_.warps = warps ? int(warps.getInt()) : 1;
  access_.lane_contiguous = target.isSimd();
}

layout::Layout Preferred::of(Value tile, int vector) const {
  layout::AccessShape how = access_;
  how.vector = vector;
  return layout::for_access(ir::shapeOf(tileType(tile)), how);
}

int Preferred::width(ir::ViewType view, std::optional<uint64_t> aligned) const {
  if (view.getStrides().back() != 1) return 1;
  const int64_t widest = target_.getVectorBytes() / view.getElementBytes();
  return int(std::max<int64_t>(1, std::min(widest, int64_t(aligned.value_or(1)))));
}

} // namespace tile::assign
