// The tensors of a case, the truth about them and how exact each output must be, and how the kernels run it.
#include "modules/l2norm/problem.h"

#include "modules/common/Convert.h"
#include "modules/common/RowOracle.h"
#include "modules/common/Tolerance.h"

#include <cmath>

namespace fla::l2norm {

using Doubles = std::vector<double>;

// ---- Truth ----------------------------------------------------------------------------------------------------------

namespace {

void rstds(const Doubles &x, int64_t cols, double eps, Doubles &rstd) {
  over_rows(int64_t(rstd.size()), cols, [&](size_t row, size_t at) {
    double squares = 0;
    for (size_t j = 0; j < size_t(cols); ++j) squares += x[at + j] * x[at + j];
    rstd[row] = 1 / std::sqrt(squares + eps);
  });
}

void forward(const Doubles &x, const Doubles &rstd, int64_t cols, Doubles &y) {
  over_rows(int64_t(rstd.size()), cols, [&](size_t row, size_t at) {
    for (size_t j = 0; j < size_t(cols); ++j) y[at + j] = x[at + j] * rstd[row];
  });
}

void backward(const Doubles &y, const Doubles &dy, const Doubles &rstd, int64_t cols, Doubles &dx) {
  over_rows(int64_t(rstd.size()), cols, [&](size_t row, size_t at) {
    double along = 0;
    for (size_t j = 0; j < size_t(cols); ++j) along += dy[at + j] * y[at + j];
    for (size_t j = 0; j < size_t(cols); ++j) dx[at + j] = (dy[at + j] - along * y[at + j]) * rstd[row];
  });
}

} // namespace

void L2NormProblem::oracle(const std::map<std::string, Doubles> &in, std::map<std::string, Doubles> &out) const {
  if (runs_forward()) {
    rstds(in.at("x"), cols(), eps_, out.at("rstd"));
    forward(in.at("x"), out.at("rstd"), cols(), out.at("y"));
  }
  if (!runs_backward()) return;
  Doubles y = runs_forward() ? out.at("y") : in.at("y");
  round_to(spec_.out_dtype, y); // as the forward pass saves it
  backward(y, in.at("dy"), (runs_forward() ? out : in).at("rstd"), cols(), out.at("dx"));
}

// ---- Tensors --------------------------------------------------------------------------------------------------------

std::vector<TensorDesc> L2NormProblem::tensors() const {
  const std::vector<int64_t> whole = {rows(), cols()}, per_row = {rows()};
  std::vector<TensorDesc> all = {input("x", spec_.dtype, whole, 0.25)};
  if (runs_backward()) all.push_back(input("dy", spec_.out_dtype, whole));
  if (runs_forward()) {
    all.push_back(output("y", spec_.out_dtype, whole));
    all.push_back(output("rstd", tile::f32, per_row));
  } else {
    all.push_back(derived("rstd", tile::f32, per_row,
                          [n = cols(), eps = eps_](const auto &in, auto &self) { rstds(in.at("x"), n, eps, self); }));
    all.push_back(derived("y", spec_.out_dtype, whole,
                          [n = cols()](const auto &in, auto &self) { forward(in.at("x"), in.at("rstd"), n, self); }));
  }
  if (runs_backward()) all.push_back(output("dx", spec_.dtype, whole));
  return all;
}

int64_t L2NormProblem::bytes() const {
  // A backward pass alone does not read x: y and rstd are what it was made into.
  const int64_t unread = runs_forward() ? 0 : rows() * cols() * tile::size_of(spec_.dtype);
  return RowProblem::bytes() - unread;
}

// What f32 loses on the way to an output, with u = 2^-24 and inputs of about 1:
//   rstd   half of what the sum of squares loses, and the rounding of the root
//   y      the error of rstd, and a product; |y| is at most 1
//   dx     a few roundings of dy * rstd, and the error of the sum over dy * y: |y| is about 1 / sqrt(D), so that the
//   sum
//          is about 1 and its share of an element about y
// A row of few columns may be almost zero, so that rstd is as large as 1 / sqrt(eps).
Tolerance L2NormProblem::tolerance(std::string_view output) const {
  const double statistic = sum_tolerance(cols(), 1).rtol + 4 * kF32;
  if (output == "rstd") return rounded(tile::f32, {0, statistic});
  if (output == "y") return rounded(spec_.out_dtype, {0, statistic});
  if (output == "dx") {
    const bool few = cols() < 16;
    const double largest_y = few ? 1 : 5 / std::sqrt(double(cols()));
    const double rstd = few ? 1 / std::sqrt(eps_) : 2 / std::sqrt(double(cols()));
    double error = 32 * kF32 + 5 * largest_y * statistic;
    // After a forward pass, an element of y may have been rounded the other way.
    if (runs_forward()) error += 10 * unit_roundoff(spec_.out_dtype) * largest_y;
    return rounded(spec_.dtype, {error * rstd, statistic});
  }
  throw tile::InternalError("l2norm has no output " + std::string(output));
}

// ---- Kernels --------------------------------------------------------------------------------------------------------

/// An H100 is 1 to 4 % faster with two accesses a lane than with one for rows of 128 and 256, and no faster with four.
constexpr int kAccesses = 2;

std::vector<Candidate> L2NormProblem::forward_candidates(const Place &place) const {
  std::vector<Arg> args = tensor_args({"x", "y", "rstd"});
  args.push_back({"eps", eps_});
  if (spec_.stride_divisor) args.push_back({"x_stride", stride_});
  return row_candidates(
      place, {.cols = cols(), .dtype = spec_.dtype, .narrow_accesses = kAccesses, .streaming = place.streaming},
      [&](const RowConfig &config) { return l2norm::forward(spec_, config); }, std::move(args));
}

std::vector<Candidate> L2NormProblem::backward_candidates(const Place &place) const {
  std::vector<Arg> args = tensor_args({"y", "dy", "rstd", "dx"});
  if (spec_.stride_divisor) args.push_back({"dy_stride", stride_});
  return row_candidates(
      place,
      {.cols = cols(),
       .dtype = spec_.out_dtype,
       .held = 32,
       .alive = 2,
       .narrow_accesses = kAccesses,
       .streaming = place.streaming},
      [&](const RowConfig &config) { return l2norm::backward(spec_, config); }, std::move(args));
}

} // namespace fla::l2norm
