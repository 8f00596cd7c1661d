// Reshape, transpose, concat and split: registers renamed, as the ops' layouts demand.
#include "compiler/distribute/Distribute.h"

using namespace mlir;

namespace tile {
namespace {

/// Every element stays in its register.
template <class Op> struct Same : TilePattern<Op> {
  using TilePattern<Op>::TilePattern;
  LogicalResult matchAndRewrite(Op op, typename Op::template GenericAdaptor<ArrayRef<ValueRange>> adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    return replaceWithRegisters(op, llvm::to_vector(adaptor.getSource()), rewriter);
  }
};

/// The bit of a register's number that says which half of the tile it holds.
int halvingBit(RankedTensorType whole, uint64_t axis) {
  return *layout::halving_register(*ir::layoutOf(whole), int(axis));
}

struct Concat : TilePattern<ir::ConcatOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ConcatOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const uint32_t bit = 1u << halvingBit(op.getType(), op.getAxis());
    SmallVector<Value> registers;
    for (uint32_t r = 0; r < 2 * adaptor.getLow().size(); ++r) {
      uint32_t inHalf = (r & (bit - 1)) | (r >> 1 & ~(bit - 1));
      registers.push_back((r & bit ? adaptor.getHigh() : adaptor.getLow())[inHalf]);
    }
    return replaceWithRegisters(op, std::move(registers), rewriter);
  }
};

struct Split : TilePattern<ir::SplitOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::SplitOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const uint32_t bit = 1u << halvingBit(op.getSource().getType(), op.getAxis());
    SmallVector<SmallVector<Value>> halves(2);
    for (auto [r, v] : llvm::enumerate(adaptor.getSource())) halves[r & bit ? 1 : 0].push_back(v);
    rewriter.replaceOpWithMultiple(op, std::move(halves));
    return success();
  }
};

} // namespace

void populateRearrange(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<Same<ir::ReshapeOp>, Same<ir::TransposeOp>, Concat, Split>(converter, patterns.getContext());
}

} // namespace tile
