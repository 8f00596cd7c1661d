// What changes a tile's shape: expand, broadcast, reductions.
#include "compiler/dsl/Impl.h"

using namespace mlir;

namespace tile {
using namespace detail;

namespace detail {

static mlir::Value expandAt(BuilderImpl &b, mlir::Value v, int64_t axis, Loc loc) {
  auto from = cast<RankedTensorType>(v.getType());
  SmallVector<int64_t> shape(from.getShape());
  shape.insert(shape.begin() + axis, 1);
  return ir::ExpandDimsOp::create(b.builder, b.at(loc), from.clone(shape), v, uint64_t(axis));
}

mlir::Value broadcastTo(BuilderImpl &b, mlir::Value v, ArrayRef<int64_t> shape, Loc loc) {
  auto type = cast<RankedTensorType>(v.getType());
  if (type.getShape() == shape) return v;
  if (type.getRank() == 0)
    for (size_t d = 0; d < shape.size(); ++d) v = expandAt(b, v, int64_t(d), loc);
  if (cast<RankedTensorType>(v.getType()).getShape() == shape) return v;
  return ir::BroadcastOp::create(b.builder, b.at(loc), type.clone(shape), v);
}

static std::string_view nameOf(Combine c) {
  switch (c) {
  case Combine::Sum:
    return "sum";
  case Combine::Max:
    return "max";
  case Combine::Min:
    return "min";
  case Combine::Product:
    return "product";
  }
  return "?";
}

static ir::Combine combineOf(Combine c) {
  switch (c) {
  case Combine::Sum:
    return ir::Combine::Sum;
  case Combine::Max:
    return ir::Combine::Max;
  case Combine::Min:
    return ir::Combine::Min;
  case Combine::Product:
    return ir::Combine::Product;
  }
  throw InternalError("a reduction without a name");
}

Tile reduce(Combine combine, const Tile &x, Axis axis, Loc loc) {
  BuilderImpl &b = builderOf(x.value(), "the Tile", loc);
  mlir::Value source = b.use(x.value(), "the Tile", loc);
  int64_t at = checkAxis(axis, x.rank(), loc);
  if (x.dtype() == DType::i1)
    fail(loc, nameOf(combine), " of ", words(x), "; convert with .to(i32) to count, reductions are not of i1");
  bool accumulates = combine == Combine::Sum || combine == Combine::Product;
  if (accumulates && (x.dtype() == f16 || x.dtype() == bf16))
    fail(loc, nameOf(combine), " of ", words(x), "; convert with .to(f32) first, it would lose digits");
  std::vector<int64_t> shape = x.shape();
  shape.erase(shape.begin() + at);
  auto type = typeOf(x.dtype(), shape);
  return b.tile(ir::ReduceOp::create(b.builder, b.at(loc), type, combineOf(combine), source, uint64_t(at)), x.dtype());
}

} // namespace detail

Tile Tile::expand(Axis axis, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the Tile", loc);
  mlir::Value source = b.use(v_, "the Tile", loc);
  if (rank() == layout::kMaxRank)
    fail(loc, "expand() of ", words(*this), "; a tile has at most ", layout::kMaxRank, " dimensions");
  return b.tile(expandAt(b, source, checkAxis(axis, rank() + 1, loc), loc), dtype_);
}

Tile Tile::broadcast(std::vector<int64_t> shape, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the Tile", loc);
  mlir::Value source = b.use(v_, "the Tile", loc);
  checkShape(shape, loc);
  bool fits = rank() == 0 || shape.size() == shape_.size();
  for (size_t d = 0; fits && d < shape_.size(); ++d) fits = shape_[d] == shape[d] || shape_[d] == 1;
  if (!fits)
    fail(loc, "broadcast() of ", words(*this), " to ", words(shape),
         "; the ranks must be equal and only dimensions of extent 1 are repeated (expand() inserts one)");
  return b.tile(broadcastTo(b, source, shape, loc), dtype_);
}

} // namespace tile
