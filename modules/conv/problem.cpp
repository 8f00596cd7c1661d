// The tensors of a case and how exact each output must be.
#include "modules/conv/problem.h"

#include "modules/common/Tolerance.h"

#include <algorithm>
#include <cmath>

namespace fla::conv {

using Role = TensorDesc::Role;

void add_weights(std::vector<TensorDesc> &all, const ConvSpec &spec) {
  auto add = [&](const char *name, std::vector<int64_t> shape, double stddev) {
    TensorDesc &desc = all.emplace_back();
    desc.name = name;
    desc.dtype = spec.weight_dtype;
    desc.shape = std::move(shape);
    desc.stddev = stddev;
  };
  add("w", {spec.tokens.cols, spec.width}, 0.5);
  if (spec.bias) add("b", {spec.tokens.cols}, 0.1);
}

std::vector<TensorDesc> ConvProblem::tensors() const {
  std::vector<TensorDesc> all;
  auto add = [&](const char *name, std::vector<int64_t> shape, Role role) {
    all.push_back({.name = name, .dtype = dtype(), .shape = std::move(shape), .role = role, .derive = {}});
  };
  auto add_gradient = [&](const char *name, std::vector<int64_t> shape) {
    add(name, std::move(shape), Role::Output);
    all.back().dtype = spec_.weight_dtype;
  };
  const std::vector<int64_t> dense = {sequences_.batch(), sequences_.tokens(), cols()};
  const std::vector<int64_t> strided = sequences_.strided_shape(cols(), gap_);
  const std::vector<int64_t> state = {sequences_.count(), cols(), spec_.width};

  if (sequences_.packed()) all.push_back(sequences_.tensor());
  add("x", strided, Role::Input);
  add_weights(all, spec_);
  if (spec_.initial_state) add("initial_state", state, Role::Input);
  if (runs_forward()) {
    if (spec_.residual) add("residual", dense, Role::Input);
    add("y", dense, Role::Output);
    if (spec_.final_state) add("final_state", state, Role::Output);
  }
  if (runs_backward()) {
    add("dy", strided, Role::Input);
    if (spec_.final_state) add("dfinal_state", state, Role::Input);
    add("dx", dense, Role::Output);
    add_gradient("dw", {cols(), spec_.width});
    if (spec_.bias) add_gradient("db", {cols()});
    if (spec_.initial_state) add("dinitial_state", state, Role::Output);
  }
  return all;
}

int64_t ConvProblem::bytes() const {
  int64_t total = 0;
  for (const TensorDesc &tensor : tensors()) {
    const bool is_strided = tensor.name == "x" || tensor.name == "dy";
    total += is_strided ? sequences_.rows() * cols() * tile::size_of(dtype()) : int64_t(tensor.bytes());
  }
  return total;
}

/// What a window's sum and its activation may lose in f32.
static Tolerance window_tolerance(const ConvSpec &spec) {
  // Products of about 1/2, added up; the activation's own error, and what it makes of the sum's.
  return {kF32 * 2 * double(spec.width + 1), 16 * kF32};
}

Tolerance output_tolerance(const ConvSpec &spec) {
  Tolerance window = window_tolerance(spec);
  // With the residual the output can be near 0 where the activation, whose error is relative, is 1 and more.
  if (spec.residual) window.atol += window.rtol;
  return rounded(spec.tokens.dtype, window);
}

// g, the gradient behind the activation, is about 1 and has an absolute error of some units of the sum's. dx adds up W
// of them, dw and db all: their errors are independent of each other, but of one sign at worst where inputs repeat.
Tolerance ConvProblem::tolerance(std::string_view output) const {
  if (output == "final_state") return rounded(dtype(), {});
  const Tolerance window = window_tolerance(spec_);
  if (output == "y") return output_tolerance(spec_);
  const double of_g = window.atol + window.rtol;
  if (output == "dx" || output == "dinitial_state") return rounded(dtype(), {of_g * double(spec_.width), 4 * kF32});
  const Tolerance sum = sum_tolerance(sequences_.rows() + sequences_.count(), 1);
  const double n = double(std::max<int64_t>(sequences_.rows(), 1));
  if (output == "dw" || output == "db")
    return rounded(spec_.weight_dtype, {sum.atol + of_g * std::sqrt(n), sum.rtol + 16 * kF32});
  throw tile::InternalError("causal_conv1d has no output " + std::string(output));
}

} // namespace fla::conv
