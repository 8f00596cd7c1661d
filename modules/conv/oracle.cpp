// causal_conv1d in double, straight from its definition: sequence by sequence, with what lies before it in front.
#include "modules/conv/problem.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <cmath>

namespace fla::conv {

using Doubles = std::vector<double>;
using Tensors = std::map<std::string, Doubles>;

double silu(double x) {
  return x / (1 + std::exp(-x));
}

double silu_derivative(double x) {
  const double s = 1 / (1 + std::exp(-x));
  return s * (1 + x * (1 - s));
}

namespace {

/// Some columns of one sequence, with `width` tokens of state in front.
struct Block {
  int64_t first, cols;
  Doubles x;      ///< [width + tokens, cols]
  Doubles before; ///< what goes into the activation: [tokens, cols]
};

} // namespace

void ConvProblem::oracle(const Tensors &in, Tensors &out) const {
  const int64_t d = cols(), width = spec_.width;
  auto at = [&](const Sequence &s, int64_t t, int64_t col) {
    return size_t(sequences_.strided_offset(s.first + t, d, gap_) + col);
  };
  auto state_at = [&](int64_t number, int64_t col, int64_t w) { return size_t((number * d + col) * width + w); };
  const Doubles &weights = in.at("w");

  auto read = [&](int64_t number, const Sequence &s, int64_t first, int64_t count) {
    Block b{first, count, Doubles(size_t((width + s.tokens) * count)), Doubles(size_t(s.tokens * count))};
    for (int64_t w = 0; w < width && spec_.initial_state; ++w)
      for (int64_t j = 0; j < count; ++j)
        b.x[size_t(w * count + j)] = in.at("initial_state")[state_at(number, first + j, w)];
    for (int64_t t = 0; t < s.tokens; ++t) {
      std::copy_n(&in.at("x")[at(s, t, first)], count, &b.x[size_t((width + t) * count)]);
      for (int64_t j = 0; j < count; ++j) {
        double sum = spec_.bias ? in.at("b")[size_t(first + j)] : 0;
        for (int64_t w = 0; w < width; ++w)
          sum += weights[size_t((first + j) * width + w)] * b.x[size_t((t + 1 + w) * count + j)];
        b.before[size_t(t * count + j)] = sum;
      }
    }
    return b;
  };

  auto forward = [&](int64_t number, const Sequence &s, const Block &b) {
    for (int64_t t = 0; t < s.tokens; ++t)
      for (int64_t j = 0; j < b.cols; ++j) {
        const size_t to = size_t((s.first + t) * d + b.first + j);
        const double a = b.before[size_t(t * b.cols + j)];
        out.at("y")[to] = (spec_.silu ? silu(a) : a) + (spec_.residual ? in.at("residual")[to] : 0);
      }
    for (int64_t w = 0; w < width && spec_.final_state; ++w)
      for (int64_t j = 0; j < b.cols; ++j)
        out.at("final_state")[state_at(number, b.first + j, w)] = b.x[size_t((s.tokens + w) * b.cols + j)];
  };

  // dw is [width, cols], db [cols].
  auto backward = [&](int64_t number, const Sequence &s, const Block &b, Doubles &dw, Doubles &db) {
    Doubles dx(b.x.size());
    for (int64_t t = 0; t < s.tokens; ++t)
      for (int64_t j = 0; j < b.cols; ++j) {
        const double dy = in.at("dy")[at(s, t, b.first + j)];
        const double g = spec_.silu ? dy * silu_derivative(b.before[size_t(t * b.cols + j)]) : dy;
        for (int64_t w = 0; w < width; ++w) {
          dx[size_t((t + 1 + w) * b.cols + j)] += g * weights[size_t((b.first + j) * width + w)];
          dw[size_t(w * b.cols + j)] += g * b.x[size_t((t + 1 + w) * b.cols + j)];
        }
        db[size_t(j)] += g;
      }
    for (int64_t w = 0; w < width; ++w)
      for (int64_t j = 0; j < b.cols; ++j) {
        const size_t state = state_at(number, b.first + j, w);
        if (spec_.final_state) dx[size_t((s.tokens + w) * b.cols + j)] += in.at("dfinal_state")[state];
      }
    for (int64_t w = 0; w < width && spec_.initial_state; ++w)
      for (int64_t j = 0; j < b.cols; ++j)
        out.at("dinitial_state")[state_at(number, b.first + j, w)] = dx[size_t(w * b.cols + j)];
    for (int64_t t = 0; t < s.tokens; ++t)
      std::copy_n(&dx[size_t((width + t) * b.cols)], b.cols, &out.at("dx")[size_t((s.first + t) * d + b.first)]);
  };

  // A column is one thread's, so that the order of its sums depends on nothing.
  constexpr int64_t kCols = 16;
  tile::runtime::parallel_for((d + kCols - 1) / kCols, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kCols, count = std::min(kCols, d - first);
      Doubles dw(static_cast<size_t>(width * count)), db(static_cast<size_t>(count));
      for (int64_t number = 0; number < sequences_.count(); ++number) {
        const Sequence s = sequences_[number];
        const Block b = read(number, s, first, count);
        if (runs_forward()) forward(number, s, b);
        if (runs_backward()) backward(number, s, b, dw, db);
      }
      if (!runs_backward()) continue;
      for (int64_t j = 0; j < count; ++j) {
        for (int64_t w = 0; w < width; ++w) out.at("dw")[size_t((first + j) * width + w)] = dw[size_t(w * count + j)];
        if (spec_.bias) out.at("db")[size_t(first + j)] = db[size_t(j)];
      }
    }
  });
}

} // namespace fla::conv
