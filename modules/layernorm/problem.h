// One case of layer_norm or rms_norm. Each kind of answer that a Problem gives is a file of its own.
#pragma once

#include "modules/common/Problem.h"
#include "modules/layernorm/spec.h"

namespace fla::layernorm {

class NormProblem : public Problem {
public:
  NormProblem(NormSpec spec, Pass pass, int64_t rows, double eps = 1e-5)
      : spec_(spec), pass_(pass), rows_(rows), eps_(eps) {}

  std::vector<TensorDesc> tensors() const override;
  int64_t bytes() const override;
  std::vector<Candidate> candidates(const tile::Target &, const tile::runtime::DeviceInfo &) const override;
  CudaReference cuda_reference() const override;
  HostReference host_reference() const override;
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override;
  Tolerance tolerance(std::string_view output) const override;

private:
  bool runs_forward() const { return pass_ != Pass::Bwd; }
  bool runs_backward() const { return pass_ != Pass::Fwd; }

  NormSpec spec_;
  Pass pass_;
  int64_t rows_;
  double eps_;
};

} // namespace fla::layernorm
