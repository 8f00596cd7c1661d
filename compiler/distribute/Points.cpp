// Accesses to single elements. Their addresses are 64-bit: nothing bounds how far apart they lie.
#include "compiler/distribute/Coordinates.h"
#include "compiler/distribute/ViewParts.h"

using namespace mlir;

namespace tile {
namespace {

/// The extent of a dimension, or 0 where a part of a view ends before the view starts.
Value limitOf(OpBuilder &b, Location loc, const ViewParts &view, int64_t dim) {
  Value extent = view.extent(b, loc, dim);
  if (ShapedType::isStatic(view.type.getShape()[dim])) return extent;
  return arith::MaxSIOp::create(b, loc, extent, arith::ConstantIndexOp::create(b, loc, 0));
}

/// 0 <= index < extent in one comparison: as an unsigned number a negative index is beyond every extent that is not.
Value isInside(OpBuilder &b, Location loc, Value index, Value extent) {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, index, extent);
}

Value sum(OpBuilder &b, Location loc, Value a, Value c) {
  return a && c ? Value(arith::AddIOp::create(b, loc, a, c)) : a ? a : c;
}

/// One element for the whole program: a uniform address under a uniform mask.
struct LoadScalar : TilePattern<ir::LoadScalarOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::LoadScalarOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    ViewParts view(op.getView().getType(), adaptor.getView());
    Value base, mask;
    for (int64_t d = 0; d < view.type.getRank(); ++d) {
      Value index = adaptor.getIndices()[size_t(d)].front();
      base = sum(rewriter, loc, base, arith::MulIOp::create(rewriter, loc, index, view.stride(rewriter, loc, d)));
      if (!op.staysInside(d))
        mask = bothMasks(rewriter, loc, mask, isInside(rewriter, loc, index, limitOf(rewriter, loc, view, d)));
    }
    auto load = lane::LoadOp::create(rewriter, loc, TypeRange(op.getType()), lane::AccessKind::Uniform, view.pointer,
                                     base, Value(), mask, 0, view.type.getElementBytes(), ir::Cache::Default);
    rewriter.replaceOp(op, load.getResults());
    return success();
  }
};

/// The places of a gather, scatter or atomic addition, one register at a time. What indices for all elements add is
/// uniform; what tiles add is a lane's own, 32-bit where the view is known to be small.
class Points {
public:
  template <class Op, class Adaptor>
  Points(Op op, Adaptor adaptor, const layout::Layout &layout, const LaneModel &model, OpBuilder &b)
      : view_(op.getView().getType(), adaptor.getView()), model_(model), b_(b), loc_(op.getLoc()),
        isUniform_(model.cpu && layout.uniform(layout::In::Lane)) {
    isNarrow_ = isSmall(view_.type);
    for (int d = 0; d < int(view_.type.getRank()); ++d) {
      bool isTile = isa<RankedTensorType>(op.getIndices()[size_t(d)].getType());
      if (isTile) {
        isNarrow_ &= cast<RankedTensorType>(op.getIndices()[size_t(d)].getType()).getElementType().isInteger(32);
        tiles_.push_back({d, adaptor.getIndices()[size_t(d)]});
        continue;
      }
      Value index = adaptor.getIndices()[size_t(d)].front();
      base_ = sum(b_, loc_, base_, arith::MulIOp::create(b_, loc_, index, view_.stride(b_, loc_, d)));
      if (!op.staysInside(d))
        mask_ = bothMasks(b_, loc_, mask_, isInside(b_, loc_, index, limitOf(b_, loc_, view_, d)));
    }
    if (!base_) base_ = arith::ConstantIndexOp::create(b_, loc_, 0);
  }

  lane::AccessKind kind() const { return isUniform_ ? lane::AccessKind::Uniform : lane::AccessKind::PerLane; }
  Value pointer() const { return view_.pointer; }
  int64_t align() const { return view_.type.getElementBytes(); }
  /// The type of what one access moves.
  Type valueType(Type element) const { return isUniform_ ? element : model_.laneType(element); }

