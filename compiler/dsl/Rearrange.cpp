// Tiles in another shape: reshape, transpose, concat, split.
#include "compiler/dsl/Combine.h"
#include "compiler/dsl/Impl.h"

using namespace mlir;

namespace tile {
using namespace detail;

/// Whether `shape` is the source's without some leading dimensions of extent 1: each element then keeps its place.
static bool dropsLeadingOnes(ArrayRef<int64_t> source, ArrayRef<int64_t> shape) {
  if (shape.size() > source.size()) return false;
  ArrayRef<int64_t> dropped = source.drop_back(shape.size());
  return source.take_back(shape.size()) == shape && llvm::all_of(dropped, [](int64_t extent) { return extent == 1; });
}

Tile reshape(const Tile &x, std::vector<int64_t> shape, Loc loc) {
  BuilderImpl &b = builderOf(x.value(), "the Tile", loc);
  mlir::Value source = b.use(x.value(), "the Tile", loc);
  checkShape(shape, loc);
  auto type = typeOf(x.dtype(), shape);
  if (type.getNumElements() != cast<RankedTensorType>(source.getType()).getNumElements())
    fail(loc, "reshape() of ", words(x), " to ", words(shape), "; the number of elements must stay the same");
  return b.tile(ir::ReshapeOp::create(b.builder, b.at(loc), type, source), x.dtype(),
                dropsLeadingOnes(x.shape(), shape) ? x.origin() : nullptr);
}

Tile transpose(const Tile &x, std::vector<int64_t> order, Loc loc) {
  BuilderImpl &b = builderOf(x.value(), "the Tile", loc);
  mlir::Value source = b.use(x.value(), "the Tile", loc);
  std::vector<int64_t> sorted = order, shape;
  std::sort(sorted.begin(), sorted.end());
  bool permutes = int(order.size()) == x.rank();
  for (size_t d = 0; permutes && d < sorted.size(); ++d) permutes = sorted[d] == int64_t(d);
  if (!permutes)
    fail(loc, "transpose() of ", words(x), " in the order ", words(order), "; it names each of the ", x.rank(),
         " dimensions once");
  for (int64_t d : order) shape.push_back(x.shape()[size_t(d)]);
  return b.tile(ir::TransposeOp::create(b.builder, b.at(loc), typeOf(x.dtype(), shape), source, order), x.dtype());
}

Tile concat(const Tile &x, const Tile &y, Axis axis, Loc loc) {
  BuilderImpl &b = builderOf(x.value(), "the Tile", loc);
  mlir::Value low = b.use(x.value(), "the Tile", loc), high = b.use(y.value(), "the Tile", loc);
  int64_t at = checkAxis(axis, x.rank(), loc);
  if (x.dtype() != y.dtype() || x.shape() != y.shape())
    fail(loc, "concat() of ", words(x), " and ", words(y), "; dtypes and shapes must be equal");
  std::vector<int64_t> shape = x.shape();
  shape[size_t(at)] *= 2;
  checkShape(shape, loc);
  auto type = typeOf(x.dtype(), shape);
  return b.tile(ir::ConcatOp::create(b.builder, b.at(loc), type, low, high, uint64_t(at)), x.dtype());
}

std::pair<Tile, Tile> split(const Tile &x, Axis axis, Loc loc) {
  BuilderImpl &b = builderOf(x.value(), "the Tile", loc);
  mlir::Value source = b.use(x.value(), "the Tile", loc);
  int64_t at = checkAxis(axis, x.rank(), loc);
  std::vector<int64_t> shape = x.shape();
  if (shape[size_t(at)] == 1)
    fail(loc, "split() of ", words(x), " along Axis(", axis.value, "), whose extent is 1; it takes 2 or more");
  shape[size_t(at)] /= 2;
  Type type = typeOf(x.dtype(), shape);
  auto halves = ir::SplitOp::create(b.builder, b.at(loc), type, type, source, uint64_t(at));
  return {b.tile(halves.getLow(), x.dtype()), b.tile(halves.getHigh(), x.dtype())};
}

} // namespace tile
