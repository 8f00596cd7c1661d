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

LogicalResult checkType(Operation *op, Type type, const LaneModel &model) {
  auto tile = dyn_cast<RankedTensorType>(type);
  if (!tile) return success();
  const layout::Layout *layout = ir::layoutOf(tile);
  if (!layout) return op->emitError() << "a tile without a layout; tile-assign-layouts comes before tile-distribute";
  if (layout->lanes() == model.lanes) return success();
  return op->emitError() << "a tile for " << layout->lanes() << " lanes on a machine of " << model.lanes;
}

LogicalResult checkArguments(func::FuncOp func) {
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    if (isa<TensorType, ir::ViewType, ir::ScratchType>(type))
      return func.emitError() << "argument " << i << " is a pointer, an index or a number, not " << type;
  return success();
}

bool crossesWarps(ir::ConvertLayoutOp op) {
  auto plan = layout::plan_conversion(*ir::layoutOf(op.getSource().getType()), *ir::layoutOf(op.getType()));
  return plan.kind == layout::ConversionPlan::Kind::Scratch;
}

LogicalResult checkOp(Operation *op, const LaneModel &model) {
  if (ir::isCombine(op->getParentOp())) return success(); // single elements, repeated for each register
  for (Type type : op->getResultTypes())
    if (failed(checkType(op, type, model))) return failure();
  for (Type type : op->getOperandTypes())
    if (failed(checkType(op, type, model))) return failure();
  if (auto func = dyn_cast<func::FuncOp>(op)) return checkArguments(func);
  if (isa<ir::ReduceOp, ir::ReduceWithOp>(op))
    return op->emitOpError("is left; tile-decompose-reductions comes before tile-distribute");
  if (isa<ir::ScanOp>(op)) return op->emitOpError("is left; tile-decompose-scans comes before tile-distribute");
  if (auto convert = dyn_cast<ir::ConvertLayoutOp>(op); convert && crossesWarps(convert))
    return op->emitOpError("crosses warps; tile-decompose-conversions comes before tile-distribute");
  if (auto alloc = dyn_cast<ir::ScratchAllocOp>(op); alloc && !alloc.getOffset())
    return op->emitOpError("has no offset; tile-allocate-scratch comes before tile-distribute");
  return success();
}

/// Says what is missing before the conversion would only say that it failed.
LogicalResult checkModule(ModuleOp module, const LaneModel &model) {
  auto check = [&](Operation *op) {
    return failed(checkOp(op, model)) ? WalkResult::interrupt() : WalkResult::advance();
  };
  return failure(module.walk<WalkOrder::PreOrder>(check).wasInterrupted());
}

struct Distribute : impl::DistributeBase<Distribute> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    ir::TargetAttr target = ir::targetOf(module);
    if (!target) {
      module.emitError() << "tile-distribute needs the module's attribute tile.target: run tile-set-target first";
      return signalPassFailure();
    }
    TileConverter converter({target.getLanes(), target.hasVectorLanes(), target.isSimd(), target.getVectorBytes(),
                             /*checks=*/target.hasVectorLanes() && !target.isSimd()});
    if (failed(checkModule(module, converter.model()))) return signalPassFailure();
    ConversionTarget legal(getContext());
    legal.addLegalOp<ModuleOp>();
    legal.addLegalDialect<lane::LaneDialect>();
    legal.addIllegalDialect<ir::TileDialect>();
    legal.addLegalOp<ir::ProgramIdOp, ir::NumProgramsOp>();
    legal.addDynamicallyLegalOp<ir::SigmoidOp>([&](Operation *op) { return converter.isLegal(op); });
    legal.markUnknownOpDynamicallyLegal([&](Operation *op) { return converter.isLegal(op); });

    RewritePatternSet patterns(&getContext());
    populateElementwise(patterns, converter);
    populateShape(patterns, converter);
    populateReduce(patterns, converter);
    populateCombine(patterns, converter);
    populateScan(patterns, converter);
    populateRearrange(patterns, converter);
    populateMemory(patterns, converter);
    populatePoints(patterns, converter);
    populateControl(patterns, converter);
    populateScratch(patterns, converter);
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns, legal);
    if (failed(applyFullConversion(module, legal, std::move(patterns)))) signalPassFailure();
  }
};

} // namespace
} // namespace tile
