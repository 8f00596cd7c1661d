// Norms in double, straight from their definitions: the truth, and what the saved statistics of a backward pass are
// made from.
#pragma once

#include "modules/layernorm/spec.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fla::layernorm {

struct Truth {
  using Doubles = std::vector<double>;
  using Tensors = std::map<std::string, Doubles>;

  NormSpec spec;
  double eps;

  struct OfRow {
    double mean, rstd;
  };
  /// Of each row and group of s, what is normalised.
  std::vector<OfRow> statistics(const Tensors &in, const Doubles &s) const;
  /// y of those s and statistics.
  void forward(const Tensors &in, const Doubles &s, const std::vector<OfRow> &, Doubles &y) const;
  /// Gradients into `out`, whichever there are, from statistics as they were saved.
  void backward(const Tensors &in, const Doubles &s, const std::vector<OfRow> &, Tensors &out) const;
};

} // namespace fla::layernorm
