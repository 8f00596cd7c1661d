// layer_norm and rms_norm in double, straight from their definitions.
#include "modules/layernorm/oracle.h"

#include "modules/layernorm/problem.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <cmath>

namespace fla::layernorm {

using tile::runtime::parallel_for;
using Doubles = std::vector<double>;

RowStatistics::OfRow RowStatistics::of(const double *row) const {
  double sum = 0, squares = 0;
  if (centered)
    for (int64_t j = 0; j < cols; ++j) sum += row[j];
  const double mean = sum / double(cols);
  for (int64_t j = 0; j < cols; ++j) squares += (row[j] - mean) * (row[j] - mean);
  return {mean, 1 / std::sqrt(squares / double(cols) + eps)};
}

void RowStatistics::means(const Doubles &x, Doubles &out) const {
  parallel_for(int64_t(out.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[size_t(i)] = of(&x[size_t(i * cols)]).mean;
  });
}

void RowStatistics::rstds(const Doubles &x, Doubles &out) const {
  parallel_for(int64_t(out.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[size_t(i)] = of(&x[size_t(i * cols)]).rstd;
  });
}

namespace {

void forward(const RowStatistics &s, const Doubles &x, const Doubles &w, const Doubles *b, Doubles &y) {
  parallel_for(int64_t(y.size()) / s.cols, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto [mean, rstd] = s.of(&x[size_t(i * s.cols)]);
      for (int64_t j = 0; j < s.cols; ++j) {
        const size_t at = size_t(i * s.cols + j);
        y[at] = (x[at] - mean) * rstd * w[size_t(j)] + (b ? (*b)[size_t(j)] : 0);
      }
    }
  });
}

struct Gradients {
  Doubles &dx, &dw;
  Doubles *db;
};

/// The gradient of sum(y * dy) by the chain rule. The sums over rows go through a fixed number of blocks, so that their
/// order does not depend on the threads.
void backward(bool centered, int64_t cols, const Doubles &x, const Doubles &dy, const Doubles &w, const Doubles *mean,
              const Doubles &rstd, Gradients out) {
  const int64_t rows = int64_t(rstd.size()), blocks = std::min<int64_t>((rows + 15) / 16, 64);
  const Doubles zeros(static_cast<size_t>(cols));
  std::vector<Doubles> dw(static_cast<size_t>(blocks), zeros), db = dw;
  parallel_for(blocks, [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block)
      for (int64_t i = rows * block / blocks; i < rows * (block + 1) / blocks; ++i) {
        const double m = centered ? (*mean)[size_t(i)] : 0, r = rstd[size_t(i)];
        const double *xi = &x[size_t(i * cols)], *dyi = &dy[size_t(i * cols)];
        double along = 0, mean_g = 0;
        for (int64_t j = 0; j < cols; ++j) {
          const double xhat = (xi[j] - m) * r, g = dyi[j] * w[size_t(j)];
          along += g * xhat;
          mean_g += g;
          dw[size_t(block)][size_t(j)] += dyi[j] * xhat;
          db[size_t(block)][size_t(j)] += dyi[j];
        }
        along /= double(cols);
        mean_g = centered ? mean_g / double(cols) : 0;
        for (int64_t j = 0; j < cols; ++j)
          out.dx[size_t(i * cols + j)] = (dyi[j] * w[size_t(j)] - (xi[j] - m) * r * along - mean_g) * r;
      }
  });
  auto add_up = [&](const std::vector<Doubles> &parts, Doubles &total) {
    std::fill(total.begin(), total.end(), 0);
    for (const Doubles &part : parts)
      for (size_t j = 0; j < part.size(); ++j) total[j] += part[j];
  };
  add_up(dw, out.dw);
  if (out.db) add_up(db, *out.db);
}

} // namespace

void NormProblem::oracle(const std::map<std::string, Doubles> &in, std::map<std::string, Doubles> &out) const {
  const RowStatistics statistics{spec_.centered, spec_.cols, eps_};
  if (runs_forward()) {
    forward(statistics, in.at("x"), in.at("w"), spec_.centered ? &in.at("b") : nullptr, out.at("y"));
    if (spec_.centered) statistics.means(in.at("x"), out.at("mean"));
    statistics.rstds(in.at("x"), out.at("rstd"));
  }
  if (runs_backward()) {
    // A backward pass alone is a function of the statistics it was given.
    const auto &saved = runs_forward() ? out : in;
    backward(spec_.centered, spec_.cols, in.at("x"), in.at("dy"), in.at("w"),
             spec_.centered ? &saved.at("mean") : nullptr, saved.at("rstd"),
             {out.at("dx"), out.at("dw"), spec_.centered ? &out.at("db") : nullptr});
  }
}

} // namespace fla::layernorm
