// What is said of repeated measurements: the median and the spread around it.
#pragma once

#include <vector>

namespace fla::bench {

struct Summary {
  double median = 0, p20 = 0, p80 = 0; ///< milliseconds
  int reps = 0;
  /// Standard error of the median relative to it, from the spread between the percentiles, so that a few outliers
  /// (an interrupt, a page fault) do not count.
  double noise() const;
};

/// `samples` is not empty.
Summary summarize(std::vector<double> samples);

/// The value below which the fraction `q` of `sorted` lies, interpolated.
double quantile(const std::vector<double> &sorted, double q);

} // namespace fla::bench
