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

} // namespace tile
