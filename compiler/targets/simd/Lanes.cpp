// Lanes are the elements of a vector, so what crosses lanes is a shuffle of its elements.
#include "compiler/targets/simd/Lowering.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;

namespace tile::targets::simd {
namespace {

struct LowerId : ConvertOpToLLVMPattern<lane::IdOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::IdOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type) return op.emitOpError("is a vector on this machine");
    SmallVector<Attribute> ids;
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      ids.push_back(rewriter.getIntegerAttr(type.getElementType(), i));
    rewriter.replaceOpWithNewOp<LLVM::ConstantOp>(op, type, DenseElementsAttr::get(type, ids));
    return success();
  }
};

struct LowerWarpId : ConvertOpToLLVMPattern<lane::WarpIdOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::WarpIdOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, constant(rewriter, op.getLoc(), rewriter.getI32Type(), 0));
    return success();
  }
};

template <class TileOp, int First> struct LowerGrid : ConvertOpToLLVMPattern<TileOp> {
  using ConvertOpToLLVMPattern<TileOp>::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(TileOp op, typename TileOp::Adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, Hidden::of(op, Hidden::Index(First + int(op.getAxis()))));
    return success();
  }
};

Value shuffle(OpBuilder &b, Location loc, Value value, ArrayRef<int32_t> sources) {
  Value none = LLVM::PoisonOp::create(b, loc, value.getType());
  return LLVM::ShuffleVectorOp::create(b, loc, value, none, sources);
}

struct LowerSplat : ConvertOpToLLVMPattern<lane::SplatOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::SplatOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type) {
      rewriter.replaceOp(op, adaptor.getValue());
      return success();
    }
    Value vector = LLVM::PoisonOp::create(rewriter, loc, type);
    vector = LLVM::InsertElementOp::create(rewriter, loc, vector, adaptor.getValue(),
                                           constant(rewriter, loc, rewriter.getI32Type(), 0));
    rewriter.replaceOp(op, shuffle(rewriter, loc, vector, SmallVector<int32_t>(size_t(type.getNumElements()), 0)));
    return success();
  }
};

struct LowerFirst : ConvertOpToLLVMPattern<lane::FirstOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::FirstOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value value = adaptor.getValue();
    if (isa<VectorType>(value.getType()))
      value = LLVM::ExtractElementOp::create(rewriter, op.getLoc(), value,
                                             constant(rewriter, op.getLoc(), rewriter.getI32Type(), 0));
    rewriter.replaceOp(op, value);
    return success();
  }
};

/// Of a uniform value every lane has the same: a shuffle of it is itself.
struct LowerShuffleXor : ConvertOpToLLVMPattern<lane::ShuffleXorOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::ShuffleXorOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value value = adaptor.getValue();
    if (auto type = dyn_cast<VectorType>(value.getType())) {
      auto sources = llvm::map_to_vector(llvm::seq<int32_t>(0, int32_t(type.getNumElements())),
                                         [&](int32_t lane) { return lane ^ int32_t(op.getMask()); });
      value = shuffle(rewriter, op.getLoc(), value, sources);
    }
    rewriter.replaceOp(op, value);
    return success();
  }
};

template <class Op> Value reduceBy(OpBuilder &b, lane::ReduceOp op, Value v) {
  return Op::create(b, op.getLoc(), op.getType(), v);
}

struct LowerReduce : ConvertOpToLLVMPattern<lane::ReduceOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::ReduceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!isa<VectorType>(adaptor.getValue().getType())) return op.emitOpError("is of a vector on this machine");
    rewriter.replaceOp(op, reduced(rewriter, op, adaptor.getValue()));
    return success();
  }

private:
  static Value reduced(OpBuilder &b, lane::ReduceOp op, Value v) {
    switch (op.getKind()) {
    case lane::ReduceKind::Add:
      return reduceBy<LLVM::vector_reduce_add>(b, op, v);
    case lane::ReduceKind::Min:
      return reduceBy<LLVM::vector_reduce_smin>(b, op, v);
    case lane::ReduceKind::Max:
      return reduceBy<LLVM::vector_reduce_smax>(b, op, v);
    case lane::ReduceKind::And:
      return reduceBy<LLVM::vector_reduce_and>(b, op, v);
    case lane::ReduceKind::Or:
      return reduceBy<LLVM::vector_reduce_or>(b, op, v);
    case lane::ReduceKind::Xor:
      return reduceBy<LLVM::vector_reduce_xor>(b, op, v);
    }
    llvm_unreachable("all kinds of reduction are handled");
  }
};

struct LowerShift : ConvertOpToLLVMPattern<lane::ShiftOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::ShiftOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value value = adaptor.getValue();
    if (auto type = dyn_cast<VectorType>(value.getType())) {
      const int32_t lanes = int32_t(type.getNumElements()), distance = int32_t(op.getDistance());
      auto sources = llvm::map_to_vector(llvm::seq<int32_t>(0, lanes), [&](int32_t lane) {
        return (lane - distance + lanes) % lanes; // a rotation: one instruction where there is one
      });
      value = shuffle(rewriter, op.getLoc(), value, sources);
    }
    rewriter.replaceOp(op, value);
    return success();
  }
};

struct LowerPermute : ConvertOpToLLVMPattern<lane::PermuteOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::PermuteOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value value = adaptor.getValue();
    if (isa<VectorType>(value.getType())) value = shuffle(rewriter, op.getLoc(), value, op.getSources());
    rewriter.replaceOp(op, value);
    return success();
  }
};

/// A program has one warp, which never waits for another.
struct LowerBarrier : ConvertOpToLLVMPattern<lane::BarrierOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::BarrierOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void addVectorPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns) {
  patterns.add<LowerId, LowerSplat, LowerFirst, LowerShuffleXor, LowerReduce, LowerShift, LowerPermute>(types);
}

void addLanePatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns) {
  addVectorPatterns(types, patterns);
  patterns.add<LowerWarpId, LowerGrid<ir::ProgramIdOp, Hidden::ProgramX>, LowerGrid<ir::NumProgramsOp, Hidden::GridX>,
               LowerBarrier>(types);
}

} // namespace tile::targets::simd
