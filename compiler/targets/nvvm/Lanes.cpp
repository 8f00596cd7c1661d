// Who a thread is, and how the threads of a warp see each other's values.
#include "compiler/targets/nvvm/Lowering.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <array>

using namespace mlir;

namespace tile::targets::nvvm {
namespace {

constexpr int kLanes = 32;

Value threadId(OpBuilder &b, Location loc, int warps) {
  auto range = LLVM::ConstantRangeAttr::get(b.getContext(), 32, 0, warps * kLanes);
  return NVVM::ThreadIdXOp::create(b, loc, b.getI32Type(), range);
}

Value laneId(OpBuilder &b, Location loc, int warps) {
  Value thread = threadId(b, loc, warps);
  return LLVM::AndOp::create(b, loc, thread, constant(b, loc, b.getI32Type(), kLanes - 1));
}

template <class Op> struct WarpPattern : ConvertOpToLLVMPattern<Op> {
  WarpPattern(const LLVMTypeConverter &types, int warps) : ConvertOpToLLVMPattern<Op>(types), warps(warps) {}
  int warps;
};

struct LowerId : WarpPattern<lane::IdOp> {
  using WarpPattern::WarpPattern;
  LogicalResult matchAndRewrite(lane::IdOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    Value id = laneId(rewriter, op.getLoc(), warps);
    if (op.getType().isInteger(64)) id = LLVM::ZExtOp::create(rewriter, op.getLoc(), op.getType(), id);
    rewriter.replaceOp(op, id);
    return success();
  }
};

struct LowerWarpId : WarpPattern<lane::WarpIdOp> {
  using WarpPattern::WarpPattern;
  LogicalResult matchAndRewrite(lane::WarpIdOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    Value thread = threadId(rewriter, op.getLoc(), warps);
    rewriter.replaceOpWithNewOp<LLVM::LShrOp>(op, thread, constant(rewriter, op.getLoc(), rewriter.getI32Type(), 5));
    return success();
  }
};

/// The coordinate of a grid; none is negative as an i32.
template <class TileOp, class X, class Y, class Z> struct LowerGrid : ConvertOpToLLVMPattern<TileOp> {
  using ConvertOpToLLVMPattern<TileOp>::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(TileOp op, typename TileOp::Adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    Value id = op.getAxis() == 0   ? Value(X::create(rewriter, loc, i32))
               : op.getAxis() == 1 ? Value(Y::create(rewriter, loc, i32))
                                   : Value(Z::create(rewriter, loc, i32));
    rewriter.replaceOpWithNewOp<LLVM::ZExtOp>(op, rewriter.getI64Type(), id, /*nonNeg=*/true);
    return success();
  }
};
using LowerProgramId = LowerGrid<ir::ProgramIdOp, NVVM::BlockIdXOp, NVVM::BlockIdYOp, NVVM::BlockIdZOp>;
using LowerNumPrograms = LowerGrid<ir::NumProgramsOp, NVVM::GridDimXOp, NVVM::GridDimYOp, NVVM::GridDimZOp>;

/// On this machine a uniform value and a lane value are both a scalar of each thread.
template <class Op> struct LowerSame : ConvertOpToLLVMPattern<Op> {
  using ConvertOpToLLVMPattern<Op>::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, adaptor.getValue());
    return success();
  }
};

// ---- Shuffles -------------------------------------------------------------------------------------------------------

Value shuffleWord(OpBuilder &b, Location loc, Value word, Value lane, NVVM::ShflKind kind) {
  Type i32 = b.getI32Type();
  const int limit = kind == NVVM::ShflKind::up ? 0 : kLanes - 1; // the last lane to read from
  return NVVM::ShflOp::create(b, loc, i32, constant(b, loc, i32, -1), word, lane, constant(b, loc, i32, limit), kind,
                              /*return_value_and_is_valid=*/UnitAttr());
}

