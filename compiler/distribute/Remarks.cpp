// The texts of remarks.
#include "compiler/distribute/Remarks.h"

using namespace mlir;

// They are said at the op's place, not by the op: that would print it, and number the whole function for it.

namespace tile {

void remarkWidth(Operation *op, const layout::AccessPlan &plan, int64_t elementBytes, const LaneModel &model) {
  const int64_t bytes = plan.width * elementBytes;
  if (plan.kind != layout::AccessPlan::Kind::PerLane || plan.groups.size() < 2 || bytes >= model.vectorBytes) return;
  const bool loads = isa<ir::LoadOp>(op);
  emitRemark(op->getLoc()) << (loads ? "T001: a lane loads " : "T002: a lane stores ") << bytes << " bytes at a time, not "
                   << model.vectorBytes << ": " << plan.limit;
}

void remarkBanks(Operation *op, const layout::Layout &layout, const layout::AccessPlan &plan, int64_t elementBytes) {
  const int lanes = layout::bank_conflicts(layout, int(plan.width), int(elementBytes));
  if (lanes > 1)
    emitRemark(op->getLoc()) << "T003: " << lanes << " lanes wait for each other at one bank of scratch, in each of "
                     << plan.groups.size() << " accesses of " << plan.width * elementBytes << " bytes a lane";
}

} // namespace tile
