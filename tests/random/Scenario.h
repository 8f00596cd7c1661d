// A random kernel and what it computes. The same seed always gives the same kernel and the same numbers; the kernel is
// built once, and its numbers are worked out for each program of its grid, op by op along with the building.
#pragma once

#include "compiler/dsl/Kernel.h"
#include "tests/random/Number.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tile::test {

using Shape = std::vector<int64_t>;

/// A tensor argument: what it holds before the launch, and what it must hold after it.
struct Tensor {
  enum class Use : uint8_t { Input, Output, Inout };
  std::string name;
  DType dtype = f32;
  Use use = Use::Input;
  Shape extents = {};
  Shape strides = {};                ///< in elements
  int64_t shift = 0;                 ///< elements between an aligned address and the first one
  std::vector<Number> elements = {}; ///< row-major, whatever the strides
  std::vector<bool> is_written = {}; ///< of an output: all other elements must stay as they were
  std::map<int64_t, Sum> sums = {};  ///< of an inout: by element, what it held and what was added

  /// How many elements of memory it takes, and where in it the element with a row-major number is.
  int64_t storage() const;
  int64_t place(int64_t flat) const;
};

struct Case {
  Kernel kernel;
  uint32_t grid[2] = {1, 1};
  std::deque<Tensor> tensors;
  std::map<std::string, int64_t> integers; ///< Index and integer Scalar arguments
  std::map<std::string, double> floats;    ///< Scalar arguments

  int64_t programs() const { return int64_t(grid[0]) * grid[1]; }
};

/// The case of a seed.
Case make_case(uint64_t seed);

} // namespace tile::test
