// Accesses of all lanes at once: one vector where lanes are side by side, a gather or scatter where each has its own
// address, one element where all have the same.
#include "compiler/targets/simd/Lowering.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tile::targets::simd {
namespace {

/// A mask of one lane is a vector of one element: LLVM then makes the access conditional.
Value asVector(OpBuilder &b, Location loc, Value value) {
  if (isa<VectorType>(value.getType())) return value;
  Value poison = LLVM::PoisonOp::create(b, loc, VectorType::get({1}, value.getType()));
  return LLVM::InsertElementOp::create(b, loc, poison, value, constant(b, loc, b.getI32Type(), 0));
}

Value asLike(OpBuilder &b, Location loc, Value vector, Type like) {
  if (isa<VectorType>(like)) return vector;
  return LLVM::ExtractElementOp::create(b, loc, vector, constant(b, loc, b.getI32Type(), 0));
}

Value allTrue(OpBuilder &b, Location loc, VectorType like) {
  auto type = VectorType::get(like.getShape(), b.getI1Type());
  return LLVM::ConstantOp::create(b, loc, type, DenseElementsAttr::get(type, true));
}

/// Whether lanes with addresses of their own can be masked out of a gather by an instruction.
bool masksLanes(OpBuilder &b, Type element) {
  ir::TargetAttr target = ir::targetOf(b.getInsertionBlock()->getParentOp());
  return target && target.getVectorBytes() >= 32 && ir::bytesOf(element) >= 4;
}

/// Eight bytes on the stack, once a function.
Value nowhereOf(OpBuilder &b, Location loc) {
  auto function = b.getInsertionBlock()->getParent()->getParentOfType<LLVM::LLVMFuncOp>();
  Block &entry = function.getBody().front();
  for (Operation &op : llvm::make_range(entry.begin(), std::next(entry.begin(), 2)))
    if (isa<LLVM::AllocaOp>(op)) return op.getResult(0);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&entry);
  Value one = constant(b, loc, b.getI64Type(), 1);
  return LLVM::AllocaOp::create(b, loc, LLVM::LLVMPointerType::get(b.getContext()), b.getI64Type(), one, 8);
}

/// Of lanes masked out by no instruction LLVM makes a branch each. Instead, those that are out go to where they do no
/// harm.
Value withoutMask(OpBuilder &b, Location loc, Value addresses, Value mask) {
  auto type = cast<VectorType>(addresses.getType());
  Value out = LLVM::PoisonOp::create(b, loc, type), zero = constant(b, loc, b.getI32Type(), 0);
  out = LLVM::InsertElementOp::create(b, loc, out, nowhereOf(b, loc), zero);
  out = LLVM::ShuffleVectorOp::create(b, loc, out, out, SmallVector<int32_t>(size_t(type.getNumElements()), 0));
  return LLVM::SelectOp::create(b, loc, mask, addresses, out);
}

/// One value from a scalar address, or from one address for each lane. `stored` is its type in memory.
Value load(OpBuilder &b, Location loc, Value address, Value mask, Type stored, int64_t align) {
  auto alignment = b.getI32IntegerAttr(int32_t(align));
  if (auto pointers = dyn_cast<VectorType>(address.getType())) {
    auto type = VectorType::get(pointers.getShape(), getElementTypeOrSelf(stored));
    Value zero = LLVM::ZeroOp::create(b, loc, type), all = allTrue(b, loc, pointers);
    if (!mask) return LLVM::masked_gather::create(b, loc, type, address, all, zero, alignment);
    if (masksLanes(b, type.getElementType()))
      return LLVM::masked_gather::create(b, loc, type, address, mask, zero, alignment);
    address = withoutMask(b, loc, address, mask);
    Value loaded = LLVM::masked_gather::create(b, loc, type, address, all, zero, alignment);
    return LLVM::SelectOp::create(b, loc, mask, loaded, zero);
  }
  if (!mask) return LLVM::LoadOp::create(b, loc, stored, address, unsigned(align));
  Type type = isa<VectorType>(stored) ? stored : VectorType::get({1}, stored);
  Value zero = LLVM::ZeroOp::create(b, loc, type);
  Value loaded = LLVM::MaskedLoadOp::create(b, loc, type, address, asVector(b, loc, mask), zero, alignment,
                                            /*nontemporal=*/UnitAttr());
  return asLike(b, loc, loaded, stored);
}

