// tile-distribute: the pass and its type conversion. Afterwards no tile, view or scratch type is left.
#include "compiler/distribute/Distribute.h"

#include "compiler/passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"

namespace tile {
#define GEN_PASS_DEF_DISTRIBUTE
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {

TileConverter::TileConverter(LaneModel model) : model_(model) {
  addConversion([](Type type) { return type; });
  addConversion([this](RankedTensorType tile, SmallVectorImpl<Type> &out) -> std::optional<LogicalResult> {
    const layout::Layout *layout = ir::layoutOf(tile);
    if (!layout) return failure();
    out.append(size_t(layout->registers()), model_.registerType(tile.getElementType(), *layout));
    return success();
  });
  addConversion([](ir::ViewType view, SmallVectorImpl<Type> &out) -> std::optional<LogicalResult> {
    out.push_back(ir::PtrType::get(view.getContext(), view.getElementType()));
    out.append(size_t(view.getNumDynamicExtents() + view.getNumDynamicStrides()), IndexType::get(view.getContext()));
    return success();
  });
  addConversion([](ir::ScratchType, SmallVectorImpl<Type> &) -> std::optional<LogicalResult> { return success(); });
}

namespace {

struct Distribute : impl::DistributeBase<Distribute> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    ir::TargetAttr target = ir::targetOf(module);
    if (!target) {
      module.emitError() << "tile-distribute needs the module's attribute tile.target: run tile-set-target first";
      return signalPassFailure();
    }
    TileConverter converter({target.getLanes(), target.isSimd(), target.getVectorBytes()});
    ConversionTarget legal(getContext());
    legal.addLegalOp<ir::ProgramIdOp, ir::NumProgramsOp, ModuleOp>();
    legal.addLegalDialect<lane::LaneDialect>();
    legal.addIllegalDialect<ir::TileDialect>();
    legal.addLegalOp<ir::ProgramIdOp, ir::NumProgramsOp>();
    legal.markUnknownOpDynamicallyLegal([&](Operation *op) { return converter.isLegal(op); });

    RewritePatternSet patterns(&getContext());
    populateElementwise(patterns, converter);
    populateShape(patterns, converter);
    populateReduce(patterns, converter);
    populateMemory(patterns, converter);
    populateScratch(patterns, converter);
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns, legal);
    if (failed(applyFullConversion(module, legal, std::move(patterns)))) signalPassFailure();
  }
};

} // namespace
} // namespace tile
