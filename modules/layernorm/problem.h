// One case of a norm. Each kind of answer that a Problem gives is a file of its own.
#pragma once

#include "modules/common/RowProblem.h"
#include "modules/layernorm/spec.h"

namespace fla::layernorm {

/// Elements from row to row, where the spec has a divisor of them.
struct RowStrides {
  int64_t x = 0, g = 0, dy = 0;
};

/// N rows of G groups are N * G rows of D / G columns to RowProblem.
class NormProblem : public RowProblem {
public:
  NormProblem(NormSpec spec, Pass pass, int64_t rows, double eps = 1e-5, RowStrides strides = {})
      : RowProblem(pass, rows * spec.checked().groups, spec.checked().width()), spec_(spec), eps_(eps),
        strides_(strides) {}

  std::vector<TensorDesc> tensors() const override;
  CudaReference cuda_reference() const override;
  HostReference host_reference() const override;
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override;
  Tolerance tolerance(std::string_view output) const override;
  int64_t items() const override { return whole_rows(); }
  std::unique_ptr<Problem> part(int64_t count, const std::map<std::string, std::vector<double>> &) const override {
    return std::make_unique<NormProblem>(spec_, pass(), count, eps_, strides_);
  }

protected:
  std::vector<Candidate> forward_candidates(const Place &) const override;
  std::vector<Candidate> backward_candidates(const Place &) const override;

private:
  std::vector<Candidate> with_strides(std::vector<Candidate>) const;
  /// What the backward pass calls x.
  const char *saved() const { return spec_.saves_sum() ? "sum" : "x"; }
  int64_t whole_rows() const { return rows() / spec_.groups; }

  NormSpec spec_;
  double eps_;
  RowStrides strides_;
};

} // namespace fla::layernorm