/// Stores around the cache must be aligned to their size, or the code generator splits them into elements.
bool canStream(Value value, int64_t align) {
  auto vector = dyn_cast<VectorType>(value.getType());
  return vector && vector.getNumElements() * ir::bytesOf(vector.getElementType()) <= align;
}

/// x86 has no pattern for a store around the cache of vectors of 16-bit floats, which LLVM would make of their bits:
/// they go as f32, behind a fence that keeps the type as it is and costs no instruction.
Value asFloats(OpBuilder &b, Location loc, Value value) {
  auto vector = cast<VectorType>(value.getType());
  int64_t bytes = vector.getNumElements() * ir::bytesOf(vector.getElementType());
  if (ir::bytesOf(vector.getElementType()) >= 4 || bytes % 4 != 0) return value;
  Type floats = VectorType::get({bytes / 4}, b.getF32Type());
  value = LLVM::BitcastOp::create(b, loc, floats, value);
  auto fence = b.getStringAttr("llvm.arithmetic.fence");
  return LLVM::CallIntrinsicOp::create(b, loc, floats, fence, ValueRange{value}).getResults();
}

void store(OpBuilder &b, Location loc, Value value, Value address, Value mask, int64_t align, bool streaming) {
  auto alignment = b.getI32IntegerAttr(int32_t(align));
  if (auto pointers = dyn_cast<VectorType>(address.getType())) {
    if (!mask) mask = allTrue(b, loc, pointers);
    LLVM::masked_scatter::create(b, loc, value, address, mask, alignment);
    return;
  }
  if (!mask) {
    streaming &= canStream(value, align);
    if (streaming) value = asFloats(b, loc, value);
    LLVM::StoreOp::create(b, loc, value, address, unsigned(align), /*isVolatile=*/false, streaming);
    return;
  }
  LLVM::MaskedStoreOp::create(b, loc, asVector(b, loc, value), address, asVector(b, loc, mask), alignment);
}

Type storedAs(Type value) {
  Type storage = storageType(getElementTypeOrSelf(value));
  auto vector = dyn_cast<VectorType>(value);
  return vector ? Type(vector.clone(storage)) : storage;
}

/// Addresses of the first value of an access.
struct Place {
  Value pointer;
  Value mask;
  Type elementType;
  int64_t align;
  bool streaming = false;

  Value address(OpBuilder &b, Location loc, size_t i) const {
    return i ? element(b, loc, pointer, elementType, {LLVM::GEPArg(int32_t(i))}) : pointer;
  }
  /// Bytes that divide the address of value `i`.
  int64_t alignOf(size_t i) const {
    int64_t offset = int64_t(i) * ir::bytesOf(elementType);
    return offset ? std::min(align, offset & -offset) : align;
  }
};

SmallVector<Value> loadAll(OpBuilder &b, Location loc, const Place &at, TypeRange results) {
  SmallVector<Value> values;
  for (auto [i, type] : llvm::enumerate(results)) {
    Value stored = load(b, loc, at.address(b, loc, i), at.mask, storedAs(type), at.alignOf(i));
    values.push_back(fromStorage(b, loc, stored, at.elementType));
  }
  return values;
}

void storeAll(OpBuilder &b, Location loc, const Place &at, ValueRange values) {
  for (auto [i, value] : llvm::enumerate(values))
    store(b, loc, toStorage(b, loc, value), at.address(b, loc, i), at.mask, at.alignOf(i), at.streaming);
}

template <class Op, class Adaptor> Place globalPlace(OpBuilder &b, Op op, Adaptor adaptor) {
  Location loc = op.getLoc();
  Type type = op.getPointer().getType().getElementType();
  Value p = element(b, loc, adaptor.getPointer(), type, {LLVM::GEPArg(adaptor.getBase())});
  if (int64_t offset = int64_t(op.getOffset()))
    p = element(b, loc, p, type, {LLVM::GEPArg(constant(b, loc, b.getI64Type(), offset))});
  if (Value lane = adaptor.getLane()) p = element(b, loc, p, type, {LLVM::GEPArg(lane)});
  return {p, adaptor.getMask(), type, int64_t(op.getAlign()), op.getCache() == ir::Cache::Streaming};
}

