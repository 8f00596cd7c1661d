// The texts of remarks.
#include "compiler/distribute/Remarks.h"

using namespace mlir;

namespace tile {

void remarkWidth(Operation *op, const layout::AccessPlan &plan, int64_t elementBytes, const LaneModel &model) {
  const int64_t bytes = plan.width * elementBytes;
  if (plan.kind != layout::AccessPlan::Kind::PerLane || plan.groups.size() < 2 || bytes >= model.vectorBytes) return;
  const bool loads = isa<ir::LoadOp>(op);
  op->emitRemark() << (loads ? "T001: a lane loads " : "T002: a lane stores ") << bytes << " bytes at a time, not "
                   << model.vectorBytes << ": " << plan.limit;
}

void remarkBanks(Operation *op, const layout::Layout &layout, const layout::AccessPlan &plan, int64_t elementBytes) {
  const int lanes = layout::bank_conflicts(layout, int(plan.width), int(elementBytes));
  if (lanes > 1)
    op->emitRemark() << "T003: " << lanes << " lanes wait for each other at one bank of scratch, in each of "
                     << plan.groups.size() << " accesses of " << plan.width * elementBytes << " bytes a lane";
}

} // namespace tile
