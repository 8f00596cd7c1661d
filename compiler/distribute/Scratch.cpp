// Scratch: a tile is stored row-major, by one lane an element, and read in another layout. On a CPU whose lanes lie
// side by side in it these are ordinary accesses of whole vectors.
#include "compiler/distribute/Coordinates.h"
#include "compiler/distribute/Remarks.h"

using namespace mlir;

namespace tile {
namespace {

int64_t offsetOf(TypedValue<ir::ScratchType> scratch) {
  return int64_t(scratch.getDefiningOp<ir::ScratchAllocOp>().getOffset().value_or(0));
}

/// Registers that lie side by side in a row-major tile, as wide as one access goes.
layout::AccessPlan planFor(const layout::Layout &layout, Type element, const LaneModel &model, bool sideBySide) {
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
  return layout::plan_access(layout, facts, sideBySide);
}

/// The plan where all accesses are of whole vectors.
std::optional<layout::AccessPlan> vectorPlan(const layout::Layout &layout, Type element, const LaneModel &model) {
  if (!model.cpu) return std::nullopt;
  layout::AccessPlan plan = planFor(layout, element, model, /*sideBySide=*/true);
  return plan.kind == layout::AccessPlan::Kind::LaneContiguous ? std::optional(plan) : std::nullopt;
}

/// Where a vector lies in scratch, and how it is aligned.
struct VectorPlace {
  Value pointer, base;
  int64_t offset, align;

  VectorPlace(OpBuilder &b, Location loc, Type element, int64_t scratch, int64_t at)
      : pointer(lane::ScratchPointerOp::create(b, loc, ir::PtrType::get(b.getContext(), element), scratch)),
        base(arith::ConstantIndexOp::create(b, loc, 0)), offset(at) {
    int64_t bytes = scratch | at * ir::bytesOf(element) | ir::kScratchAlign;
    align = std::max(bytes & -bytes, ir::bytesOf(element));
  }
};

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
    if (auto plan = vectorPlan(layout, tile.getElementType(), model())) {
      for (const std::vector<int> &group : plan->groups) {
        VectorPlace at(rewriter, loc, tile.getElementType(), offsetOf(op.getScratch()),
                       coords->flatRegisterPart(uint32_t(group.front())));
        lane::StoreOp::create(rewriter, loc, lane::AccessKind::Contiguous, adaptor.getValue()[size_t(group.front())],
                              at.pointer, at.base, Value(), Value(), at.offset, at.align, ir::Cache::Default);
      }
      rewriter.eraseOp(op);
      return success();
    }
    int64_t bytes = ir::bytesOf(tile.getElementType());
    const layout::AccessPlan plan = planFor(layout, tile.getElementType(), model(), false);
    if (!model().cpu) remarkBanks(op, layout, plan, bytes);
    for (const std::vector<int> &group : plan.groups) {
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
    if (auto plan = vectorPlan(layout, element, model())) {
      for (const std::vector<int> &group : plan->groups) {
        VectorPlace at(rewriter, loc, element, offsetOf(op.getScratch()),
                       coords->flatRegisterPart(uint32_t(group.front())));
        auto load = lane::LoadOp::create(rewriter, loc, TypeRange(type), lane::AccessKind::Contiguous, at.pointer,
                                         at.base, Value(), Value(), at.offset, at.align, ir::Cache::Default);
        registers[size_t(group.front())] = load.getResult(0);
      }
      return replaceWithRegisters(op, std::move(registers), rewriter);
    }
    const layout::AccessPlan plan = planFor(layout, element, model(), false);
    if (!model().cpu) remarkBanks(op, layout, plan, ir::bytesOf(element));
    for (const std::vector<int> &group : plan.groups) {
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

struct ScratchView : TilePattern<ir::ScratchViewOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ScratchViewOp op, OneToNOpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!model().cpu) return op.emitOpError("is for machines whose scratch is ordinary memory");
    Type pointer = ir::PtrType::get(op.getContext(), op.getType().getElementType());
    Value p = lane::ScratchPointerOp::create(rewriter, op.getLoc(), pointer, offsetOf(op.getScratch()));
    return replaceWithRegisters(op, {p}, rewriter);
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
  patterns.add<Store, Load, Alloc, ScratchView, Barrier>(converter, patterns.getContext());
}

} // namespace tile
