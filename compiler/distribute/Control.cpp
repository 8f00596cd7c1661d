// What a kernel's author knows: on a machine that checks it, a check; on others nothing is left. And what he wants to
// see while he looks for a mistake.
#include "compiler/distribute/Coordinates.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tile {
namespace {

/// "a multiple of 8, at least 0 and at most 1016"
std::string words(ir::AssumeOp op) {
  SmallVector<std::string, 3> parts;
  if (op.getDivisible() != 1) parts.push_back("a multiple of " + std::to_string(op.getDivisible()));
  if (auto least = op.getAtLeast()) parts.push_back("at least " + std::to_string(int64_t(*least)));
  if (auto most = op.getAtMost()) parts.push_back("at most " + std::to_string(int64_t(*most)));
  std::string last = parts.pop_back_val();
  return parts.empty() ? last : llvm::join(parts, ", ") + " and " + last;
}

struct Assume : TilePattern<ir::AssumeOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::AssumeOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value index = adaptor.getIndex().front();
    if (model().checks)
      if (Value holds = condition(rewriter, op, index))
        lane::AssumeOp::create(rewriter, op.getLoc(), holds, index, words(op));
    rewriter.replaceOp(op, index);
    return success();
  }

private:
  /// Null where nothing is assumed.
  static Value condition(OpBuilder &b, ir::AssumeOp op, Value index) {
    Location loc = op.getLoc();
    Value all;
    auto number = [&](int64_t n) { return arith::ConstantIndexOp::create(b, loc, n); };
    auto require = [&](arith::CmpIPredicate predicate, Value value, int64_t bound) {
      all = bothMasks(b, loc, all, arith::CmpIOp::create(b, loc, predicate, value, number(bound)));
    };
    if (int64_t divisor = int64_t(op.getDivisible()); divisor != 1)
      require(arith::CmpIPredicate::eq, arith::RemSIOp::create(b, loc, index, number(divisor)), 0);
    if (auto least = op.getAtLeast()) require(arith::CmpIPredicate::sge, index, int64_t(*least));
    if (auto most = op.getAtMost()) require(arith::CmpIPredicate::sle, index, int64_t(*most));
    return all;
  }
};

struct Require : TilePattern<ir::RequireOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::RequireOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value all;
    for (Value mask : adaptor.getCondition()) all = bothMasks(rewriter, op.getLoc(), all, mask);
    rewriter.replaceOpWithNewOp<lane::RequireOp>(op, all, op.getMessage());
    return success();
  }
};

/// A line says where it comes from: the author's line, the program and, of tiles, the element.
struct Print : TilePattern<ir::PrintOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::PrintOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto types = op.getValues().getTypes();
    auto tile = llvm::find_if(types, [](Type type) { return isa<RankedTensorType>(type); });
    std::string text = ir::placeOf(op) + "program ({},{},{})";
    if (tile == types.end()) {
      print(rewriter, op, adaptor, text, {}, firstLane(rewriter, op.getLoc()), 0);
    } else if (failed(printElements(rewriter, op, adaptor, text, cast<RankedTensorType>(*tile)))) {
      return failure();
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  LogicalResult printElements(OpBuilder &b, ir::PrintOp op, OneToNOpAdaptor adaptor, std::string text,
                              RankedTensorType tile) const {
    const layout::Layout &layout = *ir::layoutOf(tile);
    FailureOr<Coordinates> coords = Coordinates::of(op, layout, model(), b);
    if (failed(coords)) return failure();
    Value owner = coords->ownerMask();
    for (int d = 0; d < tile.getRank(); ++d) text += d ? ", {}" : " [{}";
    if (tile.getRank()) text += "]";
    for (int reg = 0; reg < layout.registers(); ++reg) {
      SmallVector<Value> at;
      for (int d = 0; d < tile.getRank(); ++d) {
        Value hardware = coords->hardwarePart(d);
        Value c = arith::ConstantIntOp::create(b, op.getLoc(), b.getI32Type(), coords->registerPart(uint32_t(reg), d));
        if (hardware)
          c = arith::AddIOp::create(b, op.getLoc(), hardware, asRegisterType(b, op.getLoc(), c, hardware.getType()));
        at.push_back(c);
      }
      print(b, op, adaptor, text, at, owner, size_t(reg));
    }
    return success();
  }

  /// One line, of register `reg` of the tiles among the values.
  void print(OpBuilder &b, ir::PrintOp op, OneToNOpAdaptor adaptor, const std::string &text, ArrayRef<Value> at,
             Value mask, size_t reg) const {
    Location loc = op.getLoc();
    SmallVector<Value> values;
    for (uint64_t axis = 0; axis < 3; ++axis) values.push_back(ir::ProgramIdOp::create(b, loc, axis));
    llvm::append_range(values, at);
    for (auto [type, registers] : llvm::zip(op.getValues().getTypes(), adaptor.getValues()))
      values.push_back(printable(b, loc, registers[isa<RankedTensorType>(type) ? reg : 0]));
    lane::PrintOp::create(b, loc, b.getStringAttr(text + ": " + op.getText()), values, mask);
  }

  /// Half floats print as f32.
  static Value printable(OpBuilder &b, Location loc, Value v) {
    Type element = getElementTypeOrSelf(v.getType());
    if (!element.isF16() && !element.isBF16()) return v;
    Type type = b.getF32Type();
    if (auto vector = dyn_cast<VectorType>(v.getType())) type = vector.clone(type);
    return arith::ExtFOp::create(b, loc, type, v);
  }

  /// Of a program's lanes and warps one; null where there is but one.
  Value firstLane(OpBuilder &b, Location loc) const {
    if (model().cpu) return {};
    auto isZero = [&](Value v) {
      Value zero = arith::ConstantOp::create(b, loc, cast<TypedAttr>(b.getZeroAttr(v.getType())));
      return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, v, zero);
    };
    return bothMasks(b, loc, isZero(lane::IdOp::create(b, loc, model().laneType(b.getI32Type()))),
                     isZero(lane::WarpIdOp::create(b, loc, b.getI32Type())));
  }
};

} // namespace

void populateControl(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<Assume, Require, Print>(converter, patterns.getContext());
}

} // namespace tile
