// A mark on arith.extf of 16-bit floats: what it makes must not be taken for what another conversion of the same value,
// without a mark or with another number, made; so that the narrow value is kept between the two and not the wide one.
// Other machines than GPUs ignore it.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace tile::ir {

inline constexpr llvm::StringLiteral kAnewAttr = "tile.anew"; ///< an integer, 1 to kMostAnew
inline constexpr int kMostAnew = 4;

} // namespace tile::ir
