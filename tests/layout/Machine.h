// A machine to test plans on: registers of lanes of warps that hold real values. What a plan says is carried out step
// by step; what the registers then hold is read back as a tile and compared with the direct result.
#pragma once

#include "compiler/layout/Layout.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <random>

namespace tile::layout {

inline void PrintTo(const Layout &layout, std::ostream *os) {
  *os << layout.str();
}
inline void PrintTo(const Shape &shape, std::ostream *os) {
  *os << shape.str();
}

namespace test {

using Tile = std::vector<uint64_t>; ///< values by packed coordinate; sums wrap, so they are exact

/// values[warp][lane][register]
using Registers = std::vector<std::vector<std::vector<uint64_t>>>;

Tile randomTile(const Shape &shape, std::mt19937 &random);

/// What every register holds when `tile` is laid out by `layout`.
Registers distribute(const Layout &layout, const Tile &tile);

/// The tile that the registers hold; a failure where holders of one element differ or nobody holds one.
Tile collect(const Layout &layout, const Registers &registers);

/// The tile summed over `dim`; extent 1 is left there.
Tile summed(const Shape &shape, const Tile &tile, int dim);

/// Registers after a conversion between layouts.
Registers convert(const Layout &from, const Layout &to, const Registers &registers);

/// Carries out plan_reduction(layout, dim) and checks every step.
void checkReduction(const Layout &layout, int dim, std::mt19937 &random);

/// All of for_access that matters: shapes [R], [R, C] and machines with 1 to 32 warps, and one warp of 16 lanes.
void forEachAccessLayout(const std::function<void(const Layout &)> &check);

/// Any layout: unit bases dealt out at random, some lanes and warps copies. `swizzled` adds sums of other bases.
Layout randomLayout(std::mt19937 &random, bool swizzled);
/// Another layout of the same tile and machine.
Layout randomLayout(const Shape &shape, int laneBits, int warpBits, std::mt19937 &random, bool swizzled);

} // namespace test
} // namespace tile::layout
