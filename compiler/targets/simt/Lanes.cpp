// Who a warp is, and barriers. The lanes of a warp are a vector's elements and cross as on a CPU.
#include "compiler/targets/simd/Lowering.h"
#include "compiler/targets/simt/Lowering.h"

using namespace mlir;

namespace tile::targets::simt {
namespace {

struct LowerWarpId : ConvertOpToLLVMPattern<lane::WarpIdOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::WarpIdOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<LLVM::TruncOp>(op, rewriter.getI32Type(), Hidden::of(op, Hidden::Warp));
    return success();
  }
};

template <class TileOp, int First> struct LowerGrid : ConvertOpToLLVMPattern<TileOp> {
  using ConvertOpToLLVMPattern<TileOp>::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(TileOp op, typename TileOp::Adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, Hidden::of(op, Hidden::Index(First + int(op.getAxis()))));
    return success();
  }
};

struct LowerBarrier : ConvertOpToLLVMPattern<lane::BarrierOp> {
  LowerBarrier(const LLVMTypeConverter &types, SiteList &sites) : ConvertOpToLLVMPattern(types), sites(sites) {}
  LogicalResult matchAndRewrite(lane::BarrierOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value site = constant(rewriter, loc, rewriter.getI32Type(), sites.add(op, "barrier"));
    callRuntime(rewriter, loc, Hidden::of(op, Hidden::Context), offsetof(tile::simt::Context, barrier), site);
    rewriter.eraseOp(op);
    return success();
  }
  SiteList &sites;
};

} // namespace

void addLanePatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns, SiteList &sites) {
  simd::addVectorPatterns(types, patterns);
  patterns.add<LowerWarpId, LowerGrid<ir::ProgramIdOp, Hidden::ProgramX>, LowerGrid<ir::NumProgramsOp, Hidden::GridX>>(
      types);
  patterns.add<LowerBarrier>(types, sites);
}

} // namespace tile::targets::simt
