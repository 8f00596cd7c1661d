// One case of cross_entropy. Each kind of answer that a Problem gives is a file of its own.
#pragma once

#include "modules/common/Problem.h"
#include "modules/cross_entropy/spec.h"

#include <optional>

namespace fla::cross_entropy {

/// Shares of rows whose random target is no class.
struct TargetMix {
  double ignored = 0, out_of_range = 0;
};

class CrossEntropyProblem : public Problem {
public:
  /// `logits_stride`: elements from row to row of the logits, where the spec has a divisor of it.
  CrossEntropyProblem(Spec spec, Pass pass, int64_t rows, TargetMix mix = {}, int64_t logits_stride = 0)
      : spec_(spec), pass_(pass), rows_(rows), mix_(mix), logits_stride_(logits_stride) {}

  std::vector<TensorDesc> tensors() const override;
  int64_t bytes() const override;
  std::vector<Candidate> candidates(const tile::Target &, const tile::runtime::DeviceInfo &) const override;
  CudaReference cuda_reference() const override;
  HostReference host_reference() const override;
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override;
  Tolerance tolerance(std::string_view output) const override;
  int64_t items() const override { return rows_; }
  std::unique_ptr<Problem> part(int64_t count, const std::map<std::string, std::vector<double>> &whole) const override;

private:
  bool runs_forward() const { return pass_ != Pass::Bwd; }
  bool runs_backward() const { return pass_ != Pass::Fwd; }

  Spec spec_;
  Pass pass_;
  int64_t rows_;
  TargetMix mix_;
  std::optional<double> total_weight_; ///< of a part: that of the whole
  int64_t logits_stride_;
};

} // namespace fla::cross_entropy
