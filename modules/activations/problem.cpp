// The tensors of a case, where its rows lie in them, and how exact each output must be.
#include "modules/activations/problem.h"

#include "modules/common/Tolerance.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace fla::activations {

using Role = TensorDesc::Role;

namespace {

/// The largest power of two up to `most` that divides n.
int64_t power_of_two_in(int64_t n, int64_t most) {
  while (n % most != 0) most /= 2;
  return most;
}

} // namespace

ActivationProblem::ActivationProblem(const Activation &activation, DType dtype, Pass pass, int64_t rows, int64_t cols,
                                     Options options)
    : pass_(pass), rows_(rows), options_(std::move(options)) {
  if (options_.packed && !activation.gated()) throw tile::InternalError("packed tensors are for gated activations");
  spec_.activation = &activation;
  spec_.dtype = dtype;
  spec_.cols = cols;
  spec_.align = options_.align;
  spec_.again = options_.again && pass == Pass::Bwd;
  spec_.ragged = rows * cols % kGranule != 0;

  std::vector<std::string> arguments = backward_inputs();
  for (const auto &more : {backward_outputs(), forward_inputs(), {forward_output()}})
    arguments.insert(arguments.end(), more.begin(), more.end());
  bool strided = false;
  int64_t divisor = kGranule;
  for (const std::string &argument : arguments) {
    const Placement p = placement(argument);
    strided |= p.stride != cols;
    divisor = power_of_two_in(p.stride, divisor);
    spec_.align = int(power_of_two_in(p.offset * tile::size_of(dtype), spec_.align));
  }
  spec_.flat = !strided && !activation.biased();
  if (strided) spec_.stride_divisor = divisor;
}

std::vector<std::string> ActivationProblem::forward_inputs() const {
  return spec_.activation->gated() ? std::vector<std::string>{"x", "y"} : std::vector<std::string>{"x"};
}

std::vector<std::string> ActivationProblem::backward_inputs() const {
  return spec_.activation->gated() ? std::vector<std::string>{"x", "y", "dz"} : std::vector<std::string>{"x", "dy"};
}

std::vector<std::string> ActivationProblem::backward_outputs() const {
  if (!spec_.activation->gated()) return {"dx"};
  return spec_.again ? std::vector<std::string>{"dx", "dy", "z"} : std::vector<std::string>{"dx", "dy"};
}

Placement ActivationProblem::placement(const std::string &argument) const {
  const int64_t cols = spec_.cols;
  if (options_.packed) {
    if (argument == "x") return {"xy", 2 * cols, 0};
    if (argument == "y") return {"xy", 2 * cols, cols};
    if (argument == "dx") return {"dxy", 2 * cols, 0};
    if (argument == "dy") return {"dxy", 2 * cols, cols};
  }
  const auto stride = options_.strides.find(argument);
  return {argument, stride == options_.strides.end() ? cols : stride->second, 0};
}

std::vector<TensorDesc> ActivationProblem::tensors() const {
  std::vector<TensorDesc> all;
  std::set<std::string> known;
  auto add = [&](const std::string &name, std::vector<int64_t> shape, Role role, double stddev) {
    if (!known.insert(name).second) return;
    TensorDesc desc;
    desc.name = name;
    desc.dtype = spec_.dtype;
    desc.shape = std::move(shape);
    desc.role = role;
    desc.stddev = stddev;
    all.push_back(std::move(desc));
  };
  auto add_rows = [&](const std::string &argument, Role role) {
    const Placement p = placement(argument);
    add(p.tensor, {rows_, p.stride}, role, argument == "x" ? 2 : 1); // wide enough to reach where f is flat
  };

  for (const std::string &argument : runs_backward() ? backward_inputs() : forward_inputs())
    add_rows(argument, Role::Input);
  if (spec_.activation->biased()) add("b", {spec_.cols}, Role::Input, 0.5);
  if (runs_forward()) add_rows(forward_output(), Role::Output);
  if (runs_backward())
    for (const std::string &argument : backward_outputs()) add_rows(argument, Role::Output);
  if (spec_.activation->biased() && runs_backward()) add("db", {spec_.cols}, Role::Output, 0);
  return all;
}

int64_t ActivationProblem::bytes() const {
  int64_t arguments = int64_t(runs_backward() ? backward_inputs().size() : forward_inputs().size());
  if (runs_forward()) ++arguments;
  if (runs_backward()) arguments += int64_t(backward_outputs().size());
  int64_t vectors = 0;
  if (spec_.activation->biased()) vectors = runs_backward() ? 2 : 1;
  return (arguments * rows_ + vectors) * spec_.cols * tile::size_of(spec_.dtype);
}

// x is within 10, all else within 5. With u = 2^-24, f(x) is off by some u of itself, and where it is a difference (1 +
// erf, 1 - s^2) by some u |x|; its slope likewise, times how steep its argument is. A gate multiplies that by y, a
// gradient by dy.
Tolerance ActivationProblem::tolerance(std::string_view output) const {
  const double relative = 32 * kF32;
  if (output == "y" || output == "z") {
    const double other = spec_.activation->gated() ? 5 : std::max(1.0, std::fabs(scale()));
    return rounded(spec_.dtype, {32 * kF32 * other, relative});
  }
  const Tolerance gradient{256 * kF32 * std::max(1.0, std::fabs(scale())), relative};
  if (output == "dx" || output == "dy" || output == "dxy") return rounded(spec_.dtype, gradient);
  if (output == "db") {
    const Tolerance sum = sum_tolerance(rows_, 1);
    return rounded(spec_.dtype, {sum.atol + gradient.atol * std::sqrt(double(rows_)), sum.rtol + relative});
  }
  throw tile::InternalError("activations has no output " + std::string(output));
}

} // namespace fla::activations
