// The tensors of a case, the truth about them and how exact each output must be, and how the kernels run it.
#include "modules/l2norm/problem.h"

#include "modules/common/Convert.h"
#include "modules/common/RowOracle.h"
#include "modules/common/Tolerance.h"

#include <algorithm>
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

namespace {

int64_t bytes_of_lane(const RowConfig &config, const Place &place, DType dtype) {
  return held_by_lane(place.target, config) * tile::size_of(dtype);
}

/// Whether a row is two accesses of each lane of a warp.
bool is_two_accesses(int64_t cols, const Place &place, DType dtype) {
  return cols * tile::size_of(dtype) == 2 * place.target.lanes * place.target.vector_bytes;
}

/// Brings those first that read so many bytes of a tensor a lane, by programs of so many warps; the others keep their
/// order.
void prefer(std::vector<RowConfig> &all, const Place &place, DType dtype, int64_t bytes, int warps) {
  std::ranges::stable_partition(all, [&](const RowConfig &c) {
    return !c.looped && c.warps == warps && bytes_of_lane(c, place, dtype) == bytes;
  });
}

} // namespace

std::vector<Candidate> L2NormProblem::forward_candidates(const Place &place) const {
  std::vector<Arg> args = tensor_args({"x", "y", "rstd"});
  args.push_back({"eps", eps_});
  if (spec_.stride_divisor) args.push_back({"x_stride", stride_});
  const RowNeeds needs{.cols = cols(), .dtype = spec_.dtype, .light = true, .streaming = place.streaming};
  auto order = [&](std::vector<RowConfig> &all) {
    if (!place.is_gpu()) return;
    const int64_t access = place.target.vector_bytes;
    const double waves = double(rows() * cols()) / double(elements_of_a_wave(place.target, place.units, spec_.dtype));
    // Four accesses a lane instead of fewer: an H100 takes 4 to 10 % less for 8M elements, 1 % for more, and no less
    // for fewer, of which they leave it too few programs. One where all can be on their way at once: up to 4 %; but for
    // rows of two, a warp each: 1 %.
    if (waves > 2 && bytes_of_lane(all.front(), place, spec_.dtype) < 4 * access)
      prefer(all, place, spec_.dtype, 4 * access, 8);
    const bool are_two = is_two_accesses(cols(), place, spec_.dtype);
    if (waves <= 1) prefer(all, place, spec_.dtype, are_two ? 2 * access : access, are_two ? 8 : 4);
  };
  auto kernel = [&](RowConfig config) {
    config.packed = true;
    config.registers = registers_for_all_warps(place.target, config, needs, 1);
    return l2norm::forward(spec_, config);
  };
  return row_candidates(place, needs, kernel, std::move(args), order);
}

std::vector<Candidate> L2NormProblem::backward_candidates(const Place &place) const {
  std::vector<Arg> args = tensor_args({"y", "dy", "rstd", "dx"});
  if (spec_.stride_divisor) args.push_back({"dy_stride", stride_});
  const RowNeeds needs{
      .cols = cols(), .dtype = spec_.out_dtype, .held = 32, .alive = 2, .light = true, .streaming = place.streaming};
  auto order = [&](std::vector<RowConfig> &all) {
    if (!place.is_gpu()) return;
    const int64_t access = place.target.vector_bytes, elements = rows() * cols();
    // An H100 takes 1 to 4 % less for rows of 128 and 256 by programs of two warps, but for what can all be on its way
    // at once.
    prefer(all, place, spec_.out_dtype, 2 * access, 2);
    const int64_t wave = elements_of_a_wave(place.target, place.units, spec_.out_dtype);
    if (elements <= wave) prefer(all, place, spec_.out_dtype, access, 4);
    // Rows of two accesses a lane, two of them a warp: 3 to 4 % less for up to 4M elements.
    if (is_two_accesses(cols(), place, spec_.out_dtype) && elements <= 2 * wave)
      prefer(all, place, spec_.out_dtype, 4 * access, 8);
    if (place.is_filled_by_warps()) prefer(all, place, spec_.out_dtype, 4 * access, 1);
  };
  auto kernel = [&](RowConfig config) {
    config.packed = true;
    config.registers = registers_for_all_warps(place.target, config, needs, 2);
    return l2norm::backward(spec_, config);
  };
  return row_candidates(place, needs, kernel, std::move(args), order);
}

} // namespace fla::l2norm
