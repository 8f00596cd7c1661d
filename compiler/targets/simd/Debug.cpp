// A requirement that is not met: the runtime is told, goes on to the end of the program and throws there, since nothing
// can be thrown through the kernel's frames. Views keep wrong numbers from doing harm until then.
#include "compiler/Compiler.h"
#include "compiler/targets/Debug.h"
#include "compiler/targets/simd/Lowering.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tile::targets::simd {

static LLVM::LLVMFuncOp handler(OpBuilder &b, Operation *op) {
  auto module = op->getParentOfType<ModuleOp>();
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(kRequirementFailed)) return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                          {LLVM::LLVMPointerType::get(b.getContext())});
  return LLVM::LLVMFuncOp::create(b, op->getLoc(), kRequirementFailed, type);
}

static void expand(lane::RequireOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Value holds = op.getCondition();
  if (isa<VectorType>(holds.getType())) holds = LLVM::vector_reduce_and::create(b, loc, b.getI1Type(), holds);
  Value fails = arith::XOrIOp::create(b, loc, holds, arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1));
  LLVM::LLVMFuncOp function = handler(b, op);
  b = scf::IfOp::create(b, loc, fails, /*withElseRegion=*/false).getThenBodyBuilder();
  Value text = textOf(b, op, ir::placeOf(op) + "requirement not met: " + op.getMessage().str());
  LLVM::CallOp::create(b, loc, function, ValueRange{text});
  op.erase();
}

void expandRequirements(ModuleOp module) {
  SmallVector<lane::RequireOp> all;
  module.walk([&](lane::RequireOp op) { all.push_back(op); });
  for (lane::RequireOp op : all) expand(op);
}

} // namespace tile::targets::simd
