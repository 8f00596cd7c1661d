// A random kernel and what it computes. The same seed always gives the same kernel and the same numbers; the kernel is
// built once, and its numbers are worked out for each program of its grid, op by op along with the building.
#pragma once

#include "compiler/dsl/Kernel.h"
#include "tests/random/Number.h"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tile::test {

using Shape = std::vector<int64_t>;

/// A tensor argument, row-major: what it holds before the launch, and of an output what it must hold after it.
struct Tensor {
  std::string name;
  DType dtype = f32;
  Shape extents;
  std::vector<Number> elements;
  bool is_output = false;
  std::vector<bool> is_written = {}; ///< of an output: all other elements must stay as they were
};

struct Case {
  Kernel kernel;
  uint32_t programs = 1;
  std::vector<Tensor> tensors;
  std::map<std::string, int64_t> numbers; ///< Index arguments
};

/// The case of a seed.
Case make_case(uint64_t seed);

} // namespace tile::test
