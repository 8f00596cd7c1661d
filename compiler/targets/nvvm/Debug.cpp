// A requirement that is not met: the thread says so and stops the kernel, which the driver reports.
#include "compiler/targets/Debug.h"
#include "compiler/targets/nvvm/Lowering.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tile::targets::nvvm {

static void expand(lane::RequireOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Value one = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1);
  Value fails = arith::XOrIOp::create(b, loc, op.getCondition(), one);
  b = scf::IfOp::create(b, loc, fails, /*withElseRegion=*/false).getThenBodyBuilder();
  std::string text = ir::placeOf(op) + "requirement not met in program ({},{},{}): " + op.getMessage().str();
  SmallVector<Value> program;
  for (uint64_t axis = 0; axis < 3; ++axis) program.push_back(ir::ProgramIdOp::create(b, loc, axis));
  lane::PrintOp::create(b, loc, b.getStringAttr(text), program, Value());
  LLVM::Trap::create(b, loc);
  op.erase();
}

void expandRequirements(ModuleOp module) {
  SmallVector<lane::RequireOp> all;
  module.walk([&](lane::RequireOp op) { all.push_back(op); });
  for (lane::RequireOp op : all) expand(op);
}

} // namespace tile::targets::nvvm
