// Changes of shape and of layout: registers renamed, spread over lanes, or shuffled. None goes through memory.
#include "compiler/distribute/Coordinates.h"

using namespace mlir;

namespace tile {
namespace {

/// Inserting or removing a dimension of extent 1 leaves every element where it is.
template <class Op> struct Rename : TilePattern<Op> {
  using TilePattern<Op>::TilePattern;
  LogicalResult matchAndRewrite(Op op, typename Op::template GenericAdaptor<ArrayRef<ValueRange>> adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    return replaceWithRegisters(op, llvm::to_vector(adaptor.getSource()), rewriter);
  }
};

struct Broadcast : TilePattern<ir::BroadcastOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::BroadcastOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &to = *ir::layoutOf(op.getType());
    Type type = model().registerType(op.getType().getElementType(), to);
    SmallVector<Value> spread;
    for (Value v : adaptor.getSource()) spread.push_back(asRegisterType(rewriter, op.getLoc(), v, type));
    SmallVector<Value> registers;
    for (int source : layout::broadcast_registers(to, ir::shapeOf(op.getSource().getType())))
      registers.push_back(spread[size_t(source)]);
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

struct Splat : TilePattern<ir::SplatOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::SplatOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &to = *ir::layoutOf(op.getType());
    Type type = model().registerType(op.getType().getElementType(), to);
    Value v = asRegisterType(rewriter, op.getLoc(), adaptor.getValue().front(), type);
    return replaceWithRegisters(op, SmallVector<Value>(size_t(to.registers()), v), rewriter);
  }
};

struct Iota : TilePattern<ir::IotaOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::IotaOp op, OneToNOpAdaptor, ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &to = *ir::layoutOf(op.getType());
    FailureOr<Coordinates> coords = Coordinates::of(op, to, model(), rewriter);
    if (failed(coords)) return failure();
    Location loc = op.getLoc();
    Type i32 = model().registerType(rewriter.getI32Type(), to);
    Type wanted = model().registerType(op.getType().getElementType(), to);
    Value base = coords->hardwarePart(0);
    SmallVector<Value> registers;
    for (int r = 0; r < to.registers(); ++r) {
      Value v =
          arith::ConstantIntOp::create(rewriter, loc, rewriter.getI32Type(), coords->registerPart(uint32_t(r), 0));
      v = asRegisterType(rewriter, loc, v, i32);
      if (base) v = arith::AddIOp::create(rewriter, loc, v, asRegisterType(rewriter, loc, base, i32));
      unsigned width = getElementTypeOrSelf(wanted).getIntOrFloatBitWidth();
      if (width > 32) v = arith::ExtUIOp::create(rewriter, loc, wanted, v);
      if (width < 32) v = arith::TruncIOp::create(rewriter, loc, wanted, v);
      registers.push_back(v);
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

struct ConvertLayout : TilePattern<ir::ConvertLayoutOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ConvertLayoutOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &from = *ir::layoutOf(op.getSource().getType()), &to = *ir::layoutOf(op.getType());
    auto plan = layout::plan_conversion(from, to);
    if (plan.kind == layout::ConversionPlan::Kind::Scratch) return rewriter.notifyMatchFailure(op, "crosses warps");
    Type type = model().registerType(op.getType().getElementType(), to);
    SmallVector<Value> registers;
    for (auto [r, source] : llvm::enumerate(plan.registers)) {
      Value v = adaptor.getSource()[size_t(source)];
      if (plan.kind == layout::ConversionPlan::Kind::Shuffle) {
        v = asRegisterType(rewriter, op.getLoc(), v, model().laneType(op.getType().getElementType()));
        SmallVector<int32_t> lanes(plan.source_lane[r].begin(), plan.source_lane[r].end());
        v = lane::PermuteOp::create(rewriter, op.getLoc(), v.getType(), v, lanes);
      }
      registers.push_back(asRegisterType(rewriter, op.getLoc(), v, type));
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

} // namespace

void populateShape(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<Rename<ir::ExpandDimsOp>, Rename<ir::DropDimOp>, Broadcast, Splat, Iota, ConvertLayout>(
      converter, patterns.getContext());
}

} // namespace tile
