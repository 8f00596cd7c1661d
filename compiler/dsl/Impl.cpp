// The checks on handles, the words of messages, and types.
#include "compiler/dsl/Impl.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <mutex>
#include <numeric>

using namespace mlir;

namespace tile::detail {
namespace {

/// The builders that live, so that a handle that outlived its own is a UserError.
struct Living {
  std::mutex mutex;
  llvm::DenseMap<const BuilderImpl *, uint64_t> serials;
  uint64_t next = 1;

  static Living &all() {
    static Living *instance = new Living; // builders with static storage may outlive any other static
    return *instance;
  }
};

uint64_t enlist(const BuilderImpl *builder) {
  Living &l = Living::all();
  std::lock_guard lock(l.mutex);
  return l.serials[builder] = l.next++;
}

} // namespace

BuilderImpl::BuilderImpl(std::string name, int warps, Loc loc)
    : serial(enlist(this)), name(std::move(name)), warps(warps), builder(&context()) {
  module = ModuleOp::create(at(loc));
  builder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(builder, at(loc), this->name, builder.getFunctionType({}, {}));
  function->setAttr(ir::kKernelAttr, builder.getUnitAttr());
  function->setAttr(ir::kWarpsAttr, builder.getI32IntegerAttr(warps));
  builder.setInsertionPointToStart(function.addEntryBlock());
}

BuilderImpl::~BuilderImpl() {
  for (Operation *op : abandoned) op->destroy();
  Living &l = Living::all();
  std::lock_guard lock(l.mutex);
  l.serials.erase(this);
}

Location BuilderImpl::at(Loc loc) {
  return FileLineColLoc::get(&context(), loc.file_name(), loc.line(), loc.column());
}

void BuilderImpl::checkOpen(Loc loc) const {
  if (finished) fail(loc, "the kernel '", name, "' is finished; nothing can be added to it");
}

BuilderImpl &builderOf(const Value &v, llvm::StringRef what, Loc loc) {
  if (!v) fail(loc, what, " is empty: it was declared but never given a value");
  Living &l = Living::all();
  std::lock_guard lock(l.mutex);
  auto it = l.serials.find(v.builder);
  if (it == l.serials.end() || it->second != v.serial)
    fail(loc, what,
         " belongs to a kernel whose builder is gone; a value can be used only while its KernelBuilder lives");
  return *v.builder;
}

mlir::Value BuilderImpl::use(const Value &v, llvm::StringRef what, Loc loc) {
  BuilderImpl &owner = builderOf(v, what, loc);
  checkOpen(loc);
  if (&owner != this)
    fail(loc, what, " belongs to the kernel '", owner.name, "', not to '", name,
         "'; values of one builder can't be used with another's");
  auto value = mlir::Value::getFromOpaquePointer(v.ir);
  if (!value.getParentRegion()->isAncestor(builder.getInsertionBlock()->getParent())) {
    Operation *of = value.getParentRegion()->getParentOp();
    if (isa<scf::IfOp>(of))
      fail(loc, what,
           " is defined inside a branch and used outside it; a value leaves a branch only by being returned");
    if (isa<ir::ReduceWithOp, ir::ScanOp>(of))
      fail(loc, what,
           " is defined inside a combine function and used outside it; a value leaves one only by being returned");
    fail(loc, what, " is defined inside a loop and used outside it; a value leaves a loop only by `carry`");
  }
  return value;
}

mlir::Value BuilderImpl::use(const Index &i, Loc loc) {
  if (i.value()) return use(i.value(), "the Index", loc);
  return arith::ConstantIndexOp::create(builder, at(loc), i.constant());
}

llvm::SmallVector<mlir::Value> BuilderImpl::use(const std::vector<Index> &indices, Loc loc) {
  llvm::SmallVector<mlir::Value> values;
  for (const Index &i : indices) values.push_back(use(i, loc));
  return values;
}

Nested::Nested(BuilderImpl &b, Operation *op, Region &region) : b_(b), op_(op), guard_(b.builder) {
  Block &block = region.front();
  bool ends = !block.empty() && block.back().hasTrait<OpTrait::IsTerminator>();
  if (ends) block.back().erase(); // made at the end, for all alike
  b.builder.setInsertionPointToEnd(&block);
}

Nested::~Nested() {
  if (complete_) return;
  op_->remove();
  b_.abandoned.push_back(op_);
}

mlir::Value use(BuilderImpl &b, const Carried &c, llvm::StringRef what, Loc loc) {
  if (c.value || !c.is_constant) return b.use(c.value, what, loc);
  if (c.is_index) return b.use(Index(c.constant), loc);
  return ir::ToScalarOp::create(b.builder, b.at(loc), typeOf(c.dtype),
                                constantTile(b, Operand(c.constant), c.dtype, {}, loc));
}

Tile BuilderImpl::tile(mlir::Value v, DType dtype, std::shared_ptr<const Origin> origin) {
  return Tile(wrap(v), dtype, cast<RankedTensorType>(v.getType()).getShape().vec(), std::move(origin));
}

mlir::Value BuilderImpl::argument(std::string_view given, Type type, ArrayRef<NamedAttribute> attributes, Loc loc) {
  checkOpen(loc);
  if (!isIdentifier(given))
    fail(loc, "the argument name '", given, "' is not a C identifier (letters, digits and _, no digit first)");
  if (!arguments.insert(std::string(given)).second)
    fail(loc, "the kernel '", name, "' already has an argument named '", given, "'; each name can be used once");
  llvm::SmallVector<NamedAttribute> all(attributes);
  all.push_back(
      builder.getNamedAttr(ir::kNameAttr, builder.getStringAttr(llvm::StringRef(given.data(), given.size()))));
  unsigned number = function.getNumArguments();
  if (failed(function.insertArgument(number, type, builder.getDictionaryAttr(all), at(loc))))
    throw InternalError("an argument could not be added to the kernel '" + name + "'");
  return function.getArgument(number);
}

// ---- Messages -------------------------------------------------------------------------------------------------------

bool isIdentifier(std::string_view name) {
  auto word = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  return !name.empty() && !llvm::isDigit(name[0]) && std::all_of(name.begin(), name.end(), word);
}

std::string words(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(shape, os, [&](int64_t n) {
    if (ShapedType::isDynamic(n))
      os << '?';
    else
      os << n;
  });
  os << ']';
  return text;
}

std::string words(DType dtype, ArrayRef<int64_t> shape) {
  return std::string(name_of(dtype)) + words(shape);
}

std::string words(const Tile &tile) {
  return words(tile.dtype(), tile.shape());
}

std::string words(Type type) {
  if (isa<IndexType>(type)) return "an Index";
  if (auto tile = dyn_cast<RankedTensorType>(type)) return words(*dtypeOf(tile.getElementType()), tile.getShape());
  return "a Scalar of " + std::string(name_of(*dtypeOf(type)));
}

// ---- Types and shapes -----------------------------------------------------------------------------------------------

Type typeOf(DType dtype) {
  Builder b(&context());
  switch (dtype) {
  case DType::i1:
    return b.getI1Type();
  case DType::i32:
    return b.getI32Type();
  case DType::i64:
    return b.getI64Type();
  case DType::f16:
    return b.getF16Type();
  case DType::bf16:
    return b.getBF16Type();
  case DType::f32:
    return b.getF32Type();
  }
  throw InternalError("a dtype without a type");
}

RankedTensorType typeOf(DType dtype, ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, typeOf(dtype));
}

