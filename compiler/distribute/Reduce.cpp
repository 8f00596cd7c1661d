// The two steps of a reduction that need no scratch: a tree over the registers of a lane, and a butterfly over lanes.
#include "compiler/distribute/Distribute.h"

using namespace mlir;

namespace tile {
namespace {

/// Pairs, then pairs of pairs: a short chain, and an error that grows with the depth and not the length.
Value combineTree(OpBuilder &builder, Location loc, ir::Combine kind, SmallVector<Value> values) {
  while (values.size() > 1) {
    size_t half = values.size() / 2, left = values.size() - half;
    for (size_t i = 0; i < half; ++i) values[i] = combine(builder, loc, kind, values[i], values[left + i]);
    values.truncate(left);
  }
  return values.front();
}

struct ReduceRegisters : TilePattern<ir::ReduceRegistersOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ReduceRegistersOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto plan = layout::plan_reduction(*ir::layoutOf(op.getSource().getType()), int(op.getAxis()));
    SmallVector<Value> registers;
    for (const std::vector<int> &sources : plan.registers) {
      SmallVector<Value> values;
      for (int s : sources) values.push_back(adaptor.getSource()[size_t(s)]);
      registers.push_back(combineTree(rewriter, op.getLoc(), op.getCombine(), std::move(values)));
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

std::optional<lane::ReduceKind> reduceKindOf(ir::Combine kind) {
  switch (kind) {
  case ir::Combine::Sum:
    return lane::ReduceKind::Add;
  case ir::Combine::Max:
    return lane::ReduceKind::Max;
  case ir::Combine::Min:
    return lane::ReduceKind::Min;
  case ir::Combine::Product:
    return std::nullopt;
  }
  llvm_unreachable("all kinds of combination are handled");
}

struct ReduceLanes : TilePattern<ir::ReduceLanesOp> {
  using TilePattern::TilePattern;

  static Value butterfly(OpBuilder &b, ir::ReduceLanesOp op, ArrayRef<int> masks, Value v) {
    for (int mask : masks) {
      Value other = lane::ShuffleXorOp::create(b, op.getLoc(), v.getType(), v, uint32_t(mask));
      v = combine(b, op.getLoc(), op.getCombine(), v, other);
    }
    return v;
  }

  LogicalResult matchAndRewrite(ir::ReduceLanesOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto plan = layout::plan_reduction(*ir::layoutOf(op.getSource().getType()), int(op.getAxis()));
    Type type = model().registerType(op.getType().getElementType(), plan.after_lanes);
    std::optional<lane::ReduceKind> kind = reduceKindOf(op.getCombine());
    SmallVector<Value> registers;
    for (Value v : adaptor.getSource()) {
      Value whole = kind ? reduceAllLanes(rewriter, op.getLoc(), *kind, plan, model(), v) : Value();
      if (!whole) whole = butterfly(rewriter, op, plan.lane_masks, v);
      registers.push_back(asRegisterType(rewriter, op.getLoc(), whole, type));
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

} // namespace

Value combine(OpBuilder &builder, Location loc, ir::Combine kind, Value a, Value b) {
  bool real = isa<FloatType>(getElementTypeOrSelf(a.getType()));
  switch (kind) {
  case ir::Combine::Sum:
    if (real) return arith::AddFOp::create(builder, loc, a, b);
    return arith::AddIOp::create(builder, loc, a, b);
  case ir::Combine::Max:
    if (real) return arith::MaximumFOp::create(builder, loc, a, b);
    return arith::MaxSIOp::create(builder, loc, a, b);
  case ir::Combine::Min:
    if (real) return arith::MinimumFOp::create(builder, loc, a, b);
    return arith::MinSIOp::create(builder, loc, a, b);
  case ir::Combine::Product:
    if (real) return arith::MulFOp::create(builder, loc, a, b);
    return arith::MulIOp::create(builder, loc, a, b);
  }
  llvm_unreachable("all kinds of combination are handled");
}

Value reduceAllLanes(OpBuilder &builder, Location loc, lane::ReduceKind kind, const layout::ReductionPlan &plan,
                     const LaneModel &model, Value v) {
  Type element = getElementTypeOrSelf(v.getType());
  const bool all = int64_t(1) << plan.lane_masks.size() == model.lanes && isa<VectorType>(v.getType()) == model.vectors;
  if (!all || !(element.isInteger(32) || element.isInteger(64))) return {};
  return lane::ReduceOp::create(builder, loc, element, kind, v);
}

void populateReduce(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<ReduceRegisters, ReduceLanes>(converter, patterns.getContext());
}

} // namespace tile
