// Loads, stores and masks: the access plan of a layout, written out.
//
// An address is base + lane + offset, in elements. The base is uniform and 64-bit, so tensors may be of any size; what
// a lane adds stays inside one tile and is 32-bit wherever the strides are known; what a register adds is a constant.
// So is what an index adds to another: the accesses of a loop's unrolled steps share a base, of which only one part
// moves with the loop. Loop strength reduction, a third of the code generator's time otherwise, has little left to do.
#include "compiler/distribute/Coordinates.h"
#include "compiler/distribute/Remarks.h"
#include "compiler/distribute/ViewParts.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tile {
namespace {

/// Elements that constant parts of an address may add up to.
constexpr int64_t kMostOffset = int64_t(1) << 40;

/// One dimension in which an access may leave the view.
struct MaskedDim {
  int dim;
  Value start, extent; ///< of the tile in the view, and the view's
  bool nonnegative;    ///< the start is known to be
  Value hardware;      ///< what lane and warp contribute: i32, uniform or a lane value; null: nothing
  Value first;         ///< with hardware: coordinates from it on are inside; uniform i32; null: 0
  Value limit;         ///< with hardware: coordinates below it are inside; uniform i32
  llvm::SmallDenseMap<int64_t, Value, 8> made =
      llvm::SmallDenseMap<int64_t, Value, 8>(); ///< masks by the register's coordinate
};

/// Which lanes of a register lie inside the view, one dimension at a time.
class Masks {
public:
  Masks(OpBuilder &b, Location loc, const layout::Layout &layout, Coordinates &coords)
      : b_(b), loc_(loc), layout_(layout), coords_(coords) {}

  /// Elements `0 <= start + coordinate < extent` of `dim`; called once for each dimension that needs it. `nonnegative`:
  /// the start is known to be.
  void require(int dim, Value start, Value extent, bool nonnegative) {
    MaskedDim &d = dims_.emplace_back(MaskedDim{dim, start, extent, nonnegative, coords_.hardwarePart(dim), {}, {}});
    if (!d.hardware) return;
    Value zero = arith::ConstantIndexOp::create(b_, loc_, 0);
    if (!nonnegative) d.first = clamped(dim, arith::SubIOp::create(b_, loc_, zero, start));
    d.limit = clamped(dim, arith::SubIOp::create(b_, loc_, extent, start));
  }

  /// The mask of a register: i1, or a vector where lanes differ; null where nothing is required.
  Value of(uint32_t reg) {
    Value all;
    for (MaskedDim &d : dims_) all = both(all, ofDim(d, coords_.registerPart(reg, d.dim)));
    return all;
  }

  Value both(Value a, Value b) { return bothMasks(b_, loc_, a, b); }

private:
  /// A coordinate as far as the tile has one, or the first behind it, in 32 bits.
  Value clamped(int dim, Value coordinate) {
    Value zero = arith::ConstantIndexOp::create(b_, loc_, 0);
    Value whole = arith::ConstantIndexOp::create(b_, loc_, layout_.shape().extent(dim));
    coordinate = arith::MinSIOp::create(b_, loc_, arith::MaxSIOp::create(b_, loc_, coordinate, zero), whole);
    return arith::IndexCastOp::create(b_, loc_, b_.getI32Type(), coordinate);
  }

  /// Made once for each coordinate.
  Value ofDim(MaskedDim &d, int64_t coordinate) {
    Value &mask = d.made[coordinate];
    if (!mask) mask = d.hardware ? ofLanes(d, coordinate) : ofAll(d, coordinate);
    return mask;
  }

  /// 0 <= start + coordinate < extent, which all lanes see alike.
  Value ofAll(const MaskedDim &d, int64_t coordinate) {
    Value at = d.start;
    if (coordinate) at = arith::AddIOp::create(b_, loc_, at, arith::ConstantIndexOp::create(b_, loc_, coordinate));
    Value below = arith::CmpIOp::create(b_, loc_, arith::CmpIPredicate::slt, at, d.extent);
    if (d.nonnegative) return below;
    Value zero = arith::ConstantIndexOp::create(b_, loc_, 0);
    return both(arith::CmpIOp::create(b_, loc_, arith::CmpIPredicate::sge, at, zero), below);
  }

