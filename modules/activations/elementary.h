// The elementary functions that the unfused references run one kernel each, on a GPU and on the host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fla::activations {

/// A function of one to four numbers in f32, and of a constant c.
struct Function {
  std::string_view name;
  int operands;
  std::string_view cuda; ///< an expression in a, b, d, e (and c)
  /// The same over arrays of n numbers; a loop that the C++ compiler may turn into vector code.
  void (*host)(const float *const *in, float c, float *out, int n);
};

const Function &function_named(std::string_view name); ///< InternalError for one that is not there

/// One step: out = function(in...).
struct Elementary {
  std::string_view function;
  std::vector<std::string> in;
  std::string out;
};

} // namespace fla::activations
