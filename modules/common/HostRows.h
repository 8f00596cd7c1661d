// Steps of unfused row ops on the host: each a loop over rows on all cores that the C++ compiler turns into vector
// code. Operands and steps have the names of CudaRows.h:
//
//   host::RowSteps s(reference, rows, cols);
//   s.row_sum("sum", [](float x) { return x * x; }, all<E>("x"));
//   s.map<E>("y", [](float x, float r) { return x * r; }, all<E>("x"), per_row("rstd"));
#pragma once

#include "modules/common/HostSteps.h"

#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace fla::host {

using Tensors = HostReference::Tensors;

// ---- Operands: what a step reads, by name --------------------------------------------------------------------------
//
// `bind(tensors)` looks the name up, once a step; then `at(bound, row, cols)` is a function from a column to a float.

template <class E> struct All {
  std::string name;
  const E *bind(const Tensors &t) const { return get<const E>(t, name); }
  static auto at(const E *p, int64_t row, int64_t cols) {
    return [p = p + row * cols](int64_t col) { return load(p[col]); };
  }
};
template <class E> All<E> all(std::string name) {
  return {std::move(name)};
}

/// One f32 a row.
struct PerRow {
  std::string name;
  const float *bind(const Tensors &t) const { return get<const float>(t, name); }
  static auto at(const float *p, int64_t row, int64_t) {
    return [x = p[row]](int64_t) { return x; };
  }
};
inline PerRow per_row(std::string name) {
  return {std::move(name)};
}

/// `groups` rows of numbers in turn.
template <class E> struct PerColumn {
  std::string name;
  int64_t groups;
  std::pair<const E *, int64_t> bind(const Tensors &t) const { return {get<const E>(t, name), groups}; }
  static auto at(std::pair<const E *, int64_t> bound, int64_t row, int64_t cols) {
    return [p = bound.first + row % bound.second * cols](int64_t col) { return load(p[col]); };
  }
};
template <class E> PerColumn<E> per_column(std::string name, int64_t groups = 1) {
  return {std::move(name), groups};
}

// ---- Steps ----------------------------------------------------------------------------------------------------------

class RowSteps {
public:
  RowSteps(HostReference &to, int64_t rows, int64_t cols) : to_(to), rows_(rows), cols_(cols) {}

  /// out[row][col] = f(operands)
  template <class Out, class F, class... In> void map(std::string out, F f, In... in) {
    add<Out>(
        std::move(out),
        [f, cols = cols_](Out *out, int64_t row, auto... x) {
          Out *__restrict to = out + row * cols;
          for (int64_t col = 0; col < cols; ++col) store(to[col], f(x(col)...));
        },
        std::move(in)...);
  }

  /// out[row] = the sum of f(operands) over the row, in an order that the compiler may choose.
  template <class F, class... In> void row_sum(std::string out, F f, In... in) {
    row_mean_of(std::move(out), 1, f, std::move(in)...);
  }
  template <class F, class... In> void row_mean(std::string out, F f, In... in) {
    row_mean_of(std::move(out), float(cols_), f, std::move(in)...);
  }
  /// NaN where the row has one.
  template <class F, class... In> void row_max(std::string out, F f, In... in) {
    add<float>(
        std::move(out),
        [f, cols = cols_](float *out, int64_t row, auto... x) {
          float largest = -std::numeric_limits<float>::infinity();
          int nans = 0;
          for (int64_t col = 0; col < cols; ++col) {
            const float value = f(x(col)...);
            largest = value > largest ? value : largest;
            nans |= value != value;
          }
          out[row] = nans ? std::numeric_limits<float>::quiet_NaN() : largest;
        },
        std::move(in)...);
  }

  /// out[row] = f(numbers of the row), operands of one f32 a row.
  template <class F, class... In> void map_rows(std::string out, F f, In... in) {
    add<float>(std::move(out), [f](float *out, int64_t row, auto... x) { out[row] = f(x(0)...); }, std::move(in)...);
  }

  /// out[col] = the sum over the rows of `in`.
  template <class In, class Out> void columns(std::string in, std::string out) {
    Steps<Out>(to_, rows_, cols_).template columns<In>(std::move(in), std::move(out));
  }

private:
  /// of_row(out, row, function of each operand...) for all rows.
  template <class Out, class F, class... In> void add(std::string out, F of_row, In... in) {
    to_.steps.push_back([=, rows = rows_, cols = cols_](const Tensors &t) {
      Out *to = get<Out>(t, out);
      const auto bound = std::tuple(in.bind(t)...);
      tile::runtime::parallel_for(rows, [&](int64_t begin, int64_t end) {
        std::apply(
            [&](auto... from) {
              for (int64_t row = begin; row < end; ++row) of_row(to, row, In::at(from, row, cols)...);
            },
            bound);
      });
    });
  }

  template <class F, class... In> void row_mean_of(std::string out, float divisor, F f, In... in) {
    add<float>(
        std::move(out),
        [=, cols = cols_](float *out, int64_t row, auto... x) {
          out[row] = sum(cols, [&](int64_t col) { return f(x(col)...); }) / divisor;
        },
        std::move(in)...);
  }

  template <class F> static float sum(int64_t n, F f) {
#pragma clang fp reassociate(on)
    float total = 0;
    for (int64_t i = 0; i < n; ++i) total += f(i);
    return total;
  }

  HostReference &to_;
  int64_t rows_, cols_;
};

} // namespace fla::host
