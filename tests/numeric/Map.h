// Runs an element-wise expression of the language on lists of numbers.
#pragma once

#include "tests/numeric/Harness.h"

#include "compiler/dsl/Kernel.h"

#include <functional>

namespace fla::test {

/// From f32 tiles of one shape to others of that shape.
using MapBody = std::function<std::vector<tile::Tile>(const std::vector<tile::Tile> &)>;
using Columns = std::vector<std::vector<float>>;

/// The kernel that applies `body` to arguments in0, in1, ... and writes out0, out1, ..., 256 elements a program.
tile::Kernel map_kernel(const MapBody &body, int inputs);

/// What `body` makes of lists of equal length.
Columns map(Machine &machine, const MapBody &body, const Columns &in);

} // namespace fla::test
