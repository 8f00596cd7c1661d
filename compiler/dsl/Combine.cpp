// Reductions and scans by the author's function. It is called once, with the insertion point inside the region that it
// becomes; then what it did is checked, and the numbers that it captured are made arguments of the region.
#include "compiler/dsl/Combine.h"
#include "compiler/dsl/Impl.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace tile::detail {
namespace {

/// What is to be built: the parts that reductions and scans share.
struct Request {
  BuilderImpl &b;
  llvm::StringRef name; ///< "reduce()", in messages
  const CombineCall &call;
  Loc loc;
  const std::vector<Tile> &tiles;
  int64_t axis;
  SmallVector<mlir::Value> sources;
};

Request requestOf(llvm::StringRef name, const std::vector<Tile> &x, Axis axis, const CombineCall &call, Loc loc) {
  if (x.empty()) fail(loc, name, " of no tile; it takes at least one");
  BuilderImpl &b = builderOf(x.front().value(), "the Tile", loc);
  Request r{b, name, call, loc, x, 0, {}};
  for (const Tile &t : x) {
    r.sources.push_back(b.use(t.value(), "the Tile", loc));
    if (t.shape() != x.front().shape())
      fail(loc, name, " of ", words(x.front()), " and ", words(t), "; the shapes must be equal");
  }
  r.axis = checkAxis(axis, x.front().rank(), loc);
  return r;
}

[[noreturn]] void failAt(Location at, const std::string &text) {
  auto place = at->findInstanceOf<FileLineColLoc>();
  throw UserError((place ? place.getFilename().str() + ':' + std::to_string(place.getLine()) + ": " : "") + text);
}

bool hasTiles(Operation &op) {
  auto isTile = [](Type t) { return isa<RankedTensorType>(t); };
  return llvm::any_of(op.getOperandTypes(), isTile) || llvm::any_of(op.getResultTypes(), isTile);
}

/// The author's word for an op that a combine function cannot have.
std::string wordFor(Operation &op) {
  if (isa<ir::LoadOp>(op)) return "load()";
  if (isa<ir::StoreOp>(op)) return "store()";
  if (isa<ir::PrefetchOp>(op)) return "prefetch()";
  if (isa<ir::LoadScalarOp>(op)) return "at()";
  if (isa<ir::GatherOp>(op)) return "gather()";
  if (isa<ir::ScatterOp>(op)) return "scatter()";
  if (isa<ir::AtomicAddOp>(op)) return "atomic_add()";
  if (isa<ir::PrintOp>(op)) return "print()";
  if (isa<ir::RequireOp>(op)) return "require()";
  if (isa<scf::ForOp>(op)) return "a loop";
  if (isa<scf::IfOp>(op)) return "a branch";
  if (isa<ir::ReduceOp, ir::ReduceWithOp, ir::ScanOp>(op)) return "a reduction or scan";
  if (isa<ir::ExpandDimsOp>(op)) return "expand()";
  if (isa<ir::BroadcastOp>(op)) return "broadcast()";
  if (isa<ir::IotaOp>(op)) return "iota()";
  if (isa<ir::ReshapeOp>(op)) return "reshape()";
  if (isa<ir::TransposeOp>(op)) return "transpose()";
  if (isa<ir::ConcatOp>(op)) return "concat()";
  if (isa<ir::SplitOp>(op)) return "split()";
  if (isa<ir::InBoundsOp>(op)) return "in_bounds()";
  if (isa<ir::ToScalarOp>(op)) return "to_scalar() or a Condition";
  if (isa<arith::ConstantOp>(op)) return "full()";
  return "'" + op.getName().getStringRef().str() + "'";
}

/// Index and Scalar arithmetic moves out; it depends on no element. What is left must be element by element.
void checkFunction(const Request &r, Operation *op, Block &block) {
  std::string whose = "the combine function of " + r.name.str();
  for (Operation &inside : llvm::make_early_inc_range(block.without_terminator()))
    if (!hasTiles(inside) && inside.getNumRegions() == 0 && isPure(&inside)) inside.moveBefore(op);
  for (Operation &inside : block)
    for (mlir::Value v : inside.getOperands())
      if (isa<RankedTensorType>(v.getType()) && v.getParentBlock() != &block)
        failAt(inside.getLoc(), whose + " uses a tile of the kernel, " + words(v.getType()) +
                                    "; besides its arguments it may use Scalars and C++ numbers");
  for (Operation &inside : block.without_terminator()) {
    bool fits = isa<ir::SplatOp, arith::ConstantOp>(inside) || inside.hasTrait<OpTrait::Elementwise>();
    for (Type t : inside.getResultTypes())
      fits = fits && isa<RankedTensorType>(t) && cast<RankedTensorType>(t).getRank() == 0;
    if (!fits)
      failAt(inside.getLoc(), whose + " has " + wordFor(inside) + "; it does arithmetic on single elements only");
  }
}

/// Numbers from outside become arguments of the region.
SmallVector<mlir::Value> captured(Block &block) {
  SmallVector<mlir::Value> captures;
  for (Operation &op : block)
    for (OpOperand &operand : op.getOpOperands()) {
      mlir::Value v = operand.get();
      if (v.getParentBlock() == &block) continue;
      auto known = llvm::find(captures, v);
      size_t number = size_t(known - captures.begin());
      if (known == captures.end()) {
        captures.push_back(v);
        block.addArgument(v.getType(), op.getLoc());
      }
      operand.set(block.getArgument(unsigned(block.getNumArguments() - captures.size() + number)));
    }
  return captures;
}

/// Calls the author's function inside the region of `op`, which has no captures yet.
template <class Op> std::vector<Tile> build(const Request &r, Op op) {
  BuilderImpl &b = r.b;
  Block &block = op.getCombine().emplaceBlock();
  size_t count = r.tiles.size();
  for (int side = 0; side < 2; ++side)
    for (const Tile &t : r.tiles) block.addArgument(typeOf(t.dtype(), {}), b.at(r.loc));
  std::vector<Tile> in[2];
  for (size_t i = 0; i < 2 * count; ++i)
    in[i / count].push_back(b.tile(block.getArgument(unsigned(i)), r.tiles[i % count].dtype()));

  Nested inside(b, op, op.getCombine());
  std::vector<Tile> out = r.call.call(r.call.state, in[0], in[1]);
  if (out.size() != count)
    fail(r.loc, "the combine function of ", r.name, " takes elements of ", count, " tiles and returns ", out.size(),
         "; it returns one of each");
  SmallVector<mlir::Value> values;
  for (size_t i = 0; i < count; ++i) {
    values.push_back(b.use(out[i].value(), "what the combine function returns", r.loc));
    if (out[i].dtype() != r.tiles[i].dtype() || out[i].rank() != 0)
      fail(r.loc, "the combine function of ", r.name, " returns ", words(out[i]), " for a tile of ",
           name_of(r.tiles[i].dtype()), "; it returns one element of the same dtype");
  }
  ir::YieldOp::create(b.builder, b.at(r.loc), values);
  checkFunction(r, op, block);
  op.getCapturesMutable().append(captured(block));
  inside.complete();

  std::vector<Tile> results;
  for (size_t i = 0; i < count; ++i) results.push_back(b.tile(op.getResult(unsigned(i)), r.tiles[i].dtype()));
  return results;
}

/// A number of the kernel, not a tile.
mlir::Value identityOf(const Request &r, Operand o, DType dtype) {
  o.loc = r.loc; // made inside the templates of Combine.h
  if (o.kind == Operand::Kind::Tile) fail(o.loc, "the identity of ", r.name, " is a tile; it is a number or a Scalar");
  if (o.kind == Operand::Kind::Scalar && o.tile.dtype() != dtype)
    fail(o.loc, "the identity of ", r.name, " is a Scalar of ", name_of(o.tile.dtype()), " for a tile of ",
         name_of(dtype), "; the dtypes must be equal, convert one with .to()");
  if (o.kind == Operand::Kind::Scalar && o.tile.value()) return r.b.use(o.tile.value(), "the Scalar", o.loc);
  auto constant = constantTile(r.b, o, dtype, {}, o.loc).getDefiningOp<arith::ConstantOp>();
  auto value = cast<TypedAttr>(cast<SplatElementsAttr>(constant.getValue()).getSplatValue<Attribute>());
  constant.erase();
  return arith::ConstantOp::create(r.b.builder, r.b.at(o.loc), value);
}

std::vector<Tile> buildReduce(const Request &r, bool symmetric) {
  std::vector<int64_t> shape = r.tiles.front().shape();
  shape.erase(shape.begin() + r.axis);
  SmallVector<Type> types;
  for (const Tile &t : r.tiles) types.push_back(typeOf(t.dtype(), shape));
  return build(r, ir::ReduceWithOp::create(r.b.builder, r.b.at(r.loc), types, r.sources, ValueRange(), uint64_t(r.axis),
                                           symmetric));
}

std::vector<Tile> buildScan(const Request &r, const ScanRequest &how, bool symmetric) {
  size_t given = how.identities.size();
  if (given && given != r.tiles.size())
    fail(r.loc, r.name, " of ", r.tiles.size(), " tiles has ", given, " identities; it takes one for each");
  SmallVector<mlir::Value> identities;
  for (size_t i = 0; i < given; ++i) identities.push_back(identityOf(r, how.identities[i], r.tiles[i].dtype()));
  auto types = ValueRange(r.sources).getTypes();
  return build(r, ir::ScanOp::create(r.b.builder, r.b.at(r.loc), types, r.sources, ValueRange(), uint64_t(r.axis),
                                     symmetric, identities, how.reverse));
}

/// A C++ function in erased form.
template <class F> CombineCall erased(F &f) {
  return {&f,
          [](void *s, const std::vector<Tile> &a, const std::vector<Tile> &b) { return (*static_cast<F *>(s))(a, b); }};
}

} // namespace