  /// first <= hardware + coordinate < limit.
  Value ofLanes(const MaskedDim &d, int64_t coordinate) {
    Value below = compare(arith::CmpIPredicate::slt, d, coordinate, d.limit);
    return d.first ? both(compare(arith::CmpIPredicate::sge, d, coordinate, d.first), below) : below;
  }

  /// hardware + coordinate against a bound; the coordinate goes to the bound's side, which is uniform.
  Value compare(arith::CmpIPredicate predicate, const MaskedDim &d, int64_t coordinate, Value bound) {
    if (coordinate)
      bound =
          arith::SubIOp::create(b_, loc_, bound, arith::ConstantIntOp::create(b_, loc_, b_.getI32Type(), coordinate));
    return arith::CmpIOp::create(b_, loc_, predicate, d.hardware,
                                 asRegisterType(b_, loc_, bound, d.hardware.getType()));
  }

  OpBuilder &b_;
  Location loc_;
  const layout::Layout &layout_;
  Coordinates &coords_;
  SmallVector<MaskedDim, 3> dims_;
};

layout::AccessPlan planFor(ir::ViewType view, ArrayRef<bool> inside, int64_t aligned, const layout::Layout &layout,
                           const LaneModel &model) {
  layout::AccessFacts facts;
  for (int64_t d = 0; d < view.getRank(); ++d) {
    int64_t s = view.getStrides()[d];
    facts.strides.push_back(s == ShapedType::kDynamic ? std::nullopt : std::optional<int64_t>(s));
    facts.masked.push_back(!inside[size_t(d)]);
    facts.extent_divisor.push_back(aligned); // tile-analyze-access folds the last extent's divisor into it
  }
  facts.aligned = aligned;
  facts.element_bytes = int(view.getElementBytes());
  facts.max_bytes = int(model.vectorBytes);
  return layout::plan_access(layout, facts, model.cpu);
}

/// One load or store of a tile, ready to be written out access by access.
class Access {
public:
  template <class Op, class Adaptor>
  Access(Op op, Adaptor adaptor, const layout::Layout &layout, Coordinates &coords, const LaneModel &model,
         OpBuilder &b)
      : view_(op.getView().getType(), adaptor.getView()), layout_(layout), coords_(coords), model_(model), b_(b),
        loc_(op.getLoc()), masks_(b, loc_, layout, coords) {
    SmallVector<bool, 3> inside(size_t(view_.type.getRank()), false);
    if (auto known = op.getInside()) inside.assign(known->begin(), known->end());
    aligned_ = int64_t(op.getAligned().value_or(1));
    plan_ = planFor(view_.type, inside, aligned_, layout, model);
    for (auto [d, index] : llvm::enumerate(adaptor.getIndices())) starts_.push_back(index.front());
    for (int d = 0; d < int(inside.size()); ++d)
      if (!inside[size_t(d)]) masks_.require(d, starts_[size_t(d)], view_.extent(b_, loc_, d), op.startsInside(d));
    base_ = uniformBase(op);
    if (plan_.kind == layout::AccessPlan::Kind::PerLane) lane_ = laneOffset();
  }

  const layout::AccessPlan &plan() const { return plan_; }
  Masks &masks() { return masks_; }
  Value pointer() const { return view_.pointer; }
  Value lane() const { return lane_; }

  lane::AccessKind kind() const {
    switch (plan_.kind) {
    case layout::AccessPlan::Kind::PerLane:
      return lane::AccessKind::PerLane;
    case layout::AccessPlan::Kind::LaneContiguous:
      return lane::AccessKind::Contiguous;
    case layout::AccessPlan::Kind::Uniform:
      return lane::AccessKind::Uniform;
    }
    llvm_unreachable("all kinds of access are handled");
  }

