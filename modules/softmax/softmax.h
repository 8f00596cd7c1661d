// softmax over rows: what a kernel is compiled for, the kernels, and one case of it.
#pragma once

#include "modules/common/RowProblem.h"

namespace fla::softmax {

struct SoftmaxSpec {
  tile::DType dtype = tile::bf16;
  int64_t cols = 1;
};

tile::Kernel forward(const SoftmaxSpec &spec, const RowConfig &config);
tile::Kernel backward(const SoftmaxSpec &spec, const RowConfig &config);

class SoftmaxProblem : public RowProblem {
public:
  SoftmaxProblem(SoftmaxSpec spec, Pass pass, int64_t rows) : RowProblem(pass, rows, spec.cols), spec_(spec) {}

  std::vector<TensorDesc> tensors() const override;
  CudaReference cuda_reference() const override;
  HostReference host_reference() const override;
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override;
  Tolerance tolerance(std::string_view output) const override;
  int64_t items() const override { return rows(); }
  std::unique_ptr<Problem> part(int64_t count, const std::map<std::string, std::vector<double>> &) const override {
    return std::make_unique<SoftmaxProblem>(spec_, pass(), count);
  }

protected:
  std::vector<Candidate> forward_candidates(const Place &) const override;
  std::vector<Candidate> backward_candidates(const Place &) const override;

private:
  SoftmaxSpec spec_;
};

} // namespace fla::softmax