std::vector<Tile> reduce(const std::vector<Tile> &x, Axis axis, const CombineCall &call, Loc loc) {
  return buildReduce(requestOf("reduce()", x, axis, call, loc), /*symmetric=*/false);
}

std::vector<Tile> scan(const std::vector<Tile> &x, Axis axis, const CombineCall &call, const ScanRequest &how,
                       Loc loc) {
  return buildScan(requestOf(how.identities.empty() ? "scan()" : "scan_exclusive()", x, axis, call, loc), how,
                   /*symmetric=*/false);
}

Tile cumulative(Binary op, const Tile &x, Axis axis, bool reverse, bool exclusive, Loc loc) {
  llvm::StringRef name = op == Binary::Add ? "cumsum()" : "cumprod()";
  auto combine = [&](const std::vector<Tile> &a, const std::vector<Tile> &b) {
    return std::vector{binary(op, Operand(a[0], loc), Operand(b[0], loc))};
  };
  CombineCall call = erased(combine);
  std::vector<Tile> tiles{x};
  Request r = requestOf(name, tiles, axis, call, loc);
  if (x.dtype() == DType::i1) fail(loc, name, " of ", words(x), "; convert with .to(i32) to count");
  if (x.dtype() == f16 || x.dtype() == bf16)
    fail(loc, name, " of ", words(x), "; convert with .to(f32) first, it would lose digits");
  ScanRequest how{{}, reverse};
  if (exclusive) how.identities.push_back(Operand(op == Binary::Add ? 0 : 1, loc));
  return buildScan(r, how, /*symmetric=*/true).front();
}

