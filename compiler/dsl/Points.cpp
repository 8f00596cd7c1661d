// Accesses to elements anywhere in a view: gather, scatter, atomic addition.
#include "compiler/dsl/Impl.h"

using namespace mlir;

namespace tile {
using namespace detail;

namespace detail {

std::vector<int64_t> commonShape(ArrayRef<Tile> tiles, const std::string &what, Loc loc) {
  std::vector<int64_t> shape;
  for (const Tile &t : tiles) {
    if (t.rank() == 0) continue;
    bool fits = shape.empty() || shape.size() == t.shape().size();
    if (shape.empty()) shape = t.shape();
    for (size_t d = 0; fits && d < shape.size(); ++d) {
      fits = shape[d] == t.shape()[d] || shape[d] == 1 || t.shape()[d] == 1;
      shape[d] = std::max(shape[d], t.shape()[d]);
    }
    if (!fits)
      fail(loc, what, " with tiles of shapes ", words(shape), " and ", words(t.shape()),
           "; the ranks must be equal, and extents equal or 1 (expand() inserts a dimension of extent 1)");
  }
  checkShape(shape, loc);
  return shape;
}

} // namespace detail

namespace {

void checkIndices(const std::vector<GatherIndex> &at, const View &view, const std::string &what, Loc loc) {
  if (int(at.size()) != view.rank())
    fail(loc, what, " of rank ", view.rank(), " at ", at.size(), " indices; it takes ", view.rank());
  for (const GatherIndex &i : at)
    if (i.tile.value() && i.tile.dtype() != i32 && i.tile.dtype() != i64)
      fail(loc, what, " at indices of ", words(i.tile), "; they are i32 or i64");
}

/// What the three have in common: checks, and the IR of indices and value at one shape.
struct Points {
  BuilderImpl &b;
  mlir::Value view, value;
  SmallVector<mlir::Value> indices;
  RankedTensorType type;

  Points(const View &v, Value handle, std::string_view verb, const std::vector<GatherIndex> &at, const Tile *written,
         Loc loc)
      : b(builderOf(handle, "the View", loc)), view(b.use(handle, "the View", loc)) {
    const ViewInfo &info = b.views.at(view);
    written ? checkWritable(info, verb, loc) : checkReadable(info, verb, loc);
    std::string what = std::string(verb) + " the view '" + info.name + "'";
    checkIndices(at, v, what, loc);
    SmallVector<Tile> tiles;
    for (const GatherIndex &i : at)
      if (i.tile.value()) tiles.push_back(i.tile);
    if (tiles.empty())
      fail(loc, what, " at no tile; one index at least is a tile (at(), load() and store() take indices alone)");
    if (written) tiles.push_back(*written);
    for (const Tile &t : tiles) b.use(t.value(), "the Tile", loc); // before any of them is broadcast
    type = typeOf(v.dtype(), commonShape(tiles, what, loc));
    for (const GatherIndex &i : at)
      indices.push_back(i.tile.value() ? broadcastTo(b, b.use(i.tile.value(), "the Tile", loc), type.getShape(), loc)
                                       : b.use(i.index, loc));
    if (!written) return;
    if (written->dtype() != v.dtype())
      fail(loc, what, " of ", words(*written), ", where it holds ", name_of(v.dtype()), "; convert with .to(",
           name_of(v.dtype()), ")");
    value = broadcastTo(b, b.use(written->value(), "the Tile", loc), type.getShape(), loc);
  }
};

} // namespace

Tile View::gather(std::vector<GatherIndex> at, Cache cache, Loc loc) const {
  Points p(*this, v_, "gather from", at, nullptr, loc);
  return p.b.tile(ir::GatherOp::create(p.b.builder, p.b.at(loc), p.type, p.view, p.indices, DenseBoolArrayAttr(),
                                       ir::CacheAttr::get(&context(), cacheOf(cache))),
                  dtype_);
}

void View::scatter(std::vector<GatherIndex> at, const Tile &tile, Loc loc) const {
  Points p(*this, v_, "scatter to", at, &tile, loc);
  ir::ScatterOp::create(p.b.builder, p.b.at(loc), p.value, p.view, p.indices, DenseBoolArrayAttr());
}

void View::atomic_add(std::vector<GatherIndex> at, const Tile &tile, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the View", loc);
  const ViewInfo &info = b.views.at(b.use(v_, "the View", loc));
  if (info.access != Access::Both)
    fail(loc, "atomic_add to '", info.name, "', which is an ", info.access == Access::Read ? "input" : "output",
         "; it reads and writes: declare it with inout()");
  if (dtype_ != f32 && dtype_ != i32 && dtype_ != i64)
    fail(loc, "atomic_add to '", info.name, "', which holds ", name_of(dtype_), "; it adds f32, i32 and i64");
  Points p(*this, v_, "atomic_add to", at, &tile, loc);
  ir::AtomicAddOp::create(p.b.builder, p.b.at(loc), p.value, p.view, p.indices, DenseBoolArrayAttr());
}

} // namespace tile
