// Views: how arguments become them, loads, stores, and where a loaded tile lies inside.
#include "compiler/dsl/Impl.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace tile {
using namespace detail;

namespace {

int64_t checkAlign(std::string_view name, DType dtype, int align, Loc loc) {
  if (align == 0) return 16;
  if (align < 0 || !llvm::isPowerOf2_32(uint32_t(align)) || align < size_of(dtype))
    fail(loc, "the view '", name, "' is promised an alignment of ", align,
         " bytes; it is a power of two, at least the ", size_of(dtype), " bytes of an element of ", name_of(dtype));
  return align;
}

void checkExtents(std::string_view name, const std::vector<Index> &extents, Loc loc) {
  if (extents.empty() || extents.size() > size_t(layout::kMaxRank))
    fail(loc, "the view '", name, "' has ", extents.size(), " dimensions; a view has 1 to ", layout::kMaxRank);
  for (const Index &e : extents)
    if (!e.value() && e.constant() < 1)
      fail(loc, "the view '", name, "' has the extent ", e.constant(), "; a constant extent is at least 1");
}

void checkStrides(std::string_view name, const std::vector<Index> &strides, size_t rank, Access access, Loc loc) {
  if (strides.size() != rank)
    fail(loc, "the view '", name, "' has ", rank, " dimensions and ", strides.size(),
         " strides; give one for each, or none");
  int64_t least = access == Access::Read ? 0 : 1;
  for (const Index &s : strides)
    if (!s.value() && s.constant() < least)
      fail(loc, "the view '", name, "' has the stride ", s.constant(), "; a constant stride of ",
           least ? "a view that is written is at least 1" : "an input is at least 0");
}

std::vector<Index> contiguous(const std::vector<Index> &extents, Loc loc) {
  std::vector<Index> strides(extents.size(), Index(1));
  for (size_t d = extents.size() - 1; d > 0; --d)
    strides[d - 1] = index_binary(Binary::Mul, strides[d], extents[d], loc);
  return strides;
}

/// Numbers where they are known, `?` and a value where not.
struct Dims {
  SmallVector<int64_t> numbers;
  SmallVector<mlir::Value> values;

  Dims(BuilderImpl &b, const std::vector<Index> &indices, Loc loc) {
    for (const Index &i : indices) {
      numbers.push_back(i.value() ? ShapedType::kDynamic : i.constant());
      if (i.value()) values.push_back(b.use(i, loc));
    }
  }
};

/// Throws where what is known of them puts the last element farther off than an address can be.
void checkReach(std::string_view name, DType dtype, const Dims &shape, const Dims &strides, Loc loc) {
  double reach = 0; // of numbers below 2^63: exact enough for what is far from 2^63 itself
  for (auto [extent, stride] : llvm::zip(shape.numbers, strides.numbers))
    if (!ShapedType::isDynamic(extent) && !ShapedType::isDynamic(stride)) reach += double(extent - 1) * double(stride);
  if (reach * double(size_of(dtype)) >= 0x1p62)
    fail(loc, "the view '", name, "' of the extents ", words(shape.numbers), " and strides ", words(strides.numbers),
         " reaches 2^62 bytes or more from its first element to its last; accepted: less");
}

View makeView(BuilderImpl &b, std::string_view name, DType dtype, std::vector<Index> extents,
              const ViewOptions &options, Access access, Loc loc) {
  b.checkOpen(loc);
  checkExtents(name, extents, loc);
  int64_t align = checkAlign(name, dtype, options.align, loc);
  if (!options.strides.empty()) checkStrides(name, options.strides, extents.size(), access, loc);
  Dims shape(b, extents, loc);
  Dims strides(b, options.strides.empty() ? contiguous(extents, loc) : options.strides, loc);
  checkReach(name, dtype, shape, strides, loc);
  int64_t divisible = 0;
  for (mlir::Value s : strides.values) divisible = std::gcd(divisible, divisorOf(s));

  OpBuilder &builder = b.builder;
  auto promise = builder.getNamedAttr(ir::kAlignAttr, builder.getI64IntegerAttr(align));
  mlir::Value pointer = b.argument(name, ir::PtrType::get(&context(), typeOf(dtype)), promise, loc);
  auto type = ir::ViewType::get(&context(), shape.numbers, typeOf(dtype), strides.numbers, align,
                                std::max<int64_t>(1, divisible));
  mlir::Value view = ir::MakeViewOp::create(builder, b.at(loc), type, pointer, shape.values, strides.values);
  b.views[view] = ViewInfo{std::string(name), access};
  return View(b.wrap(view), dtype, std::move(extents));
}

void checkRanks(const ViewInfo &info, size_t rank, size_t indices, size_t tile, std::string_view verb, Loc loc) {
  if (indices != rank)
    fail(loc, verb, " the view '", info.name, "' of rank ", rank, " at ", indices, " indices; it takes ", rank);
  if (tile != rank)
    fail(loc, verb, " the view '", info.name, "' of rank ", rank, " with a tile of rank ", tile, "; it takes rank ",
         rank);
}

} // namespace

namespace detail {

ir::Cache cacheOf(Cache cache) {
  constexpr ir::Cache all[] = {ir::Cache::Default, ir::Cache::Streaming, ir::Cache::EvictFirst, ir::Cache::Keep};
  return all[size_t(cache)];
}

void checkReadable(const ViewInfo &info, std::string_view verb, Loc loc) {
  if (info.access == Access::Write)
    fail(loc, verb, " '", info.name, "', which is an output; declare it with inout() to read and write it");
}

void checkWritable(const ViewInfo &info, std::string_view verb, Loc loc) {
  if (info.access == Access::Read)
    fail(loc, verb, " '", info.name, "', which is an input; declare it with output() or inout() to write it");
}

} // namespace detail

