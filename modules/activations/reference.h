// The unfused op as a list of steps, the same on a GPU and on the host: each reads whole tensors and writes one, the
// way an eager framework runs an activation that is written out in elementary functions. Intermediates are f32.
#pragma once

#include "modules/activations/problem.h"

#include <string>
#include <vector>

namespace fla::activations {

/// A tensor of rows that a step reads or writes.
struct StepOperand {
  std::string tensor;
  DType dtype;
  int64_t stride, offset; ///< elements: of row i the first is i * stride + offset. A bias has stride 0
};

struct ReferenceStep {
  const Function *function;
  std::vector<StepOperand> in;
  StepOperand out;
  double constant = 1; ///< c of the function
};

struct ReferencePlan {
  std::vector<TensorDesc> workspace;
  std::vector<ReferenceStep> steps;
  bool sums_columns = false; ///< at the end, the sums over the rows of kSummed become db
};

/// The gradient of x and b, f32, where its column sums are wanted.
inline constexpr const char *kSummed = "unfused_dx";

ReferencePlan reference_plan(const ActivationProblem &, bool forward, bool backward);

} // namespace fla::activations
