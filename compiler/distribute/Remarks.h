// What the compiler remarks of code that falls short of what the machine could do. A remark's number is stable: tools
// and people may search for it.
//
//   T001  a lane loads less at a time than the machine can, and why
//   T002  the same of a store
//   T003  lanes of a warp want different words of one bank of scratch, and wait for each other
#pragma once

#include "compiler/distribute/Distribute.h"

namespace tile {

/// T001 or T002 on `op`, a load or store of elements of `elementBytes`, where its plan is narrower than it might be. A
/// tile with no more than one access a lane has nothing to gain, and gets none.
void remarkWidth(mlir::Operation *op, const layout::AccessPlan &plan, int64_t elementBytes, const LaneModel &model);

/// T003 on `op`, a load or store of scratch in `layout`. On a GPU, whose scratch has banks.
void remarkBanks(mlir::Operation *op, const layout::Layout &layout, const layout::AccessPlan &plan,
                 int64_t elementBytes);

} // namespace tile
