// The tensors of a case and how exact each output must be.
#include "modules/layernorm/problem.h"

#include "modules/common/Tolerance.h"
#include "modules/layernorm/oracle.h"

#include <algorithm>
#include <cmath>

namespace fla::layernorm {

std::vector<TensorDesc> NormProblem::tensors() const {
  const NormSpec &s = spec_;
  const std::vector<int64_t> whole = {whole_rows(), s.cols}, columns = {s.cols};
  const std::vector<int64_t> per_row = s.groups == 1 ? std::vector{rows()} : std::vector{whole_rows(), s.groups};
  std::vector<TensorDesc> all;

  // A backward pass alone starts from the sum that was saved.
  const bool from_sum = !runs_forward() && s.saves_sum();
  all.push_back(input(from_sum ? "sum" : "x", from_sum ? s.sum_dtype() : s.dtype, whole, 0.25));
  if (s.residual && runs_forward()) all.push_back(input("residual", s.sum_dtype(), whole));
  if (s.weight) all.push_back(input("w", s.dtype, columns, s.weight_offset ? 0 : 1, 0.1));
  if (s.bias && (runs_forward() || s.backward_needs_bias())) all.push_back(input("b", s.dtype, columns, 0, 0.1));
  if (s.gate != Gate::None) all.push_back(input("g", s.dtype, whole));
  if (runs_backward()) {
    all.push_back(input("dy", s.y_dtype(), whole));
    if (s.prenorm) all.push_back(input("dsum", s.sum_dtype(), whole));
  }

  if (runs_forward()) {
    all.push_back(output("y", s.y_dtype(), whole));
    if (s.saves_sum()) all.push_back(output("sum", s.sum_dtype(), whole));
    if (s.centered) all.push_back(output("mean", tile::f32, per_row));
    all.push_back(output("rstd", tile::f32, per_row));
  } else {
    const Truth truth{s, eps_};
    const char *x = saved();
    if (s.centered)
      all.push_back(derived("mean", tile::f32, per_row, [=](const auto &in, auto &self) {
        for (size_t i = 0; const auto &of_row : truth.statistics(in, in.at(x))) self[i++] = of_row.mean;
      }));
    all.push_back(derived("rstd", tile::f32, per_row, [=](const auto &in, auto &self) {
      for (size_t i = 0; const auto &of_row : truth.statistics(in, in.at(x))) self[i++] = of_row.rstd;
    }));
  }
  if (runs_backward()) {
    all.push_back(output("dx", s.dtype, whole));
    if (s.has_dresidual()) all.push_back(output("dresidual", s.sum_dtype(), whole));
    if (s.gate != Gate::None) all.push_back(output("dg", s.dtype, whole));
    if (s.weight) all.push_back(output("dw", s.dtype, columns));
    if (s.bias) all.push_back(output("db", s.dtype, columns));
  }
  return all;
}

// The inputs are about 1 in size. What f32 loses on the way to an output, with u = 2^-24:
//   mean   the sum over a row, divided by its columns
//   rstd   half of what the variance loses, in the sum over the row and by the error of the mean
//   y, dx  a few roundings of numbers of about `scale`, and the relative error of the statistics
//   dg     likewise, of products with what the gate multiplies
//   dw, db the sum over N, and the error of xhat in each term, which is random from row to row
// A row of few columns may have almost no variance, so that rstd is as large as 1/sqrt(eps). A gate's numbers are up to
// about 5, and its exponential is exact to some u.
Tolerance NormProblem::tolerance(std::string_view output) const {
  const double few = cols() < 16 ? 1 / std::sqrt(eps_) : 4;
  const double gated = spec_.gate == Gate::None ? 1 : 8;
  const Tolerance over_row = sum_tolerance(cols(), spec_.residual ? 1.5 : 1);
  const double n = double(std::max<int64_t>(whole_rows(), 1));
  const double statistic = over_row.rtol + gated * 4 * kF32 * few;
  // Here the mean is given, or it has an error of its own, which rstd enlarges twice.
  const bool own_mean = runs_forward() && spec_.centered && cols() < 16;
  const double dx = 16 * kF32 * few * (own_mean ? few : 1) * gated;

  if (output == "sum") return rounded(spec_.sum_dtype(), {});
  if (output == "mean") return rounded(tile::f32, {over_row.atol / double(cols()), over_row.rtol});
  if (output == "rstd") return rounded(tile::f32, {0, statistic});
  if (output == "y") return rounded(spec_.y_dtype(), {8 * kF32 * few * gated, statistic});
  if (output == "dx") return rounded(spec_.dtype, {dx, statistic});
  if (output == "dresidual") return rounded(spec_.sum_dtype(), {dx, statistic});
  if (output == "dg") return rounded(spec_.dtype, {dx * gated, statistic});
  const Tolerance over_rows = sum_tolerance(whole_rows(), 1);
  if (output == "db") return rounded(spec_.dtype, {over_rows.atol, over_rows.rtol + gated * 4 * kF32});
  if (output == "dw")
    return rounded(spec_.dtype, {over_rows.atol + gated * (32 * kF32 * few + over_row.rtol) * std::sqrt(n),
                                 over_rows.rtol + statistic});
  throw tile::InternalError("layernorm has no output " + std::string(output));
}

} // namespace fla::layernorm
