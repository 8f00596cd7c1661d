// The tensors of a case, how the kernels run it, the truth about it and how exact each output must be.
#include "modules/common/Convert.h"
#include "modules/common/RowOracle.h"
#include "modules/common/Tolerance.h"
#include "modules/softmax/softmax.h"

#include <algorithm>
#include <cmath>

namespace fla::softmax {

using Doubles = std::vector<double>;

namespace {

void of_rows(const Doubles &x, size_t cols, Doubles &y) {
  over_rows(int64_t(x.size() / cols), int64_t(cols), [&](size_t, size_t at) {
    const double most = *std::max_element(&x[at], &x[at] + cols);
    double total = 0;
    for (size_t j = 0; j < cols; ++j) total += std::exp(x[at + j] - most);
    for (size_t j = 0; j < cols; ++j) y[at + j] = std::exp(x[at + j] - most) / total;
  });
}

void gradient(const Doubles &y, const Doubles &dy, size_t cols, Doubles &dx) {
  over_rows(int64_t(y.size() / cols), int64_t(cols), [&](size_t, size_t at) {
    double along = 0;
    for (size_t j = 0; j < cols; ++j) along += dy[at + j] * y[at + j];
    for (size_t j = 0; j < cols; ++j) dx[at + j] = y[at + j] * (dy[at + j] - along);
  });
}

} // namespace

std::vector<TensorDesc> SoftmaxProblem::tensors() const {
  const std::vector<int64_t> shape = {rows(), cols()};
  std::vector<TensorDesc> all;
  if (runs_forward()) {
    all.push_back(input("x", spec_.dtype, shape));
    all.push_back(output("y", spec_.dtype, shape));
  } else {
    // The y of a backward pass alone: of random numbers, the softmax.
    all.push_back(derived("y", spec_.dtype, shape,
                          [n = cols()](const auto &, Doubles &self) { of_rows(Doubles(self), size_t(n), self); }));
  }
  if (runs_backward()) {
    all.push_back(input("dy", spec_.dtype, shape));
    all.push_back(output("dx", spec_.dtype, shape));
  }
  return all;
}

std::vector<Candidate> SoftmaxProblem::forward_candidates(const Place &place) const {
  return row_candidates(
      place, {.cols = cols(), .dtype = spec_.dtype, .streaming = place.streaming},
      [&](const RowConfig &config) { return softmax::forward(spec_, config); }, tensor_args({"x", "y"}));
}

std::vector<Candidate> SoftmaxProblem::backward_candidates(const Place &place) const {
  return row_candidates(
      place, {.cols = cols(), .dtype = spec_.dtype, .held = 32, .alive = 2, .streaming = place.streaming},
      [&](const RowConfig &config) { return softmax::backward(spec_, config); }, tensor_args({"y", "dy", "dx"}));
}

void SoftmaxProblem::oracle(const std::map<std::string, Doubles> &in, std::map<std::string, Doubles> &out) const {
  if (runs_forward()) of_rows(in.at("x"), size_t(cols()), out.at("y"));
  if (!runs_backward()) return;
  Doubles y = (runs_forward() ? out : in).at("y");
  round_to(spec_.dtype, y); // as the forward pass left it in memory
  gradient(y, in.at("dy"), size_t(cols()), out.at("dx"));
}

// What f32 loses before the result is rounded, with u = 2^-24: an exponential is exact to some u of it and to u times
// its argument, which is at least -10 or so; a sum of positive numbers to what sum_tolerance says.
Tolerance SoftmaxProblem::tolerance(std::string_view output) const {
  const double relative = sum_tolerance(cols(), 1).rtol + 32 * kF32;
  if (output == "y") return rounded(spec_.dtype, {0, relative});
  if (output == "dx") {
    // Relative to y, not to dx, which may be small: y is at most 1, and in long rows some 60 times the average.
    double error = relative;
    if (runs_forward()) error += 12 * unit_roundoff(spec_.dtype); // an element of y may be rounded the other way
    return rounded(spec_.dtype, {error * std::min(1.0, 60 / double(cols())), relative});
  }
  throw tile::InternalError("softmax has no output " + std::string(output));
}

} // namespace fla::softmax