  /// Bytes the address of the access whose first register is `reg` is a multiple of.
  int64_t align(uint32_t reg) const {
    switch (plan_.kind) {
    case layout::AccessPlan::Kind::PerLane:
      return plan_.width * view_.type.getElementBytes();
    case layout::AccessPlan::Kind::Uniform:
      return view_.type.getElementBytes();
    case layout::AccessPlan::Kind::LaneContiguous:
      break;
    }
    // Rows start at multiples of `aligned`; inside a row the register and the warp add their part.
    int last = layout_.shape().rank() - 1;
    uint32_t inside = uint32_t(coords_.registerPart(reg, last));
    for (uint32_t basis : layout_.bases(layout::In::Warp)) inside |= uint32_t(layout_.shape().coord(basis, last));
    int64_t elements = inside ? std::min<int64_t>(aligned_, inside & -inside) : aligned_;
    return elements * view_.type.getElementBytes();
  }

  /// Uniform address and constant offset of the access whose first register is `reg`.
  std::pair<Value, int64_t> address(uint32_t reg) {
    Value base = base_;
    int64_t offset = offset_;
    for (int d = 0; d < layout_.shape().rank(); ++d) {
      int64_t c = coords_.registerPart(reg, d);
      if (c == 0) continue;
      if (view_.isStatic(d))
        offset += c * view_.type.getStrides()[d];
      else
        base = sum(base, times(arith::ConstantIndexOp::create(b_, loc_, c), view_.stride(b_, loc_, d)));
    }
    return {base, offset};
  }

private:
  Value sum(Value a, Value b) {
    if (!a || !b) return a ? a : b;
    return arith::AddIOp::create(b_, loc_, a, b);
  }
  Value times(Value a, Value b) { return arith::MulIOp::create(b_, loc_, a, b); }

  /// The address of the tile's start but for `offset_`; where lanes share an address, also what the warp adds to it.
  /// What stays the same in the loop around `op` is one summand, made before the loop.
  Value uniformBase(Operation *op) {
    auto loop = op->getParentOfType<scf::ForOp>();
    auto isBefore = [&](Value v) { // the number of a loop under conversion belongs to no region for the time
      Region *region = v.getParentRegion();
      return region && !loop.getRegion().isAncestor(region);
    };
    Value fixed, moving;
    for (int d = 0; d < layout_.shape().rank(); ++d) {
      Value start = withoutConstant(starts_[size_t(d)], d), stride;
      OpBuilder::InsertionGuard guard(b_);
      const bool stays = loop && isBefore(start) && (view_.isStatic(d) || isBefore(stride = view_.stride(b_, loc_, d)));
      if (stays) b_.setInsertionPoint(loop);
      if (!stride) stride = view_.stride(b_, loc_, d);
      Value &part = stays ? fixed : moving;
      part = sum(part, times(start, stride));
    }
    return sum(sum(fixed, moving), plan_.kind == layout::AccessPlan::Kind::PerLane ? Value() : warpOffset());
  }

  /// What the warp adds to an address that lanes share.
  Value warpOffset() {
    Value offset;
    for (int d = 0; d < layout_.shape().rank(); ++d)
      if (Value warp = coords_.warpPart(d))
        offset = sum(offset,
                     times(arith::IndexCastUIOp::create(b_, loc_, b_.getIndexType(), warp), view_.stride(b_, loc_, d)));
    return offset;
  }

  /// The start, of which `offset_` takes what is a constant.
  Value withoutConstant(Value start, int dim) {
    APInt c;
    auto added = start.getDefiningOp<arith::AddIOp>();
    auto subtracted = start.getDefiningOp<arith::SubIOp>();
    if (!view_.isStatic(dim) || !(added || subtracted)) return start;
    if (!matchPattern(start.getDefiningOp()->getOperand(1), m_ConstantInt(&c))) return start;
    int64_t elements;
    if (__builtin_mul_overflow(c.getSExtValue(), view_.type.getStrides()[dim], &elements)) return start;
    if (std::abs(elements) >= kMostOffset - std::abs(offset_)) return start;
    offset_ += added ? elements : -elements;
    return start.getDefiningOp()->getOperand(0);
  }

