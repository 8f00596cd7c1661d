// The steps of the GPU's reference on the host.
#include "modules/common/HostMath.h"
#include "modules/common/HostRows.h"
#include "modules/layernorm/problem.h"
#include "modules/layernorm/unfused.h"

#include <cmath>

namespace fla::layernorm {

using host::all, host::per_column, host::per_row;

namespace {

// Function objects, not functions: a pointer would be called for each element.
constexpr auto itself = [](float x) { return x; };
constexpr auto sigmoid = [](float g) { return 1 / (1 + host::exp(-g)); };

/// The steps of unfused.h as loops. T is the type of elements that are not f32.
template <class T> class Steps {
public:
  Steps(HostReference &to, const NormSpec &spec, int64_t rows, double eps)
      : to_(to), spec_(spec), rows_(rows), eps_(float(eps)), steps_(to, rows, spec.width()) {}

  void whole(const char *name) { to_.workspace.push_back(scratch(name, {rows_, spec_.width()})); }
  void row(const char *name) { to_.workspace.push_back(scratch(name, {rows_})); }

  void convert(const Ref &x, const char *out, DType dtype) {
    with(x,
         [&](auto x) { host::with_type(dtype, [&](auto to) { steps_.template map<decltype(to)>(out, itself, x); }); });
  }
  void widen(const char *x, DType dtype, const Ref &out) {
    host::with_type(dtype, [&](auto from) { steps_.template map<float>(out.name, itself, all<decltype(from)>(x)); });
  }
  void add(const Ref &x, const Ref &y, const Ref &out) {
    map(out, [](float x, float y) { return x + y; }, x, y);
  }
  void multiply(const Ref &x, const Ref &y, const Ref &out) {
    map(out, [](float x, float y) { return x * y; }, x, y);
  }
  void activate(const char *g, const Ref &out) {
    if (spec_.gate == Gate::Silu)
      steps_.template map<float>(out.name, [](float g) { return g * sigmoid(g); }, all<T>(g));
    else
      steps_.template map<float>(out.name, sigmoid, all<T>(g));
  }
  void gate_gradient(const char *d, const char *g, const char *dg) {
    auto slope = [](float s) { return s * (1 - s); };
    if (spec_.gate == Gate::Silu)
      steps_.template map<T>(
          dg, [=](float d, float g) { return d * (sigmoid(g) + g * slope(sigmoid(g))); }, all<float>(d), all<T>(g));
    else
      steps_.template map<T>(dg, [=](float d, float g) { return d * slope(sigmoid(g)); }, all<float>(d), all<T>(g));
  }
  void subtract_mean(const Ref &x, const char *mean, const Ref &out) {
    with(x, [&](auto x) {
      steps_.template map<float>(out.name, [](float x, float m) { return x - m; }, x, per_row(mean));
    });
  }
  void scale_rows(const Ref &x, const char *scale, const Ref &out) {
    with(x, [&](auto x) {
      steps_.template map<float>(out.name, [](float x, float s) { return x * s; }, x, per_row(scale));
    });
  }
  void normalize(const Ref &x, bool centered, const Ref &out) {
    if (!centered) return scale_rows(x, "rstd", out);
    with(x, [&](auto x) {
      steps_.template map<float>(
          out.name, [](float x, float m, float r) { return (x - m) * r; }, x, per_row("mean"), per_row("rstd"));
    });
  }
  void scale_columns(const Ref &x, const char *w, const Ref &out) {
    with(x, out, [&](auto x, auto to) {
      steps_.template map<decltype(to)>(
          out.name, [offset = spec_.weight_offset ? 1.f : 0.f](float x, float w) { return x * (offset + w); }, x,
          per_column<T>(w, spec_.groups));
    });
  }
  void add_columns(const Ref &x, const char *b, const Ref &out) {
    with(x, out, [&](auto x, auto to) {
      steps_.template map<decltype(to)>(
          out.name, [](float x, float b) { return x + b; }, x, per_column<T>(b, spec_.groups));
    });
  }
  void input_gradient(const Ref &h, bool centered, const Ref &dx) {
    with(h, dx, [&](auto h, auto to) {
      const auto xhat = all<float>("unfused_xhat");
      const auto along = per_row("unfused_along"), rstd = per_row("rstd");
      if (centered)
        steps_.template map<decltype(to)>(
            dx.name, [](float h, float x, float a, float m, float r) { return (h - x * a - m) * r; }, h, xhat, along,
            per_row("unfused_mean_h"), rstd);
      else
        steps_.template map<decltype(to)>(
            dx.name, [](float h, float x, float a, float r) { return (h - x * a) * r; }, h, xhat, along, rstd);
    });
  }

  void row_mean(const Ref &x, const std::string &out) {
    with(x, [&](auto x) { steps_.row_mean(out, itself, x); });
  }
  void row_mean_square(const Ref &x, const std::string &out) {
    with(x, [&](auto x) { steps_.row_mean(out, [](float x) { return x * x; }, x); });
  }
  void row_mean_product(const Ref &x, const Ref &y, const std::string &out) {
    with(x, [&](auto x) { steps_.row_mean(out, [](float x, float y) { return x * y; }, x, all<float>(y.name)); });
  }
  void reciprocal_root(const char *x, const char *out) {
    steps_.map_rows(out, [eps = eps_](float x) { return 1 / std::sqrt(x + eps); }, per_row(x));
  }
  /// All groups side by side.
  void columns(const Ref &x, const char *out) {
    host::RowSteps whole_rows(to_, rows_ / spec_.groups, spec_.cols);
    if (x.is_f32)
      whole_rows.template columns<float, T>(x.name, out);
    else
      whole_rows.template columns<T, T>(x.name, out);
  }

private:
  template <class Action> static void with(const Ref &x, Action action) {
    if (x.is_f32)
      action(all<float>(x.name));
    else
      action(all<T>(x.name));
  }
  /// An operand, and a value of the output's type.
  template <class Action> static void with(const Ref &x, const Ref &out, Action action) {
    with(x, [&](auto x) {
      if (out.is_f32)
        action(x, float());
      else
        action(x, T());
    });
  }
  template <class F> void map(const Ref &out, F f, const Ref &x, const Ref &y) {
    with(x, out,
         [&](auto x, auto to) { with(y, [&](auto y) { steps_.template map<decltype(to)>(out.name, f, x, y); }); });
  }

  HostReference &to_;
  const NormSpec &spec_;
  int64_t rows_;
  float eps_;
  host::RowSteps steps_;
};

} // namespace

HostReference NormProblem::host_reference() const {
  HostReference reference;
  host::with_type(spec_.dtype, [&](auto element) {
    Steps<decltype(element)> steps(reference, spec_, rows(), eps_);
    Unfused unfused(steps, spec_);
    if (runs_forward()) unfused.forward();
    if (runs_backward()) unfused.backward(runs_forward());
  });
  return reference;
}

} // namespace fla::layernorm