View KernelBuilder::input(std::string_view name, DType dtype, std::vector<Index> extents, ViewOptions options,
                          Loc loc) {
  return makeView(*impl_, name, dtype, std::move(extents), options, Access::Read, loc);
}

View KernelBuilder::output(std::string_view name, DType dtype, std::vector<Index> extents, ViewOptions options,
                           Loc loc) {
  return makeView(*impl_, name, dtype, std::move(extents), options, Access::Write, loc);
}

View KernelBuilder::inout(std::string_view name, DType dtype, std::vector<Index> extents, ViewOptions options,
                          Loc loc) {
  return makeView(*impl_, name, dtype, std::move(extents), options, Access::Both, loc);
}

const Index &View::extent(int dim, Loc loc) const {
  if (dim < 0 || dim >= rank())
    fail(loc, "a view of rank ", rank(), " has no dimension ", dim, "; its dimensions are 0 to ", rank() - 1);
  return extents_[size_t(dim)];
}

Tile View::load(std::vector<Index> at, std::vector<int64_t> shape, Cache cache, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the View", loc);
  mlir::Value view = b.use(v_, "the View", loc);
  const ViewInfo &info = b.views.at(view);
  checkReadable(info, "load from", loc);
  checkRanks(info, extents_.size(), at.size(), shape.size(), "load from", loc);
  checkShape(shape, loc);
  SmallVector<mlir::Value> indices = b.use(at, loc);
  auto tile = ir::LoadOp::create(b.builder, b.at(loc), typeOf(dtype_, shape), view, indices, cacheOf(cache));
  return b.tile(tile, dtype_, std::make_shared<Origin>(Origin{v_, std::move(at), std::move(shape)}));
}

Scalar View::at(std::vector<Index> at, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the View", loc);
  mlir::Value view = b.use(v_, "the View", loc);
  const ViewInfo &info = b.views.at(view);
  checkReadable(info, "element of", loc);
  if (at.size() != extents_.size())
    fail(loc, "element of the view '", info.name, "' of rank ", extents_.size(), " at ", at.size(),
         " indices; it takes ", extents_.size());
  if (dtype_ == DType::i1) fail(loc, "element of '", info.name, "', which holds i1; load a tile of it, and compare");
  SmallVector<mlir::Value> indices = b.use(at, loc);
  return Scalar(b.wrap(ir::LoadScalarOp::create(b.builder, b.at(loc), typeOf(dtype_), view, indices)), dtype_);
}

void View::prefetch(std::vector<Index> at, std::vector<int64_t> extents, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the View", loc);
  mlir::Value view = b.use(v_, "the View", loc);
  checkRanks(b.views.at(view), extents_.size(), at.size(), extents.size(), "prefetch of", loc);
  double elements = 1;
  for (int64_t e : extents) {
    if (e < 1) fail(loc, "prefetch of the extent ", e, "; an extent is at least 1");
    elements *= double(e);
  }
  if (elements > double(int64_t(1) << layout::kMaxBases))
    fail(loc, "prefetch of ", words(extents), " elements; at most 2^", layout::kMaxBases, " are brought near at once");
  ir::PrefetchOp::create(b.builder, b.at(loc), view, b.use(at, loc), extents);
}

void View::store(std::vector<Index> at, const Tile &tile, Cache cache, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the View", loc);
  mlir::Value view = b.use(v_, "the View", loc);
  const ViewInfo &info = b.views.at(view);
  checkWritable(info, "store to", loc);
  mlir::Value value = b.use(tile.value(), "the Tile", loc);
  checkRanks(info, extents_.size(), at.size(), tile.shape().size(), "store to", loc);
  if (tile.dtype() != dtype_)
    fail(loc, "store of ", words(tile), " to '", info.name, "', which holds ", name_of(dtype_), "; convert with .to(",
         name_of(dtype_), ")");
  ir::StoreOp::create(b.builder, b.at(loc), value, view, b.use(at, loc), cacheOf(cache));
}

// ---- Bounds ---------------------------------------------------------------------------------------------------------

/// Along `axis` of the tile, or all that was loaded with it.
static Tile inBounds(const Tile &tile, std::optional<int64_t> axis, Loc loc) {
  BuilderImpl &b = builderOf(tile.value(), "the Tile", loc);
  b.use(tile.value(), "the Tile", loc);
  const Origin *origin = tile.origin().get();
  if (!origin)
    fail(loc, "in_bounds() of a tile that was computed; only one that comes from load() (and .to()) has bounds");
  mlir::Value view = b.use(origin->view, "the View", loc);
  SmallVector<mlir::Value> indices = b.use(origin->at, loc);
  SmallVector<int64_t> dims(origin->shape.size());
  std::iota(dims.begin(), dims.end(), 0);
  if (axis) dims = {*axis + int64_t(origin->shape.size()) - tile.rank()};
  mlir::Value mask =
      ir::InBoundsOp::create(b.builder, b.at(loc), typeOf(DType::i1, origin->shape), view, indices, dims);
  if (origin->shape != tile.shape())
    mask = ir::ReshapeOp::create(b.builder, b.at(loc), typeOf(DType::i1, tile.shape()), mask);
  return b.tile(mask, DType::i1);
}

Tile Tile::in_bounds(Loc loc) const {
  return inBounds(*this, std::nullopt, loc);
}

Tile Tile::in_bounds(Axis axis, Loc loc) const {
  builderOf(v_, "the Tile", loc);
  return inBounds(*this, checkAxis(axis, rank(), loc), loc);
}

} // namespace tile
