// An access of all lanes, as a GPU would make it: addresses, mask and data are laid on the context's tray, and the
// runtime is called. An access is as wide as on a GPU, so that each lane's address must be as aligned as there.
#include "compiler/targets/simt/Lowering.h"

using namespace mlir;

namespace tile::targets::simt {
namespace {

constexpr int64_t kWidest = 16; ///< bytes of one instruction of a GPU

VectorType lanes(Type element) {
  return VectorType::get({tile::simt::kLanes}, element);
}

/// A value that is the same in all lanes, in all lanes.
Value splat(OpBuilder &b, Location loc, Value value) {
  Type type = lanes(value.getType());
  Value vector = LLVM::PoisonOp::create(b, loc, type);
  vector = LLVM::InsertElementOp::create(b, loc, vector, value, constant(b, loc, b.getI32Type(), 0));
  Value none = LLVM::PoisonOp::create(b, loc, type);
  return LLVM::ShuffleVectorOp::create(b, loc, vector, none, SmallVector<int32_t>(tile::simt::kLanes, 0));
}

Value splatNumber(OpBuilder &b, Location loc, int64_t number) {
  VectorType type = lanes(b.getI64Type());
  return LLVM::ConstantOp::create(b, loc, type, DenseElementsAttr::get(type, number));
}

/// What of an access is not data.
struct Access {
  Operation *op;
  StringRef kind;
  Value places; ///< vector<32xi64>: bytes
  Value mask;   ///< null: all lanes
  Value tensor; ///< null: scratch
  Type elementType;
  int64_t align; ///< bytes
};

struct AccessPattern {
  SiteList &sites;

  LogicalResult check(const Access &a, TypeRange values) const {
    for (Type type : values)
      if (type != lanes(a.elementType))
        return a.op->emitOpError() << "is of vectors of 32 lanes on this machine, not of " << type;
    if (int64_t bytes = int64_t(values.size()) * ir::bytesOf(a.elementType); bytes > tile::simt::kMostBytes)
      return a.op->emitOpError() << "moves " << bytes << " bytes a lane; at most " << tile::simt::kMostBytes;
    return success();
  }

  Value context(const Access &a) const { return Hidden::of(a.op, Hidden::Context); }

  void call(OpBuilder &b, const Access &a, size_t width) const {
    Location loc = a.op->getLoc();
    using tile::simt::Context;
    int64_t size = ir::bytesOf(a.elementType);
    int64_t align = std::max(size, std::min({a.align, kWidest, int64_t(width) * size}));
    Value site = constant(b, loc, b.getI32Type(), sites.add(a.op, a.kind, int64_t(width), size, align));
    Value mask =
        a.mask ? Value(LLVM::BitcastOp::create(b, loc, b.getI32Type(), a.mask)) : constant(b, loc, b.getI32Type(), -1);
    LLVM::StoreOp::create(b, loc, a.places, field(b, loc, context(a), offsetof(Context, places)), 64);
    if (a.tensor) LLVM::StoreOp::create(b, loc, a.tensor, field(b, loc, context(a), offsetof(Context, tensor)));
    callRuntime(b, loc, context(a), offsetof(Context, access), {site, mask});
  }

  /// Where value `i` of all lanes lies on the tray.
  Value tray(OpBuilder &b, const Access &a, size_t i) const {
    size_t bytes = size_t(ir::bytesOf(a.elementType)) * tile::simt::kLanes;
    return field(b, a.op->getLoc(), context(a), offsetof(tile::simt::Context, data) + i * bytes);
  }

  SmallVector<Value> load(OpBuilder &b, const Access &a, size_t width) const {
    call(b, a, width);
    Location loc = a.op->getLoc();
    SmallVector<Value> values;
    for (size_t i = 0; i < width; ++i) {
      Value stored = LLVM::LoadOp::create(b, loc, lanes(storageType(a.elementType)), tray(b, a, i), 32);
      values.push_back(fromStorage(b, loc, stored, a.elementType));
    }
    return values;
  }

