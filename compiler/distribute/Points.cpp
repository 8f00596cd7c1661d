// Accesses to single elements. Their addresses are 64-bit: nothing bounds how far apart they lie.
#include "compiler/distribute/ViewParts.h"

using namespace mlir;

namespace tile {
namespace {

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
      Value part = arith::MulIOp::create(rewriter, loc, index, view.stride(rewriter, loc, d));
      base = base ? Value(arith::AddIOp::create(rewriter, loc, base, part)) : part;
      if (op.staysInside(d)) continue;
      Value inside = isInside(rewriter, loc, index, view.extent(rewriter, loc, d));
      mask = mask ? Value(arith::AndIOp::create(rewriter, loc, mask, inside)) : inside;
    }
    auto load = lane::LoadOp::create(rewriter, loc, TypeRange(op.getType()), lane::AccessKind::Uniform, view.pointer,
                                     base, Value(), mask, 0, view.type.getElementBytes(), /*streaming=*/false);
    rewriter.replaceOp(op, load.getResults());
    return success();
  }

private:
  /// 0 <= index < extent in one comparison: as an unsigned number a negative index is beyond every extent.
  static Value isInside(OpBuilder &b, Location loc, Value index, Value extent) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, index, extent);
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
  patterns.add<LoadScalar, ToScalar>(converter, patterns.getContext());
}

} // namespace tile
