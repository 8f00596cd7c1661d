// The derivative of an element-wise tile expression, as another tile expression.
//
//   Tile y = x * sigmoid(x);
//   Tile dx = gradient(y, x, dy); // the sum over all elements of dy * y, differentiated by each element of x
//
// What can stand between x and y: + - * / neg abs min max where exp exp2 log log2 log1p sqrt rsqrt tanh erf sigmoid
// pow,
// `.to()` from float to float, expand, broadcast. Comparisons and the condition of `where` carry no gradient. Loads,
// Scalars and numbers are constants. Anything else on the way (reductions, conversions to integers, loops) is a
// UserError, as is a y that does not depend on x.
//
// Where there is no derivative, as PyTorch has it: abs at 0 gives 0; min and max of equal operands give each one half,
// unless one of the two does not depend on any x: then the other gets nothing, so that max(x, 0) at 0 gives 0. pow(x,
// 0) has no gradient in x, nor pow(0, y) in y for y >= 0. Rounding by `.to()` counts as the identity, and adjoints stay
// f32 across it. Unlike there, what `where` does not choose adds nothing, even where its derivative is infinite or NaN:
// no operand needs to be made safe first.
//
// The derivatives of exp, sqrt, tanh, sigmoid and others come from their results, as is usual: those of tanh and
// sigmoid are exact to 2^-23 of dy, not of themselves, where they tend to 0.
#pragma once

#include "compiler/dsl/Kernel.h"

namespace tile {

/// `dy`, a float tile of y's shape, carried back to `x`, an f32 tile: the result has x's shape and dtype.
Tile gradient(const Tile &y, const Tile &x, const Tile &dy, Loc = Loc::current());
/// The same for several tiles in one sweep, whose common parts are computed once.
std::vector<Tile> gradient(const Tile &y, const std::vector<Tile> &xs, const Tile &dy, Loc = Loc::current());

} // namespace tile
