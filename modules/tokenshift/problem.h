// One case of token_shift.
#pragma once

#include "modules/common/TokenSteps.h"
#include "modules/tokenshift/spec.h"

namespace fla::tokenshift {

class ShiftProblem : public Problem {
public:
  /// `gap`: elements between the tokens of x and dy; with any, also a token between sequences.
  ShiftProblem(ShiftSpec spec, Pass pass, Sequences sequences, int64_t gap = 0)
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
    ShiftSpec spec = spec_;
    spec.tokens.cols = count;
    return std::make_unique<ShiftProblem>(spec, pass_, sequences_);
  }

private:
  bool runs_forward() const { return pass_ != Pass::Bwd; }
  bool runs_backward() const { return pass_ != Pass::Fwd; }
  int64_t cols() const { return spec_.tokens.cols; }
  DType dtype() const { return spec_.tokens.dtype; }

  ShiftSpec spec_;
  Pass pass_;
  Sequences sequences_;
  int64_t gap_;
};

} // namespace fla::tokenshift
