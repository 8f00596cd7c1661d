// One case of causal_conv1d. Each kind of answer that a Problem gives is a file of its own.
#pragma once

#include "modules/common/TokenSteps.h"
#include "modules/conv/spec.h"

namespace fla::conv {

class ConvProblem : public Problem {
public:
  /// `gap`: elements between the tokens of x and dy; with any, also a token between sequences.
  ConvProblem(ConvSpec spec, Pass pass, Sequences sequences, int64_t gap = 0)
      : spec_(spec), pass_(pass), sequences_(std::move(sequences)), gap_(gap) {}

  std::vector<TensorDesc> tensors() const override;
  int64_t bytes() const override;
  std::vector<Candidate> candidates(const tile::Target &, const tile::runtime::DeviceInfo &) const override;
  CudaReference cuda_reference() const override;
  HostReference host_reference() const override;
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override;
  Tolerance tolerance(std::string_view output) const override;
  // Columns; with gaps between tokens they are no slices.
  int64_t items() const override { return gap_ == 0 ? cols() : 1; }
  std::unique_ptr<Problem> part(int64_t count, const std::map<std::string, std::vector<double>> &) const override {
    ConvSpec spec = spec_;
    spec.tokens.cols = count;
    return std::make_unique<ConvProblem>(spec, pass_, sequences_);
  }

private:
  bool runs_forward() const { return pass_ != Pass::Bwd; }
  bool runs_backward() const { return pass_ != Pass::Fwd; }
  int64_t cols() const { return spec_.tokens.cols; }
  DType dtype() const { return spec_.tokens.dtype; }

  ConvSpec spec_;
  Pass pass_;
  Sequences sequences_;
  int64_t gap_;
};

/// Weights as they are in use: a window's sum is about 1 in size.
void add_weights(std::vector<TensorDesc> &, const ConvSpec &);
/// Of y, rounded to the dtype of its tokens.
Tolerance output_tolerance(const ConvSpec &);
double silu(double);
double silu_derivative(double);

} // namespace fla::conv
