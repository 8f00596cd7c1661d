// The unfused cross-entropy on the host: the steps of the GPU's reference, each a loop over rows on all cores that the
// C++ compiler turns into vector code. Intermediates are f32, as there.
#include "modules/common/HostMath.h"
#include "modules/common/HostSteps.h"
#include "modules/cross_entropy/problem.h"

#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace fla::cross_entropy {

using host::get;
using host::load;
using host::store;
using tile::runtime::parallel_for;
using Tensors = HostReference::Tensors;

namespace {

/// The number of `row` in a tensor of one number a row.
float at(const Tensors &t, const char *name, int64_t row) {
  return get<const float>(t, name)[row];
}

/// Folds f(0), f(1), ... in a fixed order of lanes, which the compiler makes vectors of.
template <class F, class Combine> float fold(int64_t n, float start, F f, Combine combine) {
  constexpr int64_t kLanes = 64;
  std::array<float, kLanes> lanes;
  lanes.fill(start);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[size_t(lane)] = combine(lanes[size_t(lane)], f(i + lane));
  for (; i < n; ++i) lanes[0] = combine(lanes[0], f(i));
  for (int64_t lane = 1; lane < kLanes; ++lane) lanes[0] = combine(lanes[0], lanes[size_t(lane)]);
  return lanes[0];
}
template <class F> float sum(int64_t n, F f) {
  return fold(n, 0, f, [](float a, float b) { return a + b; });
}

enum class Kind { Valid, Ignored, OutOfRange };
Kind kind_of(const Spec &spec, int64_t target) {
  if (target == spec.ignore_index) return Kind::Ignored;
  return target >= 0 && target < spec.classes ? Kind::Valid : Kind::OutOfRange;
}

/// `value` where the target is a class, else what the loss or a gradient is then.
float finished(Kind kind, float value) {
  return kind == Kind::Valid ? value : kind == Kind::Ignored ? 0 : std::numeric_limits<float>::quiet_NaN();
}

/// The steps that only cross-entropy has. E is the type of the logits.
template <class E> class Steps : public host::Steps<E> {
public:
  Steps(HostReference &to, const Spec &spec, int64_t rows) : host::Steps<E>(to, rows, spec.classes), spec_(spec) {}

  /// out[row] = f(tensors, row)
  template <class F> void each_row(std::string out, F f) {
    this->add([=, rows = this->rows_](const Tensors &t) {
      float *y = get<float>(t, out);
      parallel_for(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) y[row] = f(t, row);
      });
    });
  }
  /// x[row][col] = f(row)(x[row][col], col). By one pointer: with two, the compiler's check for overlap would find one,
  /// and the loop it keeps for that case is not vector code.
  template <class F> void change(std::string name, F f) {
    this->add([=, rows = this->rows_, cols = this->cols_](const Tensors &t) {
      float *x = get<float>(t, name);
      parallel_for(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const auto of = f(t, row);
          float *at = x + row * cols;
          for (int64_t col = 0; col < cols; ++col) at[col] = of(at[col], col);
        }
      });
    });
  }
  /// out[row] = f(the row of `in`)
  template <class In, class F> void reduce_rows(std::string in, std::string out, F f) {
    each_row(out, [=, cols = this->cols_](const Tensors &t, int64_t row) {
      return f(t, get<const In>(t, in) + row * cols);
    });
  }
  void on_one(std::function<void(const Tensors &)> step) { this->add(std::move(step)); }

  void transform() {
    this->template elements<E, float>("logits", "unfused_y",
                                      [scale = float(spec_.logit_scale)](const Tensors &, int64_t) {
                                        return [=](float x, int64_t) { return x * scale; };
                                      });
    if (spec_.softcap == 0) return;
    change("unfused_y", [cap = float(spec_.softcap)](const Tensors &, int64_t) {
      return [=](float y, int64_t) { return cap * host::tanh(y / cap); };
    });
  }

  /// unfused_logp, the logarithms of the softmax, and lse.
  template <class In> void log_softmax(const char *y) {
    const int64_t cols = this->cols_;
    reduce_rows<In>(y, "unfused_max", [=](const Tensors &, const In *row) {
      return fold(
          cols, -std::numeric_limits<float>::max(), [=](int64_t j) { return load(row[j]); },
          [](float a, float b) { return a > b ? a : b; });
    });
    subtract_rows<In>(y, "unfused_max");
    reduce_rows<float>("unfused_logp", "unfused_sum", [=](const Tensors &, const float *row) {
      return sum(cols, [=](int64_t j) { return host::exp(row[j]); });
    });
    each_row("unfused_log", [](const Tensors &t, int64_t row) { return std::log(at(t, "unfused_sum", row)); });
    each_row("lse", [spec = spec_](const Tensors &t, int64_t row) {
      const bool ignored = kind_of(spec, get<const int64_t>(t, "targets")[row]) == Kind::Ignored;
      return ignored ? 0 : at(t, "unfused_max", row) + at(t, "unfused_log", row);
    });
    subtract_rows<float>("unfused_logp", "unfused_log");
  }

  /// unfused_logp = in - of_rows
  template <class In> void subtract_rows(const char *in, const char *of_rows) {
    auto difference = [=](const Tensors &t, int64_t row) {
      return [m = at(t, of_rows, row)](float x, int64_t) { return x - m; };
    };
    if (in == std::string_view("unfused_logp"))
      change("unfused_logp", difference);
    else
      this->template elements<In, float>(in, "unfused_logp", difference);
  }

  void losses() {
    const Spec spec = spec_;
    if (spec.smooths())
      reduce_rows<float>("unfused_logp", "unfused_all", [=](const Tensors &t, const float *row) {
        const float *w = spec.class_weights ? get<const float>(t, "weight") : nullptr;
        return -sum(spec.classes, [=](int64_t j) { return w ? w[j] * row[j] : row[j]; });
      });
    each_row("unfused_weight", [=](const Tensors &t, int64_t row) {
      const int64_t target = get<const int64_t>(t, "targets")[row];
      if (kind_of(spec, target) != Kind::Valid) return 0.f;
      return spec.class_weights ? get<const float>(t, "weight")[target] : 1.f;
    });
    auto z = [=](const Tensors &t, int64_t row) {
      return float(spec.lse_square_scale) * at(t, "lse", row) * at(t, "lse", row);
    };
    each_row(spec.is_reduced() ? "unfused_loss" : "loss", [=](const Tensors &t, int64_t row) {
      const int64_t target = get<const int64_t>(t, "targets")[row];
      const Kind kind = kind_of(spec, target);
      if (kind != Kind::Valid) return finished(kind, 0);
      const float e = float(spec.label_smoothing);
      float loss =
          -(1 - e) * at(t, "unfused_weight", row) * get<const float>(t, "unfused_logp")[row * spec.classes + target];
      if (spec.smooths()) loss += e / float(spec.classes) * at(t, "unfused_all", row);
      return spec.has_z() ? loss + z(t, row) : loss;
    });
    if (spec.has_z())
      each_row(spec.is_reduced() ? "unfused_z" : "z_loss", [=](const Tensors &t, int64_t row) {
        return finished(kind_of(spec, get<const int64_t>(t, "targets")[row]), z(t, row));
      });
    if (!spec.is_reduced()) return;
    auto total = [rows = this->rows_](const Tensors &t, const char *name) {
      return sum(rows, [x = get<const float>(t, name)](int64_t i) { return x[i]; });
    };
    if (spec.is_mean()) on_one([=](const Tensors &t) { *get<float>(t, "total_weight") = total(t, "unfused_weight"); });
    auto reduce = [&](const char *from, const char *to) {
      on_one([=](const Tensors &t) {
        const float weight = spec.is_mean() ? *get<const float>(t, "total_weight") : 1;
        *get<float>(t, to) = weight == 0 ? 0 * total(t, from) : total(t, from) / weight;
      });
    };
    reduce("unfused_loss", "loss");
    if (spec.has_z()) reduce("unfused_z", "z_loss");
  }

  /// The gradient from unfused_logp; `given`: upstream gradients are.
  void gradient(bool given) {
    const Spec spec = spec_;
    const float e = float(spec.label_smoothing);
    change("unfused_logp", [](const Tensors &, int64_t) { return [](float x, int64_t) { return host::exp(x); }; });
    auto at_target = [=](const Tensors &t, int64_t row) {
      const int64_t target = get<const int64_t>(t, "targets")[row];
      if (kind_of(spec, target) != Kind::Valid) return 0.f;
      return (1 - e) * (spec.class_weights ? get<const float>(t, "weight")[target] : 1);
    };
    if (spec.smooths() || spec.class_weights || spec.has_z())
      change("unfused_logp", [=](const Tensors &t, int64_t row) {
        const float *w = spec.class_weights && spec.smooths() ? get<const float>(t, "weight") : nullptr;
        float along = at_target(t, row);
        if (spec.smooths()) along += w ? e / float(spec.classes) * *get<const float>(t, "unfused_weight_sum") : e;
        if (spec.has_z()) along += 2 * float(spec.lse_square_scale) * at(t, "lse", row);
        return [=](float p, int64_t) { return p * along; };
      });
    if (spec.smooths())
      change("unfused_logp", [=](const Tensors &t, int64_t) {
        const float *w = spec.class_weights ? get<const float>(t, "weight") : nullptr;
        return [=, share = e / float(spec.classes)](float d, int64_t j) { return d - (w ? w[j] : 1) * share; };
      });
    this->add([=, rows = this->rows_](const Tensors &t) {
      parallel_for(rows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
          if (const int64_t target = get<const int64_t>(t, "targets")[row]; kind_of(spec, target) == Kind::Valid)
            get<float>(t, "unfused_logp")[row * spec.classes + target] -= at_target(t, row);
      });
    });
    if (spec.softcap != 0)
      change("unfused_logp", [=](const Tensors &t, int64_t row) {
        const float *y = get<const float>(t, "unfused_y") + row * spec.classes;
        return [=, inverse = 1 / float(spec.softcap)](float d, int64_t j) {
          return d * (1 - y[j] * inverse * (y[j] * inverse));
        };
      });
    this->template elements<float, E>(
        "unfused_logp", spec.in_place ? "logits" : "dlogits", [=](const Tensors &t, int64_t row) {
          float g = float(spec.logit_scale) * (given ? get<const float>(t, "dloss")[spec.is_reduced() ? 0 : row] : 1);
          if (spec.is_mean()) {
            const float total = *get<const float>(t, "total_weight");
            g *= total == 0 ? 0 : 1 / total;
          }
          const Kind kind = kind_of(spec, get<const int64_t>(t, "targets")[row]);
          return [=, other = finished(kind, 0), valid = kind == Kind::Valid](float d, int64_t) {
            return valid ? d * g : other;
          };
        });
  }

  void sum_weights() {
    on_one([classes = this->cols_](const Tensors &t) {
      *get<float>(t, "unfused_weight_sum") =
          sum(classes, [w = get<const float>(t, "weight")](int64_t j) { return w[j]; });
    });
  }