std::optional<DType> dtypeOf(Type type) {
  for (DType t : {DType::i1, i32, i64, f16, bf16, f32})
    if (typeOf(t) == type) return t;
  return std::nullopt;
}

void checkShape(ArrayRef<int64_t> shape, Loc loc) {
  if (shape.size() > size_t(layout::kMaxRank))
    fail(loc, "the shape ", words(shape), " has ", shape.size(), " dimensions; a tile has at most ", layout::kMaxRank);
  int bits = 0;
  for (int64_t extent : shape) {
    if (extent < 1 || !llvm::isPowerOf2_64(uint64_t(extent)))
      fail(loc, "the extent ", extent, " in the shape ", words(shape), " is not a power of two");
    bits += int(llvm::Log2_64(uint64_t(extent)));
  }
  if (bits > layout::kMaxBases)
    fail(loc, "the shape ", words(shape), " has 2^", bits, " elements; a tile has at most 2^", layout::kMaxBases);
}

int64_t checkAxis(Axis axis, int64_t rank, Loc loc) {
  int64_t at = axis.value < 0 ? axis.value + rank : axis.value;
  if (rank == 0) fail(loc, "Axis(", axis.value, ") of a tile of rank 0, which has no dimensions");
  if (at < 0 || at >= rank)
    fail(loc, "Axis(", axis.value, ") is out of range; with ", rank, " dimensions it is ", -rank, " to ", rank - 1);
  return at;
}

int64_t divisorOf(mlir::Value index, int depth) {
  if (depth == 0) return 1;
  if (auto argument = dyn_cast<BlockArgument>(index)) {
    auto function = dyn_cast_or_null<func::FuncOp>(argument.getOwner()->getParentOp());
    if (!function) return 1;
    auto promise = function.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), ir::kDivisibleAttr);
    return promise ? promise.getInt() : 1;
  }
  Operation *op = index.getDefiningOp();
  if (auto constant = dyn_cast<arith::ConstantIndexOp>(op)) return std::max<int64_t>(1, std::abs(constant.value()));
  if (auto assume = dyn_cast<ir::AssumeOp>(op))
    return std::max(int64_t(assume.getDivisible()), divisorOf(assume.getIndex(), depth - 1));
  if (isa<arith::MulIOp>(op)) {
    int64_t a = divisorOf(op->getOperand(0), depth - 1), b = divisorOf(op->getOperand(1), depth - 1), product;
    return __builtin_mul_overflow(a, b, &product) ? a : product;
  }
  if (isa<arith::AddIOp, arith::SubIOp>(op))
    return std::gcd(divisorOf(op->getOperand(0), depth - 1), divisorOf(op->getOperand(1), depth - 1));
  return 1;
}

} // namespace tile::detail
