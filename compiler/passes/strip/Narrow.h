// A loop whose body treats each element by itself may go in smaller steps.
#pragma once

#include "compiler/passes/strip/Rooms.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tile::strip {

/// Replaces a loop that carries nothing and whose tiles are `step` elements at its induction variable by one of a
/// single vector a step, without prefetches; returns whether it could.
bool narrow(mlir::scf::ForOp loop, int64_t step, const Limits &limits);

} // namespace tile::strip