private:
  Spec spec_;
};

} // namespace

HostReference CrossEntropyProblem::host_reference() const {
  HostReference reference;
  const bool transforms = spec_.logit_scale != 1 || spec_.softcap != 0;
  auto per_row = [&](const char *name) { reference.workspace.push_back(scratch(name, {rows_})); };
  reference.workspace.push_back(scratch("unfused_logp", {rows_, spec_.classes}));
  if (transforms) reference.workspace.push_back(scratch("unfused_y", {rows_, spec_.classes}));
  if (spec_.sums_weights()) reference.workspace.push_back(scratch("unfused_weight_sum", {1}));
  if (runs_forward())
    for (const char *name :
         {"unfused_max", "unfused_sum", "unfused_log", "unfused_all", "unfused_weight", "unfused_loss", "unfused_z"})
      per_row(name);

  host::with_type(spec_.dtype, [&](auto element) {
    using E = decltype(element);
    Steps<E> steps(reference, spec_, rows_);
    if (spec_.sums_weights()) steps.sum_weights();
    if (transforms) steps.transform();
    if (runs_forward()) {
      if (transforms)
        steps.template log_softmax<float>("unfused_y");
      else
        steps.template log_softmax<E>("logits");
      steps.losses();
    } else if (transforms) {
      steps.template subtract_rows<float>("unfused_y", "lse");
    } else {
      steps.template subtract_rows<E>("logits", "lse");
    }
    if (runs_backward()) steps.gradient(!runs_forward());
  });
  return reference;
}

} // namespace fla::cross_entropy
