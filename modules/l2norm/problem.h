// One case of l2norm.
#pragma once

#include "modules/common/RowProblem.h"
#include "modules/l2norm/kernels.h"

namespace fla::l2norm {

class L2NormProblem : public RowProblem {
public:
  /// `stride`: elements from row to row, where the spec has a divisor of them.
  L2NormProblem(L2Spec spec, Pass pass, int64_t rows, double eps = 1e-6, int64_t stride = 0)
      : RowProblem(pass, rows, spec.cols), spec_(spec), eps_(eps), stride_(stride) {}

  std::vector<TensorDesc> tensors() const override;
  int64_t bytes() const override;
  CudaReference cuda_reference() const override;
  HostReference host_reference() const override;
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override;
  Tolerance tolerance(std::string_view output) const override;
  int64_t items() const override { return rows(); }
  std::unique_ptr<Problem> part(int64_t count, const std::map<std::string, std::vector<double>> &) const override {
    return std::make_unique<L2NormProblem>(spec_, pass(), count, eps_, stride_);
  }

protected:
  std::vector<Candidate> forward_candidates(const Place &) const override;
  std::vector<Candidate> backward_candidates(const Place &) const override;

private:
  L2Spec spec_;
  double eps_;
  int64_t stride_;
};

} // namespace fla::l2norm
