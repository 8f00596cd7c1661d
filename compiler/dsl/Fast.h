// Functions that a GPU has in one instruction, for kernels whose tolerance they meet. Other machines take the exact
// ones.
#pragma once

#include "compiler/dsl/Kernel.h"

namespace tile {

/// log2 of f32. On GPUs: to 2^-22 absolute from 1/2 to 2, and relative elsewhere; subnormals count as 0.
Tile fast_log2(const Operand &x);
/// 1 / x of f32, to 1 ulp. x and 1 / x are 0, normal numbers or infinite: others may count as 0.
Tile fast_reciprocal(const Operand &x);
/// sigmoid of f32. On GPUs to 3.5 + |x| ulps: for arguments that are rounded themselves, which as much of it comes
/// from.
Tile fast_sigmoid(const Operand &x);

} // namespace tile
