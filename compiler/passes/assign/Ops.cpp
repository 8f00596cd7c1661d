#include "compiler/passes/assign/Ops.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tile::assign {

bool isPoints(Operation *op) {
  return isa<ir::GatherOp, ir::ScatterOp, ir::AtomicAddOp, ir::PrintOp, ir::RequireOp>(op);
}

bool isInCombine(Operation *op) {
  return ir::isCombine(op->getParentOp());
}

int loopsAround(Operation *op) {
  int loops = 0;
  while ((op = op->getParentOfType<scf::ForOp>())) ++loops;
  return loops;
}

bool canScan(const layout::Layout &l, int axis) {
  try {
    layout::plan_scan(l, axis);
    return true;
  } catch (const std::invalid_argument &) {
    return false;
  }
}

SmallVector<int64_t> inverse(ArrayRef<int64_t> order) {
  SmallVector<int64_t> out(order.size());
  for (auto [i, d] : llvm::enumerate(order)) out[size_t(d)] = int64_t(i);
  return out;
}

} // namespace tile::assign
