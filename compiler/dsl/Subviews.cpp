// Parts of views: the same memory with a nearer end.
#include "compiler/dsl/Impl.h"

using namespace mlir;

namespace tile {
using namespace detail;

View View::below(int dim, const Index &end, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the View", loc);
  mlir::Value view = b.use(v_, "the View", loc);
  const Index whole_extent = extent(dim, loc);
  std::vector<Index> extents = extents_;
  extents[size_t(dim)] = min(whole_extent, end, loc);
  const Index &nearer = extents[size_t(dim)];
  if (!nearer.value() && nearer.constant() < 1)
    fail(loc, "the part of '", b.views.at(view).name, "' below ", nearer.constant(),
         "; a constant extent is at least 1");

  auto whole = view.getDefiningOp<ir::MakeViewOp>();
  ir::ViewType type = whole.getType();
  SmallVector<int64_t> numbers;
  SmallVector<mlir::Value> values;
  for (const Index &e : extents) {
    numbers.push_back(e.value() ? ShapedType::kDynamic : e.constant());
    if (e.value()) values.push_back(b.use(e, loc));
  }
  auto partType = ir::ViewType::get(&context(), numbers, type.getElementType(), type.getStrides(), type.getAlign(),
                                    type.getDivisible());
  mlir::Value part =
      ir::MakeViewOp::create(b.builder, b.at(loc), partType, whole.getPointer(), values, whole.getStrides());
  b.views[part] = b.views.at(view);
  return View(b.wrap(part), dtype_, std::move(extents));
}

} // namespace tile
