// What the unfused references of the host share: steps as loops over rows on all cores, which the C++ compiler turns
// into vector code. Intermediates are f32.
#pragma once

#include "modules/common/HostElement.h"
#include "modules/common/Problem.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace fla::host {

/// The elements of the tensor of that name.
template <class T> T *get(const HostReference::Tensors &t, const std::string &name) {
  return static_cast<T *>(t.at(name));
}

/// Builds the steps of one case of rows by columns whose tensors hold elements E.
template <class E> class Steps {
public:
  using Tensors = HostReference::Tensors;
  Steps(HostReference &to, int64_t rows, int64_t cols) : rows_(rows), cols_(cols), to_(to) {}

  /// out[row][col] = f(row)(a[col], col): f makes, for a row, the function of its elements.
  template <class In, class Out, class F> void elements(std::string in, std::string out, F f) {
    add([=, rows = rows_, cols = cols_](const Tensors &t) {
      const In *x = get<const In>(t, in);
      Out *y = get<Out>(t, out);
      tile::runtime::parallel_for(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const auto of = f(t, row);
          const In *__restrict from = x + row * cols;
          Out *__restrict to = y + row * cols;
          for (int64_t col = 0; col < cols; ++col) store(to[col], of(load(from[col]), col));
        }
      });
    });
  }

  /// Column sums in two stages: of blocks of rows, each into a row of its own, then of those rows.
  template <class In> void columns(std::string in, std::string out) {
    const int64_t parts = std::clamp<int64_t>(rows_ / 32, 1, 64);
    const std::string between = "unfused_parts_" + out;
    to_.workspace.push_back(scratch(between, {parts, cols_}));
    add([=, rows = rows_, cols = cols_](const Tensors &t) {
      const In *x = get<const In>(t, in);
      float *sums = get<float>(t, between);
      tile::runtime::parallel_for(parts, [&](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part) {
          float *__restrict total = sums + part * cols;
          std::fill(total, total + cols, 0.f);
          for (int64_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) {
            const In *__restrict from = x + row * cols;
            for (int64_t col = 0; col < cols; ++col) total[col] += load(from[col]);
          }
        }
      });
    });
    add([=, cols = cols_](const Tensors &t) {
      const float *sums = get<const float>(t, between);
      E *to = get<E>(t, out);
      tile::runtime::parallel_for(cols, [&](int64_t begin, int64_t end) {
        std::vector<float> total(static_cast<size_t>(end - begin));
        for (int64_t part = 0; part < parts; ++part)
          for (int64_t col = begin; col < end; ++col) total[size_t(col - begin)] += sums[part * cols + col];
        for (int64_t col = begin; col < end; ++col) store(to[col], total[size_t(col - begin)]);
      });
    });
  }

protected:
  void add(std::function<void(const Tensors &)> step) { to_.steps.push_back(std::move(step)); }

  int64_t rows_, cols_;

private:
  HostReference &to_;
};

} // namespace fla::host
