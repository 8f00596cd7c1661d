// The tensors of a case and how exact each output must be.
#include "modules/layernorm/problem.h"

#include "modules/common/Tolerance.h"
#include "modules/layernorm/oracle.h"

#include <algorithm>
#include <cmath>

namespace fla::layernorm {

using Role = TensorDesc::Role;

std::vector<TensorDesc> NormProblem::tensors() const {
  std::vector<TensorDesc> all;
  auto add = [&](const char *name, DType dtype, std::vector<int64_t> shape, Role role) -> TensorDesc & {
    all.push_back({.name = name, .dtype = dtype, .shape = std::move(shape), .role = role, .derive = {}});
    return all.back();
  };
  const std::vector<int64_t> whole = {rows_, spec_.cols}, columns = {spec_.cols}, per_row = {rows_};
  const bool with_bias = spec_.centered && runs_forward();

  add("x", spec_.dtype, whole, Role::Input).mean = 0.25;
  TensorDesc &w = add("w", spec_.dtype, columns, Role::Input);
  w.mean = 1;
  w.stddev = 0.1;
  if (with_bias) add("b", spec_.dtype, columns, Role::Input).stddev = 0.1;
  if (runs_backward()) add("dy", spec_.dtype, whole, Role::Input);

  if (runs_forward()) {
    add("y", spec_.dtype, whole, Role::Output);
    if (spec_.centered) add("mean", tile::f32, per_row, Role::Output);
    add("rstd", tile::f32, per_row, Role::Output);
  } else {
    const RowStatistics statistics{spec_.centered, spec_.cols, eps_};
    if (spec_.centered)
      add("mean", tile::f32, per_row, Role::Input).derive = [=](const auto &in, auto &self) {
        statistics.means(in.at("x"), self);
      };
    add("rstd", tile::f32, per_row, Role::Input).derive = [=](const auto &in, auto &self) {
      statistics.rstds(in.at("x"), self);
    };
  }
  if (runs_backward()) {
    add("dx", spec_.dtype, whole, Role::Output);
    add("dw", spec_.dtype, columns, Role::Output);
    if (spec_.centered) add("db", spec_.dtype, columns, Role::Output);
  }
  return all;
}

int64_t NormProblem::bytes() const {
  int64_t total = 0;
  for (const TensorDesc &tensor : tensors()) total += int64_t(tensor.bytes());
  return total;
}

// The inputs are about 1 in size. What f32 loses on the way to an output, with u = 2^-24:
//   mean   the sum over D, divided by D
//   rstd   half of what the variance loses, in the sum over D and by the error of the mean
//   y, dx  a few roundings of numbers of about `scale`, and the relative error of the statistics
//   dw, db the sum over N, and the error of xhat in each term, which is random from row to row
// A row of few columns may have almost no variance, so that rstd is as large as 1/sqrt(eps).
Tolerance NormProblem::tolerance(std::string_view output) const {
  const double few = spec_.cols < 16 ? 1 / std::sqrt(eps_) : 4;
  const Tolerance over_row = sum_tolerance(spec_.cols, 1);
  const double n = double(std::max<int64_t>(rows_, 1));
  const double statistic = over_row.rtol + 4 * kF32 * few;

  if (output == "mean") return rounded(tile::f32, {over_row.atol / double(spec_.cols), over_row.rtol});
  if (output == "rstd") return rounded(tile::f32, {0, statistic});
  if (output == "y") return rounded(spec_.dtype, {8 * kF32 * few, statistic});
  if (output == "dx") {
    // Here the mean is given, or it has an error of its own, which rstd enlarges twice.
    const bool own_mean = runs_forward() && spec_.centered && spec_.cols < 16;
    return rounded(spec_.dtype, {16 * kF32 * few * (own_mean ? few : 1), statistic});
  }
  const Tolerance over_rows = sum_tolerance(rows_, 1);
  if (output == "db") return rounded(spec_.dtype, over_rows);
  if (output == "dw")
    return rounded(spec_.dtype,
                   {over_rows.atol + (32 * kF32 * few + over_row.rtol) * std::sqrt(n), over_rows.rtol + statistic});
  throw tile::InternalError("layernorm has no output " + std::string(output));
}

} // namespace fla::layernorm
