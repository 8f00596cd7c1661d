// Scratch: a tile is stored row-major, by one lane an element, and read in another layout.
#include "compiler/distribute/Coordinates.h"

using namespace mlir;

namespace tile {
namespace {

int64_t offsetOf(TypedValue<ir::ScratchType> scratch) {
  return int64_t(scratch.getDefiningOp<ir::ScratchAllocOp>().getOffset().value_or(0));
}

/// Registers that lie side by side in a row-major tile, as wide as one access goes.
layout::AccessPlan planFor(const layout::Layout &layout, Type element, const LaneModel &model) {
  layout::AccessFacts facts;
  int rank = layout.shape().rank();
  int64_t stride = 1;
  facts.strides.resize(size_t(rank));
  for (int d = rank; d-- > 0; stride *= layout.shape().extent(d)) facts.strides[size_t(d)] = stride;
  facts.masked.assign(size_t(rank), false);
  facts.extent_divisor.assign(size_t(rank), layout.shape().size());
  facts.element_bytes = int(ir::bytesOf(element));
  facts.max_bytes = int(model.vectorBytes);
  facts.aligned = std::max<int64_t>(1, model.vectorBytes / facts.element_bytes);
  return layout::plan_access(layout, facts, /*simd=*/false);
}

/// What lane and warp add to a position in scratch: a lane value, or a number where all lanes hold the same.
Value laneOffset(Coordinates &coords, const layout::Layout &layout, const LaneModel &model, OpBuilder &b,
                 Location loc) {
  Type type = model.scratchType(b.getI32Type(), layout);
  Value part = coords.flatHardwarePart();
  if (!part) return arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(type)));
  return asRegisterType(b, loc, part, type);
}

struct Store : TilePattern<ir::ScratchStoreOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ScratchStoreOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    RankedTensorType tile = op.getValue().getType();
    const layout::Layout &layout = *ir::layoutOf(tile);
    FailureOr<Coordinates> coords = Coordinates::of(op, layout, model(), rewriter);
    if (failed(coords)) return failure();
    Location loc = op.getLoc();
    Type type = model().scratchType(tile.getElementType(), layout);
    Value lane = laneOffset(*coords, layout, model(), rewriter, loc), mask = coords->ownerMask();
    if (auto vector = dyn_cast<VectorType>(type); vector && mask)
      mask = asRegisterType(rewriter, loc, mask, vector.clone(rewriter.getI1Type()));
    int64_t bytes = ir::bytesOf(tile.getElementType());
    for (const std::vector<int> &group : planFor(layout, tile.getElementType(), model()).groups) {
      SmallVector<Value> values;
      for (int reg : group) values.push_back(asRegisterType(rewriter, loc, adaptor.getValue()[size_t(reg)], type));
      int64_t offset = offsetOf(op.getScratch()) + coords->flatRegisterPart(uint32_t(group.front())) * bytes;
      lane::ScratchStoreOp::create(rewriter, loc, values, lane, mask, offset);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

struct Load : TilePattern<ir::ScratchLoadOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ScratchLoadOp op, OneToNOpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &layout = *ir::layoutOf(op.getType());
    FailureOr<Coordinates> coords = Coordinates::of(op, layout, model(), rewriter);
    if (failed(coords)) return failure();
    Location loc = op.getLoc();
    Type element = op.getType().getElementType();
    Type type = model().scratchType(element, layout), wanted = model().registerType(element, layout);
    Value lane = laneOffset(*coords, layout, model(), rewriter, loc);
    SmallVector<Value> registers(size_t(layout.registers()));
    for (const std::vector<int> &group : planFor(layout, element, model()).groups) {
      int64_t offset =
          offsetOf(op.getScratch()) + coords->flatRegisterPart(uint32_t(group.front())) * ir::bytesOf(element);
      auto load = lane::ScratchLoadOp::create(rewriter, loc, SmallVector<Type>(group.size(), type), lane, offset);
      for (auto [reg, value] : llvm::zip(group, load.getResults()))
        registers[size_t(reg)] = asRegisterType(rewriter, loc, value, wanted);
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

struct Alloc : TilePattern<ir::ScratchAllocOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ScratchAllocOp op, OneToNOpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    return replaceWithRegisters(op, {}, rewriter);
  }
};

struct Barrier : TilePattern<ir::BarrierOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::BarrierOp op, OneToNOpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<lane::BarrierOp>(op);
    return success();
  }
};

} // namespace

void populateScratch(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<Store, Load, Alloc, Barrier>(converter, patterns.getContext());
}

} // namespace tile
