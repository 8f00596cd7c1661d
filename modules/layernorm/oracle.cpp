#include "modules/layernorm/oracle.h"

#include "modules/common/Convert.h"
#include "modules/common/RowOracle.h"
#include "modules/layernorm/problem.h"

#include <algorithm>
#include <cmath>

namespace fla::layernorm {

using Doubles = Truth::Doubles;
using Tensors = Truth::Tensors;

namespace {

double sigmoid(double g) {
  return 1 / (1 + std::exp(-g));
}
double gate(Gate kind, double g) {
  return kind == Gate::Silu ? g * sigmoid(g) : sigmoid(g);
}
double gate_slope(Gate kind, double g) {
  const double s = sigmoid(g), slope = s * (1 - s);
  return kind == Gate::Silu ? s + g * slope : slope;
}

/// The formulas of one element; j counts the columns of all groups, `at` all elements.
struct Element {
  const NormSpec &spec;
  const Tensors &in;
  const Doubles *g = in.contains("g") ? &in.at("g") : nullptr;
  const Doubles *w = in.contains("w") ? &in.at("w") : nullptr;
  const Doubles *b = in.contains("b") ? &in.at("b") : nullptr;

  double weight(size_t j) const { return w ? (*w)[j] + (spec.weight_offset ? 1 : 0) : 1; }
  double affine(double xhat, size_t j) const { return xhat * weight(j) + (b ? (*b)[j] : 0); }
  double gate_first(size_t at) const { return spec.gates_first() ? gate(spec.gate, (*g)[at]) : 1; }
  double gate_last(size_t at) const { return spec.gate_last() ? gate(spec.gate, (*g)[at]) : 1; }
  double slope(size_t at) const { return gate_slope(spec.gate, (*g)[at]); }
};

} // namespace

std::vector<Truth::OfRow> Truth::statistics(const Tensors &in, const Doubles &s) const {
  const Element e{spec, in};
  const size_t width = size_t(spec.width());
  std::vector<OfRow> out(s.size() / width);
  over_rows(int64_t(out.size()), spec.width(), [&](size_t row, size_t at) {
    Doubles u(width);
    for (size_t j = 0; j < width; ++j) u[j] = s[at + j] * e.gate_first(at + j);
    double sum = 0, squares = 0;
    if (spec.centered)
      for (double x : u) sum += x;
    const double mean = sum / double(width);
    for (double x : u) squares += (x - mean) * (x - mean);
    out[row] = {mean, 1 / std::sqrt(squares / double(width) + eps)};
  });
  return out;
}

void Truth::forward(const Tensors &in, const Doubles &s, const std::vector<OfRow> &of_row, Doubles &y) const {
  const Element e{spec, in};
  const size_t width = size_t(spec.width()), groups = size_t(spec.groups);
  over_rows(int64_t(of_row.size()), spec.width(), [&](size_t row, size_t at) {
    for (size_t j = 0; j < width; ++j, ++at) {
      const double xhat = (s[at] * e.gate_first(at) - of_row[row].mean) * of_row[row].rstd;
      y[at] = e.affine(xhat, row % groups * width + j) * e.gate_last(at);
    }
  });
}

void Truth::backward(const Tensors &in, const Doubles &s, const std::vector<OfRow> &of_row, Tensors &out) const {
  const Element e{spec, in};
  const Doubles &dy = in.at("dy");
  const Doubles *dsum = in.contains("dsum") ? &in.at("dsum") : nullptr;
  auto gradient = [&](const char *name) { return out.contains(name) ? &out.at(name) : nullptr; };
  Doubles *dx = gradient("dx"), *dresidual = gradient("dresidual"), *dg = gradient("dg");
  const size_t width = size_t(spec.width()), groups = size_t(spec.groups);

  // The sums over rows go through a fixed number of blocks, so that their order does not depend on the threads.
  const int64_t rows = int64_t(of_row.size() / groups), blocks = std::min<int64_t>((rows + 15) / 16, 64);
  std::vector<Doubles> dw(size_t(blocks), Doubles(width * groups)), db = dw;
  auto of_group = [&](size_t block, size_t row) {
    const auto [mean, rstd] = of_row[row];
    const size_t first = row * width, column = row % groups * width;
    Doubles xhat(width), h(width);
    double along = 0, mean_h = 0;
    for (size_t j = 0; j < width; ++j) {
      const size_t at = first + j;
      xhat[j] = (s[at] * e.gate_first(at) - mean) * rstd;
      const double dz = dy[at] * e.gate_last(at);
      if (spec.gate_last()) (*dg)[at] = dy[at] * e.affine(xhat[j], column + j) * e.slope(at);
      dw[block][column + j] += dz * xhat[j];
      db[block][column + j] += dz;
      h[j] = dz * e.weight(column + j);
      along += h[j] * xhat[j] / double(width);
      mean_h += spec.centered ? h[j] / double(width) : 0;
    }
    for (size_t j = 0; j < width; ++j) {
      const size_t at = first + j;
      double d = (h[j] - xhat[j] * along - mean_h) * rstd;
      if (spec.gates_first()) {
        (*dg)[at] = d * s[at] * e.slope(at);
        d *= e.gate_first(at);
      }
      if (dsum) d += (*dsum)[at];
      (*dx)[at] = d;
      if (dresidual) (*dresidual)[at] = d;
    }
  };
  tile::runtime::parallel_for(blocks, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block)
      for (size_t row = size_t(rows * block / blocks) * groups; row < size_t(rows * (block + 1) / blocks) * groups;
           ++row)
        of_group(size_t(block), row);
  });
  auto add_up = [&](const std::vector<Doubles> &parts, Doubles *total) {
    if (!total) return;
    std::fill(total->begin(), total->end(), 0);
    for (const Doubles &part : parts)
      for (size_t j = 0; j < part.size(); ++j) (*total)[j] += part[j];
  };
  add_up(dw, gradient("dw"));
  add_up(db, gradient("db"));
}

void NormProblem::oracle(const Tensors &in, Tensors &out) const {
  const Truth truth{spec_, eps_};
  Doubles s = in.at(runs_forward() ? "x" : saved());
  std::vector<Truth::OfRow> of_row(static_cast<size_t>(rows()));
  if (runs_forward()) {
    if (spec_.residual)
      for (size_t i = 0; i < s.size(); ++i) s[i] += in.at("residual")[i];
    of_row = truth.statistics(in, s);
    truth.forward(in, s, of_row, out.at("y"));
    for (size_t i = 0; i < of_row.size(); ++i) {
      if (spec_.centered) out.at("mean")[i] = of_row[i].mean;
      out.at("rstd")[i] = of_row[i].rstd;
    }
    if (spec_.saves_sum()) out.at("sum") = s;
    round_to(spec_.sum_dtype(), s); // as the backward pass finds it
  } else {
    // A backward pass alone is a function of the statistics it was given.
    for (size_t i = 0; i < of_row.size(); ++i) of_row[i] = {spec_.centered ? in.at("mean")[i] : 0, in.at("rstd")[i]};
  }
  if (runs_backward()) truth.backward(in, s, of_row, out);
}

} // namespace fla::layernorm