  /// What lane and warp add, in elements: i32 where every stride is known and the tile spans less than 2^31 elements.
  Value laneOffset() {
    bool narrow = true;
    int64_t reach = 0;
    for (int d = 0; d < layout_.shape().rank(); ++d) {
      Value part = coords_.hardwarePart(d);
      if (!part) continue;
      narrow &= view_.isStatic(d);
      if (narrow && __builtin_mul_overflow(layout_.shape().extent(d), view_.type.getStrides()[d], &reach))
        narrow = false;
      if (narrow && reach >= (int64_t(1) << 29)) narrow = false;
    }
    Type element = narrow ? b_.getI32Type() : b_.getI64Type();
    Type type = model_.laneType(element);
    Value offset;
    for (int d = 0; d < layout_.shape().rank(); ++d)
      if (Value part = coords_.hardwarePart(d)) // one of a warp alone is a number
        offset = sum(offset, asRegisterType(b_, loc_, scaled(part, d, element), type));
    if (!offset) {
      TypedAttr zero = b_.getZeroAttr(type);
      return arith::ConstantOp::create(b_, loc_, zero);
    }
    return offset;
  }

  /// part * stride, with elements of type `element`.
  Value scaled(Value part, int dim, Type element) {
    Type type = element;
    if (auto vector = dyn_cast<VectorType>(part.getType())) type = vector.clone(element);
    if (part.getType() != type) part = arith::ExtUIOp::create(b_, loc_, type, part);
    if (view_.isStatic(dim) && view_.type.getStrides()[dim] == 1) return part;
    Value stride = arith::IndexCastOp::create(b_, loc_, element, view_.stride(b_, loc_, dim));
    return times(part, asRegisterType(b_, loc_, stride, type));
  }

  ViewParts view_;
  const layout::Layout &layout_;
  Coordinates &coords_;
  const LaneModel &model_;
  OpBuilder &b_;
  Location loc_;
  Masks masks_;
  layout::AccessPlan plan_;
  int64_t aligned_ = 1;
  SmallVector<Value, 3> starts_;
  Value base_, lane_;
  int64_t offset_ = 0; ///< elements, in every address
};

struct Load : TilePattern<ir::LoadOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::LoadOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &layout = *ir::layoutOf(op.getType());
    FailureOr<Coordinates> coords = Coordinates::of(op, layout, model(), rewriter);
    if (failed(coords)) return failure();
    Access access(op, adaptor, layout, *coords, model(), rewriter);
    remarkWidth(op, access.plan(), op.getView().getType().getElementBytes(), model());
    bool perLane = access.plan().kind == layout::AccessPlan::Kind::PerLane;
    Type element = op.getType().getElementType();
    Type wanted = model().registerType(element, layout);
    Type type = perLane ? model().laneType(element) : wanted;
    SmallVector<Value> registers(size_t(layout.registers()));
    for (const std::vector<int> &group : access.plan().groups) {
      uint32_t first = uint32_t(group.front());
      auto [base, offset] = access.address(first);
      Value mask = fitMask(rewriter, op.getLoc(), access.masks().of(first), type);
      auto load = lane::LoadOp::create(rewriter, op.getLoc(), SmallVector<Type>(group.size(), type), access.kind(),
                                       access.pointer(), base, access.lane(), mask, offset, access.align(first),
                                       op.getCache(), op.getEarly());
      for (auto [reg, value] : llvm::zip(group, load.getResults()))
        registers[size_t(reg)] = asRegisterType(rewriter, op.getLoc(), value, wanted);
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

struct Store : TilePattern<ir::StoreOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::StoreOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    RankedTensorType tile = op.getValue().getType();
    const layout::Layout &layout = *ir::layoutOf(tile);
    FailureOr<Coordinates> coords = Coordinates::of(op, layout, model(), rewriter);
    if (failed(coords)) return failure();
    Access access(op, adaptor, layout, *coords, model(), rewriter);
    remarkWidth(op, access.plan(), op.getView().getType().getElementBytes(), model());
    bool perLane = access.plan().kind == layout::AccessPlan::Kind::PerLane;
    Type type = model().registerType(tile.getElementType(), layout);
    if (perLane) type = model().laneType(tile.getElementType());
    Value owner = coords->ownerMask();
    for (const std::vector<int> &group : access.plan().groups) {
      uint32_t first = uint32_t(group.front());
      auto [base, offset] = access.address(first);
      SmallVector<Value> values;
      for (int reg : group)
        values.push_back(asRegisterType(rewriter, op.getLoc(), adaptor.getValue()[size_t(reg)], type));
      Value mask = access.masks().both(access.masks().of(first), owner);
      lane::StoreOp::create(rewriter, op.getLoc(), access.kind(), values, access.pointer(), base, access.lane(),
                            fitMask(rewriter, op.getLoc(), mask, type), offset, access.align(first), op.getCache());
    }
    rewriter.eraseOp(op);
    return success();
  }
};

