// The unfused norm on the host: the steps of the GPU's reference, each a loop over rows on all cores that the C++
// compiler turns into vector code. Intermediates are f32, as there.
#include "modules/common/HostSteps.h"
#include "modules/layernorm/problem.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace fla::layernorm {

using host::load;
using host::store;
using tile::runtime::parallel_for;
using Tensors = HostReference::Tensors;

namespace {

/// The steps that only norms have.
template <class E> class Steps : public host::Steps<E> {
public:
  using host::Steps<E>::Steps;

  /// out[row] = the mean over the row of f(row)(a[col], col).
  template <class In, class F> void row_means(std::string in, std::string out, F f) {
    this->add([=, rows = this->rows_, cols = this->cols_](const Tensors &t) {
      const In *x = host::get<const In>(t, in);
      float *y = host::get<float>(t, out);
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
    this->add([=, rows = this->rows_](const Tensors &t) {
      const float *__restrict x = host::get<const float>(t, in);
      float *__restrict y = host::get<float>(t, out);
      parallel_for(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) y[row] = 1 / std::sqrt(x[row] + float(eps));
      });
    });
  }

private:
  /// A sum whose order the compiler may choose, so that it is done in vectors.
  template <class F> static float sum(int64_t n, F f) {
#pragma clang fp reassociate(on)
    float total = 0;
    for (int64_t i = 0; i < n; ++i) total += f(i);
    return total;
  }
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
