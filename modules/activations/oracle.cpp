// The ops in double, by the table's f and f'.
#include "modules/activations/problem.h"
#include "runtime/Parallel.h"

#include <algorithm>

namespace fla::activations {

using tile::runtime::parallel_for;
using Doubles = std::vector<double>;

namespace {

/// One argument's rows in their tensor.
template <class Vector> struct Rows {
  Vector *tensor = nullptr;
  int64_t stride = 0, offset = 0;
  auto &operator()(int64_t row, int64_t col) const { return (*tensor)[size_t(row * stride + offset + col)]; }
};

} // namespace

void ActivationProblem::oracle(const std::map<std::string, Doubles> &in, std::map<std::string, Doubles> &out) const {
  const Activation &a = *spec_.activation;
  const int64_t cols = spec_.cols;
  auto rows_in = [&](auto &tensors, const std::string &argument) {
    const Placement p = placement(argument);
    return Rows<std::remove_reference_t<decltype(tensors.at(p.tensor))>>{&tensors.at(p.tensor), p.stride, p.offset};
  };
  const bool writes_value = runs_forward() || spec_.again;
  Rows<const Doubles> x = rows_in(in, "x"), y, dout;
  Rows<Doubles> value, dx, dy;
  if (a.gated()) y = rows_in(in, "y");
  if (writes_value) value = rows_in(out, forward_output());
  if (runs_backward()) {
    dout = rows_in(in, a.gated() ? "dz" : "dy");
    dx = rows_in(out, "dx");
    if (a.gated()) dy = rows_in(out, "dy");
  }
  const Doubles *b = a.biased() ? &in.at("b") : nullptr;
  Doubles *db = b && runs_backward() ? &out.at("db") : nullptr;

  auto element = [&](int64_t i, int64_t j) {
    const double v = x(i, j) + (b ? (*b)[size_t(j)] : 0), gate = a.gated() ? y(i, j) : scale();
    if (writes_value) value(i, j) = a.value(v) * gate;
    if (!runs_backward()) return;
    dx(i, j) = dout(i, j) * gate * a.derivative(v);
    if (a.gated()) dy(i, j) = dout(i, j) * a.value(v);
    if (db) (*db)[size_t(j)] += dx(i, j);
  };
  // With a bias along columns, so that their sums need no second pass and do not depend on the threads.
  if (db) {
    std::fill(db->begin(), db->end(), 0);
    parallel_for(cols, [&](int64_t begin, int64_t end) {
      for (int64_t i = 0; i < rows_; ++i)
        for (int64_t j = begin; j < end; ++j) element(i, j);
    });
  } else {
    parallel_for(rows_, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t j = 0; j < cols; ++j) element(i, j);
    });
  }
}

} // namespace fla::activations