struct LowerLoad : ConvertOpToLLVMPattern<lane::LoadOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Place at = globalPlace(rewriter, op, adaptor);
    rewriter.replaceOp(op, loadAll(rewriter, op.getLoc(), at, op.getResultTypes()));
    return success();
  }
};

struct LowerStore : ConvertOpToLLVMPattern<lane::StoreOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::StoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    storeAll(rewriter, op.getLoc(), globalPlace(rewriter, op, adaptor), adaptor.getValues());
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerPrefetch : ConvertOpToLLVMPattern<lane::PrefetchOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::PrefetchOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type type = op.getPointer().getType().getElementType();
    Value p = element(rewriter, loc, adaptor.getPointer(), type, {LLVM::GEPArg(adaptor.getBase())});
    p = element(rewriter, loc, p, type,
                {LLVM::GEPArg(constant(rewriter, loc, rewriter.getI64Type(), int64_t(op.getOffset())))});
    rewriter.replaceOpWithNewOp<LLVM::Prefetch>(op, p, /*write=*/0u, /*locality=*/3u, /*data cache=*/1u);
    return success();
  }
};

/// `lane` elements behind `offset` bytes of the program's scratch.
Place scratchPlace(OpBuilder &b, Operation *op, Value lane, int64_t offset, Value mask, Type elementType) {
  Location loc = op->getLoc();
  Value p = Hidden::of(op, Hidden::Scratch);
  p = LLVM::GEPOp::create(b, loc, p.getType(), b.getI8Type(), p, ArrayRef<LLVM::GEPArg>{int32_t(offset)});
  p = element(b, loc, p, elementType, {LLVM::GEPArg(lane)});
  return {p, mask, elementType, ir::bytesOf(elementType)};
}

struct LowerScratchPointer : ConvertOpToLLVMPattern<lane::ScratchPointerOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::ScratchPointerOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value p = Hidden::of(op, Hidden::Scratch);
    rewriter.replaceOpWithNewOp<LLVM::GEPOp>(op, p.getType(), rewriter.getI8Type(), p,
                                             ArrayRef<LLVM::GEPArg>{int32_t(op.getOffset())});
    return success();
  }
};

struct LowerScratchLoad : ConvertOpToLLVMPattern<lane::ScratchLoadOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::ScratchLoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type type = getElementTypeOrSelf(op.getResult(0).getType());
    Place at = scratchPlace(rewriter, op, adaptor.getLane(), int64_t(op.getOffset()), Value(), type);
    rewriter.replaceOp(op, loadAll(rewriter, op.getLoc(), at, op.getResultTypes()));
    return success();
  }
};

struct LowerScratchStore : ConvertOpToLLVMPattern<lane::ScratchStoreOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::ScratchStoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type type = getElementTypeOrSelf(op.getValues()[0].getType());
    Place at = scratchPlace(rewriter, op, adaptor.getLane(), int64_t(op.getOffset()), adaptor.getMask(), type);
    storeAll(rewriter, op.getLoc(), at, adaptor.getValues());
    rewriter.eraseOp(op);
    return success();
  }
};

// ---- Machines without masked access ---------------------------------------------------------------------------------

/// An access of elements side by side under a mask, for which the machine has no instruction: 64-byte vectors come with
/// masked access to elements of any size, 32-byte ones to those of 32 bits and more, others to none.
template <class Op> bool isSlow(Op op, int64_t vectorBytes) {
  if (vectorBytes >= 64 || !op.getMask() || op.getKind() != lane::AccessKind::Contiguous) return false;
  return vectorBytes < 32 || ir::bytesOf(op.getPointer().getType().getElementType()) < 4;
}

Value allLanes(OpBuilder &b, Location loc, Value mask) {
  return LLVM::vector_reduce_and::create(b, loc, b.getI1Type(), mask);
}