struct InBounds : TilePattern<ir::InBoundsOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::InBoundsOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &layout = *ir::layoutOf(op.getType());
    FailureOr<Coordinates> coords = Coordinates::of(op, layout, model(), rewriter);
    if (failed(coords)) return failure();
    ViewParts view(op.getView().getType(), adaptor.getView());
    Masks masks(rewriter, op.getLoc(), layout, *coords);
    for (int64_t d : op.getDims())
      masks.require(int(d), adaptor.getIndices()[size_t(d)].front(), view.extent(rewriter, op.getLoc(), d),
                    op.startsInside(d));
    Type type = model().registerType(rewriter.getI1Type(), layout);
    SmallVector<Value> registers;
    for (int r = 0; r < layout.registers(); ++r)
      registers.push_back(asRegisterType(rewriter, op.getLoc(), masks.of(uint32_t(r)), type));
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

/// One prefetch for each cache line of each row, if the machine is one that gains by it and the rows are contiguous.
struct Prefetch : TilePattern<ir::PrefetchOp> {
  using TilePattern::TilePattern;
  static constexpr int64_t kLine = 64; ///< bytes

  LogicalResult matchAndRewrite(ir::PrefetchOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ViewParts view(op.getView().getType(), adaptor.getView());
    if (model().cpu && view.type.getStrides().back() == 1) {
      Location loc = op.getLoc();
      Value base;
      for (int64_t d = 0; d < view.type.getRank(); ++d) {
        Value part = arith::MulIOp::create(rewriter, loc, adaptor.getIndices()[size_t(d)].front(),
                                           view.stride(rewriter, loc, d));
        base = base ? Value(arith::AddIOp::create(rewriter, loc, base, part)) : part;
      }
      rows(rewriter, loc, op.getExtents(), view, 0, base);
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  void rows(OpBuilder &b, Location loc, ArrayRef<int64_t> extents, const ViewParts &view, int64_t dim,
            Value base) const {
    if (dim + 1 == view.type.getRank()) {
      int64_t step = std::max<int64_t>(1, kLine / view.type.getElementBytes());
      for (int64_t i = 0; i < extents[dim]; i += step) lane::PrefetchOp::create(b, loc, view.pointer, base, i);
      return;
    }
    for (int64_t i = 0; i < extents[dim]; ++i) {
      rows(b, loc, extents, view, dim + 1, base);
      base = arith::AddIOp::create(b, loc, base, view.stride(b, loc, dim));
    }
  }
};

struct MakeView : TilePattern<ir::MakeViewOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::MakeViewOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> parts{adaptor.getPointer().front()};
    for (ValueRange e : adaptor.getExtents()) parts.push_back(e.front());
    for (ValueRange s : adaptor.getStrides()) parts.push_back(s.front());
    return replaceWithRegisters(op, std::move(parts), rewriter);
  }
};

} // namespace

void populateMemory(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<Load, Store, Prefetch, InBounds, MakeView>(converter, patterns.getContext());
}

} // namespace tile