namespace {

/// Whether the element of `a` goes before that of `b`: better, or as good and further to the front. NaN is best.
Tile goesFirst(Compare better, const std::vector<Tile> &a, const std::vector<Tile> &b, Loc loc) {
  auto is = [&](Compare op, const Tile &x, const Tile &y) { return compare(op, Operand(x, loc), Operand(y, loc)); };
  auto both = [&](const Tile &x, const Tile &y) { return binary(Binary::And, Operand(x, loc), Operand(y, loc)); };
  auto either = [&](const Tile &x, const Tile &y) { return binary(Binary::Or, Operand(x, loc), Operand(y, loc)); };
  Tile earlier = is(Compare::Lt, a[1], b[1]);
  Tile first = either(is(better, a[0], b[0]), both(is(Compare::Eq, a[0], b[0]), earlier));
  if (a[0].dtype() != f32) return first;
  Tile number = is(Compare::Eq, b[0], b[0]);
  return either(first, both(is(Compare::Ne, a[0], a[0]), either(number, earlier)));
}

} // namespace

Tile arg_of(Compare better, const Tile &x, Axis axis, Loc loc) {
  BuilderImpl &b = builderOf(x.value(), "the Tile", loc);
  b.use(x.value(), "the Tile", loc);
  int64_t at = checkAxis(axis, x.rank(), loc);
  Tile values = x.dtype() == f16 || x.dtype() == bf16 ? x.to(f32, loc) : x.dtype() == DType::i1 ? x.to(i32, loc) : x;
  mlir::Value count = ir::IotaOp::create(b.builder, b.at(loc), typeOf(i32, {x.shape()[size_t(at)]}));
  Tile index = b.tile(count, i32);
  for (int64_t d = 0; d < x.rank(); ++d)
    if (d != at) index = index.expand(Axis(int(d)), loc);
  index = index.broadcast(x.shape(), loc);
  auto combine = [&](const std::vector<Tile> &a, const std::vector<Tile> &b) {
    Operand first(goesFirst(better, a, b, loc), loc);
    return std::vector{where(first, Operand(a[0], loc), Operand(b[0], loc)),
                       where(first, Operand(a[1], loc), Operand(b[1], loc))};
  };
  CombineCall call = erased(combine);
  std::vector<Tile> tiles{values, index};
  llvm::StringRef name = better == Compare::Gt ? "argmax()" : "argmin()";
  return buildReduce(requestOf(name, tiles, axis, call, loc), /*symmetric=*/true)[1];
}

} // namespace tile::detail
