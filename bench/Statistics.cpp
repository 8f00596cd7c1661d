// Order statistics only: times have long tails that a mean would follow.
#include "bench/Statistics.h"

#include <algorithm>
#include <cmath>

namespace fla::bench {

double quantile(const std::vector<double> &sorted, double q) {
  const double at = q * double(sorted.size() - 1);
  const size_t below = size_t(at), above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - double(below)) * (sorted[above] - sorted[below]);
}

Summary summarize(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {quantile(samples, 0.5), quantile(samples, 0.2), quantile(samples, 0.8), int(samples.size())};
}

double Summary::noise() const {
  if (median <= 0 || reps < 1) return 0;
  // Of a normal distribution: 1.683 standard deviations lie between p20 and p80, and the median's standard error is
  // 1.253 standard deviations over sqrt(reps).
  return 1.253 * (p80 - p20) / 1.683 / std::sqrt(double(reps)) / median;
}

} // namespace fla::bench
