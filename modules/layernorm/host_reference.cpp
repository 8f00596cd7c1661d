// The unfused norm on the host: the steps of the GPU's reference, each a loop over rows on all cores that the C++
// compiler turns into vector code. Intermediates are f32, as there.
#include "modules/common/HostElement.h"
#include "modules/common/Rows.h"
#include "modules/layernorm/problem.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace fla::layernorm {

using host::BFloat16;
using host::load;
using host::store;
using tile::runtime::parallel_for;
using Tensors = HostReference::Tensors;
using Step = std::function<void(const Tensors &)>;

namespace {

/// Builds the steps of one case whose tensors hold elements E.
template <class E> class Steps {
public:
  Steps(HostReference &to, int64_t rows, int64_t cols) : to_(to), rows_(rows), cols_(cols) {}

  /// out[row][col] = f(row)(a[col], col): f makes, for a row, the function of its elements.
  template <class In, class Out, class F> void elements(std::string in, std::string out, F f) {
    add([=, rows = rows_, cols = cols_](const Tensors &t) {
      const In *x = get<const In>(t, in);
      Out *y = get<Out>(t, out);
      parallel_for(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const auto of = f(t, row);
          const In *__restrict from = x + row * cols;
          Out *__restrict to = y + row * cols;
          for (int64_t col = 0; col < cols; ++col) store(to[col], of(load(from[col]), col));
        }
      });
    });
  }

  /// out[row] = the mean over the row of f(row)(a[col], col).
  template <class In, class F> void row_means(std::string in, std::string out, F f) {
    add([=, rows = rows_, cols = cols_](const Tensors &t) {
      const In *x = get<const In>(t, in);
      float *y = get<float>(t, out);
      parallel_for(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const auto of = f(t, row);
          const In *__restrict from = x + row * cols;
          y[row] = sum(cols, [&](int64_t col) { return of(load(from[col]), col); }) / float(cols);
        }
      });
    });
  }

  void reciprocal_root(std::string in, std::string out, double eps) {
    add([=, rows = rows_](const Tensors &t) {
      const float *__restrict x = get<const float>(t, in);
      float *__restrict y = get<float>(t, out);
      parallel_for(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) y[row] = 1 / std::sqrt(x[row] + float(eps));
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
      parallel_for(parts, [&](int64_t begin, int64_t end) {
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
      parallel_for(cols, [&](int64_t begin, int64_t end) {
        std::vector<float> total(static_cast<size_t>(end - begin));
        for (int64_t part = 0; part < parts; ++part)
          for (int64_t col = begin; col < end; ++col) total[size_t(col - begin)] += sums[part * cols + col];
        for (int64_t col = begin; col < end; ++col) store(to[col], total[size_t(col - begin)]);
      });
    });
  }

  template <class T> static T *get(const Tensors &t, const std::string &name) { return static_cast<T *>(t.at(name)); }

private:
  void add(Step step) { to_.steps.push_back(std::move(step)); }

  /// A sum whose order the compiler may choose, so that it is done in vectors.
  template <class F> static float sum(int64_t n, F f) {
#pragma clang fp reassociate(on)
    float total = 0;
    for (int64_t i = 0; i < n; ++i) total += f(i);
    return total;
  }

  HostReference &to_;
  int64_t rows_, cols_;
};

/// The number of `row` in a tensor of one number a row.
float at(const Tensors &t, const char *name, int64_t row) {
  return static_cast<const float *>(t.at(name))[row];
}

auto subtract(const char *name) {
  return [=](const Tensors &t, int64_t row) { return [m = at(t, name, row)](float x, int64_t) { return x - m; }; };
}
auto scale_by(const char *name) {
  return [=](const Tensors &t, int64_t row) { return [s = at(t, name, row)](float x, int64_t) { return x * s; }; };
}
auto itself() {
  return [](const Tensors &, int64_t) { return [](float x, int64_t) { return x; }; };
}
auto squared() {
  return [](const Tensors &, int64_t) { return [](float x, int64_t) { return x * x; }; };
}
template <class E> auto times_columns(const char *name) {
  return [=](const Tensors &t, int64_t) {
    return [w = static_cast<const E *>(t.at(name))](float x, int64_t col) { return x * load(w[col]); };
  };
}
template <class E> auto plus_columns(const char *name) {
  return [=](const Tensors &t, int64_t) {
    return [b = static_cast<const E *>(t.at(name))](float x, int64_t col) { return x + load(b[col]); };
  };
}
/// x * the same element of an f32 tensor of the same shape.
auto times(const char *name, int64_t cols) {
  return [=](const Tensors &t, int64_t row) {
    return [y = static_cast<const float *>(t.at(name)) + row * cols](float x, int64_t col) { return x * y[col]; };
  };
}

template <class E> void forward(Steps<E> &steps, bool centered, double eps) {
  if (centered) {
    steps.template row_means<E>("x", "mean", itself());
    steps.template elements<E, float>("x", "unfused_centered", subtract("mean"));
    steps.template row_means<float>("unfused_centered", "unfused_variance", squared());
    steps.reciprocal_root("unfused_variance", "rstd", eps);
    steps.template elements<float, float>("unfused_centered", "unfused_xhat", scale_by("rstd"));
    steps.template elements<float, float>("unfused_xhat", "unfused_scaled", times_columns<E>("w"));
    steps.template elements<float, E>("unfused_scaled", "y", plus_columns<E>("b"));
  } else {
    steps.template row_means<E>("x", "unfused_variance", squared());
    steps.reciprocal_root("unfused_variance", "rstd", eps);
    steps.template elements<E, float>("x", "unfused_xhat", scale_by("rstd"));
    steps.template elements<float, E>("unfused_xhat", "y", times_columns<E>("w"));
  }
}

template <class E> void normalize(Steps<E> &steps, bool centered) {
  if (centered)
    steps.template elements<E, float>("x", "unfused_xhat", [](const Tensors &t, int64_t row) {
      return [m = at(t, "mean", row), s = at(t, "rstd", row)](float x, int64_t) { return (x - m) * s; };
    });
  else
    steps.template elements<E, float>("x", "unfused_xhat", scale_by("rstd"));
}

template <class E> void backward(Steps<E> &steps, bool centered, int64_t cols) {
  steps.template elements<E, float>("dy", "unfused_g", times_columns<E>("w"));
  steps.template row_means<float>("unfused_g", "unfused_along", times("unfused_xhat", cols));
  if (centered) steps.template row_means<float>("unfused_g", "unfused_mean_g", itself());
  steps.template elements<float, E>("unfused_g", "dx", [=](const Tensors &t, int64_t row) {
    const float *xhat = static_cast<const float *>(t.at("unfused_xhat")) + row * cols;
    return [=, p = at(t, "unfused_along", row), m = centered ? at(t, "unfused_mean_g", row) : 0,
            s = at(t, "rstd", row)](float g, int64_t col) { return (g - xhat[col] * p - m) * s; };
  });
  steps.template elements<E, float>("dy", "unfused_product", times("unfused_xhat", cols));
  steps.template columns<float>("unfused_product", "dw");
  if (centered) steps.template columns<E>("dy", "db");
}

} // namespace

HostReference NormProblem::host_reference() const {
  HostReference reference;
  auto whole = [&](const char *name) { reference.workspace.push_back(scratch(name, {rows_, spec_.cols})); };
  auto per_row = [&](const char *name) { reference.workspace.push_back(scratch(name, {rows_})); };
  whole("unfused_xhat");
  if (runs_forward()) {
    per_row("unfused_variance");
    if (spec_.centered) {
      whole("unfused_centered");
      whole("unfused_scaled");
    }
  }
  if (runs_backward()) {
    whole("unfused_g");
    whole("unfused_product");
    per_row("unfused_along");
    if (spec_.centered) per_row("unfused_mean_g");
  }
  host::with_type(spec_.dtype, [&](auto element) {
    Steps<decltype(element)> steps(reference, rows_, spec_.cols);
    if (runs_forward()) forward(steps, spec_.centered, eps_);
    // After a forward pass xhat is still there, as eager code saves it for its backward.
    if (!runs_forward()) normalize(steps, spec_.centered);
    if (runs_backward()) backward(steps, spec_.centered, spec_.cols);
  });
  return reference;
}

} // namespace fla::layernorm