  void store(OpBuilder &b, const Access &a, ValueRange values) const {
    Location loc = a.op->getLoc();
    for (auto [i, value] : llvm::enumerate(values))
      LLVM::StoreOp::create(b, loc, toStorage(b, loc, value), tray(b, a, i), 32);
    call(b, a, values.size());
  }
};

/// Each lane's offset in elements, as bytes.
Value laneBytes(OpBuilder &b, Location loc, Value lane, int64_t size) {
  VectorType wide = lanes(b.getI64Type());
  if (lane.getType() != wide) lane = LLVM::SExtOp::create(b, loc, wide, lane);
  return LLVM::MulOp::create(b, loc, lane, splatNumber(b, loc, size));
}

template <class Op> int64_t offsetOf(Op op) {
  return int64_t(op.getOffset());
}
template <class Op> int64_t alignOf(Op op) {
  return int64_t(op.getAlign());
}
int64_t offsetOf(lane::AtomicAddOp) {
  return 0;
}
int64_t alignOf(lane::AtomicAddOp op) {
  return ir::bytesOf(op.getPointer().getType().getElementType());
}

/// pointer + base + offset (+ lane).
template <class Op, class Adaptor>
FailureOr<Access> globalAccess(OpBuilder &b, Op op, Adaptor adaptor, StringRef kind) {
  bool isUniform = op.getKind() == lane::AccessKind::Uniform;
  if (!isUniform && op.getKind() != lane::AccessKind::PerLane)
    return op.emitOpError("gives each lane its own address (per_lane), or all the same (uniform), on this machine");
  if (!isUniform && !isa<VectorType>(op.getLane().getType()))
    return op.emitOpError("is of vectors of 32 lanes on this machine");
  Location loc = op.getLoc();
  Type i64 = b.getI64Type(), type = op.getPointer().getType().getElementType();
  int64_t size = ir::bytesOf(type);
  Value start = LLVM::PtrToIntOp::create(b, loc, i64, adaptor.getPointer());
  Value index = LLVM::AddOp::create(b, loc, adaptor.getBase(), constant(b, loc, i64, offsetOf(op)));
  start = LLVM::AddOp::create(b, loc, start, LLVM::MulOp::create(b, loc, index, constant(b, loc, i64, size)));
  Value places = splat(b, loc, start), mask = adaptor.getMask();
  if (!isUniform) places = LLVM::AddOp::create(b, loc, places, laneBytes(b, loc, adaptor.getLane(), size));
  if (isUniform && mask) mask = splat(b, loc, mask);
  return Access{op, kind, places, mask, adaptor.getPointer(), type, alignOf(op)};
}

/// All lanes have read the same.
Value first(OpBuilder &b, Location loc, Value value) {
  return LLVM::ExtractElementOp::create(b, loc, value, constant(b, loc, b.getI32Type(), 0));
}

struct LowerLoad : ConvertOpToLLVMPattern<lane::LoadOp>, AccessPattern {
  LowerLoad(const LLVMTypeConverter &types, SiteList &sites) : ConvertOpToLLVMPattern(types), AccessPattern{sites} {}
  LogicalResult matchAndRewrite(lane::LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto access = globalAccess(rewriter, op, adaptor, "load");
    if (failed(access)) return failure();
    if (op.getKind() == lane::AccessKind::Uniform) {
      rewriter.replaceOp(op, first(rewriter, op.getLoc(), load(rewriter, *access, 1).front()));
      return success();
    }
    if (failed(check(*access, op.getResultTypes()))) return failure();
    rewriter.replaceOp(op, load(rewriter, *access, op.getNumResults()));
    return success();
  }
};

struct LowerStore : ConvertOpToLLVMPattern<lane::StoreOp>, AccessPattern {
  LowerStore(const LLVMTypeConverter &types, SiteList &sites) : ConvertOpToLLVMPattern(types), AccessPattern{sites} {}
  LogicalResult matchAndRewrite(lane::StoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto access = globalAccess(rewriter, op, adaptor, "store");
    if (failed(access) || failed(check(*access, op.getValues().getTypes()))) return failure();
    store(rewriter, *access, adaptor.getValues());
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerAtomicAdd : ConvertOpToLLVMPattern<lane::AtomicAddOp>, AccessPattern {
  LowerAtomicAdd(const LLVMTypeConverter &types, SiteList &sites)
      : ConvertOpToLLVMPattern(types), AccessPattern{sites} {}
  LogicalResult matchAndRewrite(lane::AtomicAddOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    bool isFloat = op.getPointer().getType().getElementType().isF32();
    auto access = globalAccess(rewriter, op, adaptor, isFloat ? "atomic_add_float" : "atomic_add_integer");
    if (failed(access) || failed(check(*access, TypeRange(op.getValue().getType())))) return failure();
    store(rewriter, *access, adaptor.getValue());
    rewriter.eraseOp(op);
    return success();
  }
};

/// The index goes on the tray, so that the report can name it.
struct LowerAssume : ConvertOpToLLVMPattern<lane::AssumeOp> {
  LowerAssume(const LLVMTypeConverter &types, SiteList &sites) : ConvertOpToLLVMPattern(types), sites(sites) {}
  LogicalResult matchAndRewrite(lane::AssumeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    Value context = Hidden::of(op, Hidden::Context);
    Value place = field(rewriter, loc, context, offsetof(tile::simt::Context, places));
    LLVM::StoreOp::create(rewriter, loc, adaptor.getIndex(), place, 8);
    Value site = constant(rewriter, loc, i32, sites.addText(op, "assume", op.getWhat()));
    Value holds = LLVM::ZExtOp::create(rewriter, loc, i32, adaptor.getHolds());
    Value fails = LLVM::XOrOp::create(rewriter, loc, holds, constant(rewriter, loc, i32, 1));
    callRuntime(rewriter, loc, context, offsetof(tile::simt::Context, access), {site, fails});
    rewriter.eraseOp(op);
    return success();
  }
  SiteList &sites;
};

/// The lanes for which the condition does not hold are the mask.
struct LowerRequire : ConvertOpToLLVMPattern<lane::RequireOp> {
  LowerRequire(const LLVMTypeConverter &types, SiteList &sites) : ConvertOpToLLVMPattern(types), sites(sites) {}
  LogicalResult matchAndRewrite(lane::RequireOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    Value holds = adaptor.getCondition();
    bool isVector = isa<VectorType>(holds.getType());
    holds = isVector ? Value(LLVM::BitcastOp::create(rewriter, loc, i32, holds))
                     : Value(LLVM::SExtOp::create(rewriter, loc, i32, holds));
    Value fails = LLVM::XOrOp::create(rewriter, loc, holds, constant(rewriter, loc, i32, -1));
    Value site = constant(rewriter, loc, i32, sites.addText(op, "require", op.getMessage()));
    callRuntime(rewriter, loc, Hidden::of(op, Hidden::Context), offsetof(tile::simt::Context, access), {site, fails});
    rewriter.eraseOp(op);
    return success();
  }
  SiteList &sites;
};

/// `lane` elements behind `offset` bytes. A GPU reads `width` of them at once where the offset permits.
FailureOr<Access> scratchAccess(OpBuilder &b, Operation *op, StringRef kind, Value lane, Value mask, int64_t offset,
                                Type elementType, size_t width) {
  if (!isa<VectorType>(lane.getType())) return op->emitOpError("is of vectors of 32 lanes on this machine");
  Location loc = op->getLoc();
  int64_t size = ir::bytesOf(elementType), align = int64_t(width) * size;
  if (offset) align = std::min(align, offset & -offset);
  Value places = LLVM::AddOp::create(b, loc, laneBytes(b, loc, lane, size), splatNumber(b, loc, offset));
  return Access{op, kind, places, mask, Value(), elementType, align};
}

struct LowerScratchLoad : ConvertOpToLLVMPattern<lane::ScratchLoadOp>, AccessPattern {
  LowerScratchLoad(const LLVMTypeConverter &types, SiteList &sites)
      : ConvertOpToLLVMPattern(types), AccessPattern{sites} {}
  LogicalResult matchAndRewrite(lane::ScratchLoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type type = getElementTypeOrSelf(op.getResult(0).getType());
    auto access = scratchAccess(rewriter, op, "scratch_load", adaptor.getLane(), Value(), int64_t(op.getOffset()), type,
                                op.getNumResults());
    if (failed(access) || failed(check(*access, op.getResultTypes()))) return failure();
    rewriter.replaceOp(op, load(rewriter, *access, op.getNumResults()));
    return success();
  }
};

struct LowerScratchStore : ConvertOpToLLVMPattern<lane::ScratchStoreOp>, AccessPattern {
  LowerScratchStore(const LLVMTypeConverter &types, SiteList &sites)
      : ConvertOpToLLVMPattern(types), AccessPattern{sites} {}
  LogicalResult matchAndRewrite(lane::ScratchStoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type type = getElementTypeOrSelf(op.getValues()[0].getType());
    auto access = scratchAccess(rewriter, op, "scratch_store", adaptor.getLane(), adaptor.getMask(),
                                int64_t(op.getOffset()), type, op.getValues().size());
    if (failed(access) || failed(check(*access, op.getValues().getTypes()))) return failure();
    store(rewriter, *access, adaptor.getValues());
    rewriter.eraseOp(op);
    return success();
  }
};

/// It moves nothing that a program sees, and may be of any address.
struct LowerPrefetch : ConvertOpToLLVMPattern<lane::PrefetchOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::PrefetchOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void addMemoryPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns, SiteList &sites) {
  patterns.add<LowerLoad, LowerStore, LowerAtomicAdd, LowerAssume, LowerRequire, LowerScratchLoad, LowerScratchStore>(
      types, sites);
  patterns.add<LowerPrefetch>(types);
}

} // namespace tile::targets::simt