/// `ofWord` of each 32-bit word of a value of any type.
Value byWords(OpBuilder &b, Location loc, Value value, llvm::function_ref<Value(Value)> ofWord) {
  Type type = value.getType(), i32 = b.getI32Type();
  unsigned bits = type.getIntOrFloatBitWidth();
  Type integer = b.getIntegerType(bits);
  if (type != integer) value = LLVM::BitcastOp::create(b, loc, integer, value);
  if (bits == 64) {
    auto words = VectorType::get({2}, i32);
    Value in = LLVM::BitcastOp::create(b, loc, words, value);
    Value out = LLVM::PoisonOp::create(b, loc, words);
    for (int i : {0, 1}) {
      Value at = constant(b, loc, i32, i);
      Value word = LLVM::ExtractElementOp::create(b, loc, in, at);
      out = LLVM::InsertElementOp::create(b, loc, out, ofWord(word), at);
    }
    value = LLVM::BitcastOp::create(b, loc, integer, out);
  } else {
    if (bits < 32) value = LLVM::ZExtOp::create(b, loc, i32, value);
    value = ofWord(value);
    if (bits < 32) value = LLVM::TruncOp::create(b, loc, integer, value);
  }
  return type == integer ? value : LLVM::BitcastOp::create(b, loc, type, value);
}

Value shuffle(OpBuilder &b, Location loc, Value value, Value lane, NVVM::ShflKind kind) {
  return byWords(b, loc, value, [&](Value word) { return shuffleWord(b, loc, word, lane, kind); });
}

struct LowerShuffleXor : ConvertOpToLLVMPattern<lane::ShuffleXorOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::ShuffleXorOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value mask = constant(rewriter, op.getLoc(), rewriter.getI32Type(), int64_t(op.getMask()));
    rewriter.replaceOp(op, shuffle(rewriter, op.getLoc(), adaptor.getValue(), mask, NVVM::ShflKind::bfly));
    return success();
  }
};

struct LowerShift : ConvertOpToLLVMPattern<lane::ShiftOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::ShiftOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const int distance = int32_t(op.getDistance());
    Value by = constant(rewriter, op.getLoc(), rewriter.getI32Type(), std::abs(distance));
    auto kind = distance > 0 ? NVVM::ShflKind::up : NVVM::ShflKind::down;
    rewriter.replaceOp(op, shuffle(rewriter, op.getLoc(), adaptor.getValue(), by, kind));
    return success();
  }
};

// ---- Reductions over all lanes --------------------------------------------------------------------------------------

NVVM::ReduxKind instructionOf(lane::ReduceKind kind) {
  switch (kind) {
  case lane::ReduceKind::Add:
    return NVVM::ReduxKind::ADD;
  case lane::ReduceKind::Min:
    return NVVM::ReduxKind::MIN;
  case lane::ReduceKind::Max:
    return NVVM::ReduxKind::MAX;
  case lane::ReduceKind::And:
    return NVVM::ReduxKind::AND;
  case lane::ReduceKind::Or:
    return NVVM::ReduxKind::OR;
  case lane::ReduceKind::Xor:
    return NVVM::ReduxKind::XOR;
  }
  llvm_unreachable("all kinds of reduction are handled");
}

Value combined(OpBuilder &b, Location loc, lane::ReduceKind kind, Value x, Value y) {
  switch (kind) {
  case lane::ReduceKind::Add:
    return LLVM::AddOp::create(b, loc, x, y);
  case lane::ReduceKind::Min:
    return LLVM::SMinOp::create(b, loc, x, y);
  case lane::ReduceKind::Max:
    return LLVM::SMaxOp::create(b, loc, x, y);
  case lane::ReduceKind::And:
    return LLVM::AndOp::create(b, loc, x, y);
  case lane::ReduceKind::Or:
    return LLVM::OrOp::create(b, loc, x, y);
  case lane::ReduceKind::Xor:
    return LLVM::XOrOp::create(b, loc, x, y);
  }
  llvm_unreachable("all kinds of reduction are handled");
}

/// redux.sync knows words of 32 bits; of 64 those functions fall apart that go bit by bit.
struct LowerReduce : ConvertOpToLLVMPattern<lane::ReduceOp> {
  LowerReduce(const LLVMTypeConverter &types, bool hasRedux) : ConvertOpToLLVMPattern(types), hasRedux(hasRedux) {}