  struct Place {
    Value base, lane, mask;
  };
  /// Where the element of a register lies. `mask`: lanes that may access at all; null: all.
  Place of(size_t reg, Value mask) {
    Value offset;
    mask = bothMasks(b_, loc_, mask, mask_);
    Type integer = isNarrow_ ? b_.getI32Type() : b_.getI64Type();
    for (const auto &[dim, registers] : tiles_) {
      Value index = widened(registers[reg], integer);
      auto like = [&](Value number) {
        return asRegisterType(b_, loc_, arith::IndexCastOp::create(b_, loc_, integer, number), index.getType());
      };
      mask = bothMasks(b_, loc_, mask, isInside(b_, loc_, index, like(limitOf(b_, loc_, view_, dim))));
      Value part = index;
      if (view_.type.getStrides()[dim] != 1)
        part = arith::MulIOp::create(b_, loc_, index, like(view_.stride(b_, loc_, dim)));
      offset = sum(b_, loc_, offset, part);
    }
    if (isUniform_) {
      offset = arith::IndexCastOp::create(b_, loc_, b_.getIndexType(), offset);
      return {sum(b_, loc_, base_, offset), Value(), mask};
    }
    return {base_, asRegisterType(b_, loc_, offset, model_.laneType(integer)),
            fitMask(b_, loc_, mask, model_.laneType(integer))};
  }

private:
  /// No offset inside the view reaches 2^29 elements.
  static bool isSmall(ir::ViewType type) {
    int64_t reach = 0;
    for (auto [extent, stride] : llvm::zip(type.getShape(), type.getStrides())) {
      int64_t part;
      if (ShapedType::isDynamic(extent) || ShapedType::isDynamic(stride) ||
          __builtin_mul_overflow(extent, stride, &part) || __builtin_add_overflow(reach, part, &reach))
        return false;
    }
    return reach < int64_t(1) << 29;
  }

  Value widened(Value index, Type integer) {
    Type type = integer;
    if (auto vector = dyn_cast<VectorType>(index.getType())) type = vector.clone(integer);
    return index.getType() == type ? index : Value(arith::ExtSIOp::create(b_, loc_, type, index));
  }

  ViewParts view_;
  const LaneModel &model_;
  OpBuilder &b_;
  Location loc_;
  bool isUniform_, isNarrow_;
  Value base_, mask_;
  SmallVector<std::pair<int, ValueRange>, 3> tiles_;
};

struct Gather : TilePattern<ir::GatherOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::GatherOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &layout = *ir::layoutOf(op.getType());
    Points points(op, adaptor, layout, model(), rewriter);
    Type element = op.getType().getElementType();
    SmallVector<Value> registers;
    for (size_t reg = 0; reg < size_t(layout.registers()); ++reg) {
      Points::Place at = points.of(reg, Value());
      Value loaded = lane::LoadOp::create(rewriter, op.getLoc(), TypeRange(points.valueType(element)), points.kind(),
                                          points.pointer(), at.base, at.lane, at.mask, 0, points.align(), op.getCache())
                         .getResult(0);
      registers.push_back(asRegisterType(rewriter, op.getLoc(), loaded, model().registerType(element, layout)));
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

/// Of lanes and warps that hold one element, one writes it.
template <class Op> struct Write : TilePattern<Op> {
  using TilePattern<Op>::TilePattern;
  LogicalResult matchAndRewrite(Op op, typename Op::template GenericAdaptor<ArrayRef<ValueRange>> adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    const layout::Layout &layout = *ir::layoutOf(op.getTileType());
    FailureOr<Coordinates> coords = Coordinates::of(op, layout, this->model(), rewriter);
    if (failed(coords)) return failure();
    Points points(op, adaptor, layout, this->model(), rewriter);
    Value owner = coords->ownerMask();
    for (size_t reg = 0; reg < size_t(layout.registers()); ++reg) {
      Points::Place at = points.of(reg, owner);
      Value value =
          asRegisterType(rewriter, loc, adaptor.getValue()[reg], points.valueType(op.getTileType().getElementType()));
      if constexpr (std::is_same_v<Op, ir::AtomicAddOp>)
        lane::AtomicAddOp::create(rewriter, loc, points.kind(), value, points.pointer(), at.base, at.lane, at.mask);
      else
        lane::StoreOp::create(rewriter, loc, points.kind(), value, points.pointer(), at.base, at.lane, at.mask, 0,
                              points.align(), ir::Cache::Default);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

/// A tile of rank 0 has one register, the same in all lanes.
struct ToScalar : TilePattern<ir::ToScalarOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ToScalarOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, asRegisterType(rewriter, op.getLoc(), adaptor.getSource().front(), op.getType()));
    return success();
  }
};

} // namespace

void populatePoints(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<LoadScalar, ToScalar, Gather, Write<ir::ScatterOp>, Write<ir::AtomicAddOp>>(converter,
                                                                                           patterns.getContext());
}

} // namespace tile
