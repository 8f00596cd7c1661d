// What the compiler remarks of code that falls short of what the machine could do. A remark's number is stable: tools
// and people may search for it.
//
//   T001  a lane loads less at a time than the machine can, and why
//   T002  the same of a store
#pragma once

#include "compiler/distribute/Distribute.h"

namespace tile {

/// T001 or T002 on `op`, a load or store of elements of `elementBytes`, where its plan is narrower than it might be. A
/// tile with no more than one access a lane has nothing to gain, and gets none.
void remarkWidth(mlir::Operation *op, const layout::AccessPlan &plan, int64_t elementBytes, const LaneModel &model);

} // namespace tile
