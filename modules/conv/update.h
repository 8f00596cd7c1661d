// One case of causal_conv1d_update: a token for each of `rows` sequences against their states, as decoding does.
#pragma once

#include "modules/conv/problem.h"

namespace fla::conv {

/// Its spec has neither packed sequences nor an initial and a final state: `state` and `new_state` are both.
class UpdateProblem : public Problem {
public:
  UpdateProblem(ConvSpec spec, int64_t rows) : spec_(spec), rows_(rows) {}

  std::vector<TensorDesc> tensors() const override;
  int64_t bytes() const override;
  std::vector<Candidate> candidates(const tile::Target &, const tile::runtime::DeviceInfo &) const override;
  CudaReference cuda_reference() const override;
  HostReference host_reference() const override;
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override;
  Tolerance tolerance(std::string_view output) const override;

private:
  int64_t cols() const { return spec_.tokens.cols; }
  DType dtype() const { return spec_.tokens.dtype; }
  ConvSpec spec_;
  int64_t rows_;
};

} // namespace fla::conv