void split(lane::LoadOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  auto whole = scf::IfOp::create(b, loc, op.getResultTypes(), allLanes(b, loc, op.getMask()), /*withElse=*/true);
  op.replaceAllUsesWith(whole);
  b = whole.getThenBodyBuilder();
  auto plain = cast<lane::LoadOp>(b.clone(*op));
  plain.getMaskMutable().clear();
  scf::YieldOp::create(b, loc, plain.getResults());
  b = whole.getElseBodyBuilder();
  auto masked = b.clone(*op);
  scf::YieldOp::create(b, loc, masked->getResults());
  op.erase();
}

void split(lane::StoreOp op) {
  OpBuilder b(op);
  auto whole = scf::IfOp::create(b, op.getLoc(), TypeRange(), allLanes(b, op.getLoc(), op.getMask()), true);
  b = whole.getThenBodyBuilder();
  cast<lane::StoreOp>(b.clone(*op)).getMaskMutable().clear();
  whole.getElseBodyBuilder().clone(*op);
  op.erase();
}

/// A masked scatter for which the machine has no instruction: 64-byte vectors come with those of 32 bits and more.
bool isSlowScatter(lane::StoreOp op, int64_t vectorBytes) {
  return op.getMask() && op.getLane() && isa<VectorType>(op.getLane().getType()) &&
         (vectorBytes < 64 || ir::bytesOf(op.getPointer().getType().getElementType()) < 4);
}

/// Where all lanes are in, one store after the other; at a tile's edge a loop over the lanes. LLVM alone would make a
/// branch of each lane, which takes it long and is slow.
void splitScatter(lane::StoreOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  auto whole = scf::IfOp::create(b, loc, TypeRange(), allLanes(b, loc, op.getMask()), /*withElse=*/true);
  b = whole.getThenBodyBuilder();
  cast<lane::StoreOp>(b.clone(*op)).getMaskMutable().clear();
  b = whole.getElseBodyBuilder();
  auto number = [&](int64_t n) { return arith::ConstantIntOp::create(b, loc, b.getI32Type(), n); };
  int64_t lanes = cast<VectorType>(op.getLane().getType()).getNumElements();
  auto loop = scf::ForOp::create(b, loc, number(0), number(lanes), number(1));
  b.setInsertionPointToStart(loop.getBody());
  auto laneOf = [&](Value v) {
    if (!isa<VectorType>(v.getType())) return v;
    return Value(LLVM::ExtractElementOp::create(b, loc, v, loop.getInductionVar()));
  };
  b = scf::IfOp::create(b, loc, laneOf(op.getMask()), /*withElseRegion=*/false).getThenBodyBuilder();
  Value offset = arith::IndexCastOp::create(b, loc, b.getIndexType(), laneOf(op.getLane()));
  Value base = arith::AddIOp::create(b, loc, op.getBase(), offset);
  SmallVector<Value> values(llvm::map_range(op.getValues(), laneOf));
  lane::StoreOp::create(b, loc, lane::AccessKind::Uniform, values, op.getPointer(), base, Value(), Value(),
                        op.getOffset(), op.getAlign(), op.getCache());
  op.erase();
}

} // namespace

void splitMaskedAccesses(ModuleOp module) {
  auto target = ir::targetOf(module);
  int64_t bytes = target ? target.getVectorBytes() : 16;
  SmallVector<lane::LoadOp> loads;
  SmallVector<lane::StoreOp> stores, scatters;
  module.walk([&](lane::LoadOp op) {
    if (isSlow(op, bytes)) loads.push_back(op);
  });
  module.walk([&](lane::StoreOp op) {
    if (isSlow(op, bytes)) stores.push_back(op);
    if (isSlowScatter(op, bytes)) scatters.push_back(op);
  });
  for (lane::LoadOp op : loads) split(op);
  for (lane::StoreOp op : stores) split(op);
  for (lane::StoreOp op : scatters) splitScatter(op);
}

void addMemoryPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns) {
  patterns.add<LowerPrefetch, LowerLoad, LowerStore, LowerScratchPointer, LowerScratchLoad, LowerScratchStore>(types);
}

} // namespace tile::targets::simd
