// lane-to-nvvm: the kernel becomes an entry whose block is known to have 32 threads a warp.
#include "compiler/targets/nvvm/Lowering.h"

#include "compiler/passes/Passes.h"
#include "compiler/targets/Codegen.h"
#include "compiler/targets/Debug.h"
#include "compiler/targets/Params.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace tile {
#define GEN_PASS_DEF_LANETONVVM
#include "compiler/passes/Passes.h.inc"
} // namespace tile

namespace tile::targets::nvvm {
namespace {

/// Accesses of less than a register: each of their elements has one of its own all the same, and mostly a mask.
int64_t narrowAccesses(func::FuncOp kernel) {
  int64_t count = 0;
  auto add = [&](Type element, size_t elements) { count += ir::bytesOf(element) * int64_t(elements) < 4; };
  kernel.walk([&](Operation *op) {
    if (auto load = dyn_cast<lane::LoadOp>(op)) add(load.getPointer().getType().getElementType(), load.getNumResults());
    if (auto store = dyn_cast<lane::StoreOp>(op))
      add(store.getPointer().getType().getElementType(), store.getValues().size());
  });
  return count;
}

/// From so many narrow accesses on, the GPU's assembler is told that one program at a time will do: without, it spills
/// some registers for the sake of one program more.
constexpr int64_t kManyNarrowAccesses = 32;

/// Most registers of a lane of which an author that gives them has none to spare.
constexpr int64_t kFewRegisters = 64;

constexpr StringLiteral kOneAtATime = "one_at_a_time"; ///< of the kernel, between finding out and lowering

/// What the author said of the launches before and behind: see LaunchOptions. LLVM's intrinsic for waiting would let
/// accesses move across it.
void orderLaunches(func::FuncOp kernel, LLVM::LLVMFuncOp entry, OpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&entry.getBody().front());
  Location loc = entry.getLoc();
  if (kernel->hasAttr(ir::kPrimaryAttr))
    NVVM::GriddepcontrolOp::create(b, loc, NVVM::GridDepActionKind::launch_dependents);
  if (kernel->hasAttr(ir::kSecondaryAttr))
    LLVM::InlineAsmOp::create(b, loc, TypeRange(), ValueRange(), b.getStringAttr("griddepcontrol.wait;"),
                              b.getStringAttr("~{memory}"), /*has_side_effects=*/b.getUnitAttr(), UnitAttr(),
                              LLVM::TailCallKindAttr::get(b.getContext(), LLVM::TailCallKind::None),
                              LLVM::AsmDialectAttr(), ArrayAttr());
}

constexpr int kFirstWithDependentLaunches = 90; ///< sm_90

struct LowerKernel : ConvertOpToLLVMPattern<func::FuncOp> {
  LowerKernel(const LLVMTypeConverter &types, bool hasDependentLaunches)
      : ConvertOpToLLVMPattern(types), hasDependentLaunches_(hasDependentLaunches) {}
  LogicalResult matchAndRewrite(func::FuncOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    auto entry = lowerFunction(op, *getTypeConverter(), {}, rewriter);
    if (failed(entry)) return failure();
    (*entry)->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), rewriter.getUnitAttr());
    (*entry)->setAttr(NVVM::NVVMDialect::getReqntidAttrName(), rewriter.getDenseI32ArrayAttr({warpsOf(op) * 32}));
    if (op->hasAttr(kOneAtATime))
      (*entry)->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(), rewriter.getI32IntegerAttr(1));
    if (auto registers = op->getAttrOfType<IntegerAttr>(ir::kRegistersAttr))
      (*entry)->setAttr(NVVM::NVVMDialect::getMaxnregAttrName(),
                        rewriter.getI32IntegerAttr(int32_t(registers.getInt())));
    if (hasDependentLaunches_) orderLaunches(op, *entry, rewriter);
    rewriter.eraseOp(op);
    return success();
  }

private:
  bool hasDependentLaunches_;
};

/// Shared memory for all scratch of the kernel; its offsets are already given.
LLVM::GlobalOp makeScratch(func::FuncOp kernel) {
  int64_t bytes = scratchOf(kernel);
  if (!bytes) return {};
  auto b = OpBuilder::atBlockBegin(kernel->getBlock());
  Type type = LLVM::LLVMArrayType::get(b.getI8Type(), unsigned(bytes));
  return LLVM::GlobalOp::create(b, kernel.getLoc(), type, /*isConstant=*/false, LLVM::Linkage::Internal,
                                kernel.getName().str() + "_scratch", /*value=*/Attribute(), /*alignment=*/16,
                                kSharedSpace);
}

struct Pass : impl::LaneToNvvmBase<Pass> {
  void runOnOperation() override {
    auto kernel = kernelToLower(getOperation());
    if (failed(kernel)) return signalPassFailure();
    LLVM::GlobalOp scratch = makeScratch(*kernel);
    int warps = warpsOf(*kernel);
    ir::TargetAttr target = ir::targetOf(getOperation());
    if (narrowAccesses(*kernel) >= kManyNarrowAccesses && !(*kernel)->hasAttr(ir::kRegistersAttr))
      (*kernel)->setAttr(kOneAtATime, UnitAttr::get(&getContext()));
    auto registers = (*kernel)->getAttrOfType<IntegerAttr>(ir::kRegistersAttr);
    const bool isLater = target && target.getArch() != "sm_75"; // than the oldest there is code for
    const MemoryOptions options{.hasPolicies = isLater,
                                .fewRegisters = registers && registers.getInt() <= kFewRegisters};
    const bool hasDependentLaunches = target && capabilityOf(target.getArch()) >= kFirstWithDependentLaunches;
    expandRequirements(getOperation());
    splitPrints(getOperation());
    auto machine = [&](const LLVMTypeConverter &types, RewritePatternSet &patterns) {
      patterns.add<LowerKernel>(types, hasDependentLaunches);
      addLanePatterns(types, patterns, warps, /*hasRedux=*/isLater);
      addMemoryPatterns(types, patterns, scratch, options);
      addWideningPatterns(types, patterns);
      addPrintPatterns(types, patterns, /*isGpu=*/true);
    };
    if (failed(lowerToLlvm(getOperation(), kGlobalSpace, machine))) signalPassFailure();
  }
};

} // namespace
} // namespace tile::targets::nvvm
