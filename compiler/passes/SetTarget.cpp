// tile-set-target: the module says which machine it is for. A machine that runs one warp a program gets kernels of one.
#include "compiler/passes/Passes.h"

#include "compiler/support/Error.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace tile {
#define GEN_PASS_DEF_SETTARGET
#include "compiler/passes/Passes.h.inc"

namespace {

struct Pass : impl::SetTargetBase<Pass> {
  using SetTargetBase::SetTargetBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    try {
      setTarget(module, targetNamed(arch));
    } catch (const UserError &error) {
      module.emitError(error.what());
      signalPassFailure();
    }
  }
};

} // namespace

Target targetNamed(StringRef arch) {
  return Target::named(arch);
}

ir::TargetAttr targetAttr(MLIRContext *context, const Target &target) {
  static constexpr const char *kKinds[] = {"nvvm", "simd", "simt"};
  return ir::TargetAttr::get(context, kKinds[size_t(target.kind)], target.arch, target.lanes, target.vector_bytes,
                             target.native_bf16, target.baseline);
}

void setTarget(ModuleOp module, const Target &target) {
  OpBuilder b(module.getContext());
  module->setAttr(ir::kTargetAttr, targetAttr(module.getContext(), target));
  for (auto kernel : module.getOps<func::FuncOp>()) {
    auto warps = kernel->getAttrOfType<IntegerAttr>(ir::kWarpsAttr);
    if (warps && warps.getInt() > target.max_warps)
      kernel->setAttr(ir::kWarpsAttr, b.getI32IntegerAttr(target.max_warps));
  }
}

} // namespace tile