  LogicalResult matchAndRewrite(lane::ReduceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const bool words = op.getType().isInteger(32), bitwise = op.getKind() >= lane::ReduceKind::And;
    Value v = adaptor.getValue();
    if (!hasRedux || !(words || bitwise))
      v = butterfly(rewriter, op, v);
    else
      v = byWords(rewriter, op.getLoc(), v, [&](Value word) { return redux(rewriter, op, word); });
    rewriter.replaceOp(op, v);
    return success();
  }

private:
  static Value redux(OpBuilder &b, lane::ReduceOp op, Value word) {
    Value all = constant(b, op.getLoc(), b.getI32Type(), -1);
    return NVVM::ReduxOp::create(b, op.getLoc(), b.getI32Type(), word, instructionOf(op.getKind()), all);
  }

  static Value butterfly(OpBuilder &b, lane::ReduceOp op, Value v) {
    for (int mask = 1; mask < kLanes; mask *= 2) {
      Value from = constant(b, op.getLoc(), b.getI32Type(), mask);
      v = combined(b, op.getLoc(), op.getKind(), v, shuffle(b, op.getLoc(), v, from, NVVM::ShflKind::bfly));
    }
    return v;
  }

  bool hasRedux;
};

// ---- Permutations ---------------------------------------------------------------------------------------------------

/// An affine map over F2 of 5 bits: source = constant ^ the columns of the lane's set bits.
struct AffineLanes {
  int constant = 0;
  std::array<int, 5> columns{};
};

FailureOr<AffineLanes> affineOf(ArrayRef<int32_t> sources) {
  if (sources.size() != kLanes) return failure();
  AffineLanes map{sources[0], {}};
  for (int bit = 0; bit < 5; ++bit) map.columns[bit] = sources[1 << bit] ^ sources[0];
  for (int lane = 0; lane < kLanes; ++lane) {
    int source = map.constant;
    for (int bit = 0; bit < 5; ++bit)
      if (lane >> bit & 1) source ^= map.columns[bit];
    if (source != sources[lane]) return failure();
  }
  return map;
}

/// The map applied to the lane's number: bits that move by the same distance move together.
Value applyTo(OpBuilder &b, Location loc, const AffineLanes &map, Value lane) {
  Type i32 = b.getI32Type();
  Value source = constant(b, loc, i32, map.constant);
  for (int distance = -4; distance <= 4; ++distance) {
    int moved = 0;
    for (int from = 0; from < 5; ++from)
      if (int to = from + distance; to >= 0 && to < 5 && (map.columns[from] >> to & 1)) moved |= 1 << from;
    if (!moved) continue;
    Value part = LLVM::AndOp::create(b, loc, lane, constant(b, loc, i32, moved));
    Value by = constant(b, loc, i32, std::abs(distance));
    if (distance > 0) part = LLVM::ShlOp::create(b, loc, part, by);
    if (distance < 0) part = LLVM::LShrOp::create(b, loc, part, by);
    source = LLVM::XOrOp::create(b, loc, source, part);
  }
  return source;
}

struct LowerPermute : WarpPattern<lane::PermuteOp> {
  using WarpPattern::WarpPattern;
  LogicalResult matchAndRewrite(lane::PermuteOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto map = affineOf(op.getSources());
    if (failed(map)) return op.emitOpError("is no affine map of the bits of 32 lanes");
    Value source = applyTo(rewriter, loc, *map, laneId(rewriter, loc, warps));
    rewriter.replaceOp(op, shuffle(rewriter, loc, adaptor.getValue(), source, NVVM::ShflKind::idx));
    return success();
  }
};

// ---- Barriers -------------------------------------------------------------------------------------------------------

/// A program of one warp needs no more than its own lanes' agreement.
struct LowerBarrier : WarpPattern<lane::BarrierOp> {
  using WarpPattern::WarpPattern;
  LogicalResult matchAndRewrite(lane::BarrierOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    if (warps == 1)
      NVVM::SyncWarpOp::create(rewriter, loc, constant(rewriter, loc, rewriter.getI32Type(), -1));
    else
      NVVM::Barrier0Op::create(rewriter, loc);
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void addLanePatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns, int warps, bool hasRedux) {
  patterns.add<LowerReduce>(types, hasRedux);
  patterns.add<LowerId, LowerWarpId, LowerPermute, LowerBarrier>(types, warps);
  patterns.add<LowerProgramId, LowerNumPrograms, LowerShuffleXor, LowerShift, LowerSame<lane::SplatOp>,
               LowerSame<lane::FirstOp>>(types);
}

} // namespace tile::targets::nvvm
