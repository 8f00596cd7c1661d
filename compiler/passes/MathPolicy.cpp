// lane-math-policy: after it, what is left of math and of 16-bit floats is what the machine has instructions for.
#include "compiler/passes/Passes.h"
#include "compiler/targets/Math.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace tile {
#define GEN_PASS_DEF_MATHPOLICY
#include "compiler/passes/Passes.h.inc"

namespace {

struct Pass : impl::MathPolicyBase<Pass> {
  void runOnOperation() override {
    ir::TargetAttr target = ir::targetOf(getOperation());
    if (!target) {
      getOperation().emitError("has no tile.target; tile-set-target gives it one");
      return signalPassFailure();
    }
    SmallVector<Operation *> worklist;
    getOperation()->walk([&](Operation *op) {
      if (targets::wantsExpansion(op, target.getBaseline())) worklist.push_back(op);
    });
    if (worklist.empty()) return;
    RewritePatternSet patterns(&getContext());
    targets::addWidening(patterns, target.getBaseline());
    targets::addCommonMath(patterns);
    targets::addPower(patterns, target.getBaseline());
    if (target.hasVectorLanes())
      targets::simd::addMath(patterns);
    else
      targets::nvvm::addMath(patterns);
    if (target.getBaseline()) targets::simd::addBaseline(patterns);
    if (!target.getNativeBf16()) arith::populateExpandBFloat16Patterns(patterns);
    // What the patterns make is looked at again, the rest of the kernel, which is nearly all of it, is not.
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps).enableFolding(false);
    if (failed(applyOpPatternsGreedily(worklist, std::move(patterns), config))) signalPassFailure();
  }
};

} // namespace
} // namespace tile
