// Mean and rstd of rows in double: a part of the truth, and what the saved statistics of a backward pass are made from.
#pragma once

#include <cstdint>
#include <vector>

namespace fla::layernorm {

struct RowStatistics {
  bool centered;
  int64_t cols;
  double eps;

  struct OfRow {
    double mean, rstd;
  };
  OfRow of(const double *row) const;
  void means(const std::vector<double> &x, std::vector<double> &out) const;
  void rstds(const std::vector<double> &x, std::vector<double> &out) const;
};

} // namespace fla::layernorm
