// Cross-entropy of one row in double, straight from the definitions in spec.h: a part of the truth, and what the saved
// numbers of a backward pass are made from.
#pragma once

#include "modules/cross_entropy/spec.h"

#include <map>
#include <string>
#include <vector>

namespace fla::cross_entropy {

using Tensors = std::map<std::string, std::vector<double>>;

/// The divisor of a mean, from `targets` and, with class weights, `weight`.
double total_weight(const Spec &, const Tensors &in);

class Oracle {
public:
  /// Of the inputs `logits`, `targets` and, with class weights, `weight`.
  Oracle(const Spec &spec, const Tensors &in);

  enum class Kind { Valid, Ignored, OutOfRange };
  static Kind kind(const Spec &, double target);
  Kind kind(int64_t row) const { return kind(spec_, targets_[size_t(row)]); }
  /// lse as the sum of two numbers, of which the first is the largest y. Both are 0 of an ignored row.
  struct LogSum {
    double most = 0, log = 0;
    double lse() const { return most + log; }
  };
  LogSum log_sum(int64_t row) const;
  double z(int64_t row, LogSum) const;                            ///< NaN of a target out of range
  double loss(int64_t row, LogSum) const;                         ///< likewise
  void gradient(int64_t row, LogSum, double g, double *dx) const; ///< dx[V]

private:
  double y(double x) const;
  const double *logits(int64_t row) const { return &logits_[size_t(row * spec_.classes)]; }
  double weight(int64_t column) const { return weights_ ? (*weights_)[size_t(column)] : 1; }
  int64_t target(int64_t row) const { return int64_t(targets_[size_t(row)]); }

  const Spec &spec_;
  const std::vector<double> &logits_, &targets_;
  const std::vector<double> *weights_;
  double weight_sum_;
};

} // namespace fla::cross_entropy
