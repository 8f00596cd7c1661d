// The elementary steps of norms as CUDA C++, the way an eager framework runs a norm that is written out in tensor
// operations.
#include "modules/common/CudaRows.h"
#include "modules/layernorm/problem.h"
#include "modules/layernorm/unfused.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace fla::layernorm {

namespace {

/// One template for each step; the last pointer is the output. Kernels of the types that a case needs come behind.
const char *const kKernels = R"cuda(
template <class A, class Out> __device__ inline void convert(const A *x, Out *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x) { return x; }, all(x));
}
template <class A, class B, class Out>
__device__ inline void add(const A *x, const B *y, Out *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float y) { return x + y; }, all(x), all(y));
}
template <class A, class B, class Out>
__device__ inline void multiply(const A *x, const B *y, Out *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float y) { return x * y; }, all(x), all(y));
}
template <class A, class Out>
__device__ inline void subtract_mean(const A *x, const float *mean, Out *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float m) { return x - m; }, all(x), per_row(mean));
}
template <class A, class Out>
__device__ inline void scale_rows(const A *x, const float *scale, Out *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float s) { return x * s; }, all(x), per_row(scale));
}
template <class A, class Out>
__device__ inline void normalize(const A *x, const float *mean, const float *rstd, Out *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float m, float r) { return (x - m) * r; }, all(x), per_row(mean), per_row(rstd));
}
template <class A, class Out>
__device__ inline void scale_columns(const A *x, const T *w, Out *out, i64 rows, i64 cols, i64 groups) {
  map(out, rows, cols, [](float x, float w) { return x * (WEIGHT_OFFSET + w); }, all(x), per_column(w, cols, groups));
}
template <class A, class Out>
__device__ inline void add_columns(const A *x, const T *b, Out *out, i64 rows, i64 cols, i64 groups) {
  map(out, rows, cols, [](float x, float b) { return x + b; }, all(x), per_column(b, cols, groups));
}

__device__ inline float sigmoid(float g) { return 1 / (1 + expf(-g)); }
template <class Out> __device__ inline void activate(const T *g, Out *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float g) { return SILU ? g * sigmoid(g) : sigmoid(g); }, all(g));
}
template <class A, class Out>
__device__ inline void gate_gradient(const A *d, const T *g, Out *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float d, float g) {
    const float s = sigmoid(g), slope = s * (1 - s);
    return d * (SILU ? s + g * slope : slope);
  }, all(d), all(g));
}

template <class A, class Out>
__device__ inline void input_gradient(const A *h, const float *xhat, const float *along, const float *mean_h,
                                      const float *rstd, Out *dx, i64 rows, i64 cols) {
  map(dx, rows, cols, [](float h, float x, float a, float m, float r) { return (h - x * a - m) * r; }, all(h),
      all(xhat), per_row(along), per_row(mean_h), per_row(rstd));
}
template <class A, class Out>
__device__ inline void input_gradient_rms(const A *h, const float *xhat, const float *along, const float *rstd,
                                          Out *dx, i64 rows, i64 cols) {
  map(dx, rows, cols, [](float h, float x, float a, float r) { return (h - x * a) * r; }, all(h), all(xhat),
      per_row(along), per_row(rstd));
}

template <class A> __device__ inline void mean_of_rows(const A *x, float *out, i64 rows, i64 cols) {
  row_mean(out, rows, cols, [](float x) { return x; }, all(x));
}
template <class A> __device__ inline void row_mean_square(const A *x, float *out, i64 rows, i64 cols) {
  row_mean(out, rows, cols, [](float x) { return x * x; }, all(x));
}
template <class A> __device__ inline void row_mean_product(const A *x, const float *y, float *out, i64 rows, i64 cols) {
  row_mean(out, rows, cols, [](float x, float y) { return x * y; }, all(x), all(y));
}

extern "C" __global__ void reciprocal_root(const float *x, float *out, i64 rows, float eps) {
  map_rows(out, rows, [=](float x) { return rsqrtf(x + eps); }, x);
}
)cuda";

/// The steps of unfused.h as launches.
class Steps {
public:
  Steps(CudaReference &to, const NormSpec &spec, int64_t rows, double eps)
      : to_(to), spec_(spec), rows_(rows), eps_(eps), groups_(to, spec.dtype, rows, spec.width()) {}

  void whole(const char *name) { to_.workspace.push_back(scratch(name, {rows_, spec_.width()})); }
  void row(const char *name) { to_.workspace.push_back(scratch(name, {rows_})); }

  void convert(const Ref &x, const char *out, DType dtype) {
    elements("convert", {of(x)}, {out, cuda::cpp_type(dtype)});
  }
  void widen(const char *x, DType dtype, const Ref &out) { elements("convert", {{x, cuda::cpp_type(dtype)}}, of(out)); }
  void add(const Ref &x, const Ref &y, const Ref &out) { elements("add", {of(x), of(y)}, of(out)); }
  void multiply(const Ref &x, const Ref &y, const Ref &out) { elements("multiply", {of(x), of(y)}, of(out)); }
  void activate(const char *g, const Ref &out) { elements("activate", {t(g)}, of(out)); }
  void gate_gradient(const char *d, const char *g, const char *dg) { elements("gate_gradient", {f32(d), t(g)}, t(dg)); }
  void subtract_mean(const Ref &x, const char *mean, const Ref &out) {
    elements("subtract_mean", {of(x), f32(mean)}, of(out));
  }
  void scale_rows(const Ref &x, const char *scale, const Ref &out) {
    elements("scale_rows", {of(x), f32(scale)}, of(out));
  }
  void normalize(const Ref &x, bool centered, const Ref &out) {
    if (centered)
      elements("normalize", {of(x), f32("mean"), f32("rstd")}, of(out));
    else
      scale_rows(x, "rstd", out);
  }
  void scale_columns(const Ref &x, const char *w, const Ref &out) {
    elements("scale_columns", {of(x), t(w)}, of(out), {spec_.groups});
  }
  void add_columns(const Ref &x, const char *b, const Ref &out) {
    elements("add_columns", {of(x), t(b)}, of(out), {spec_.groups});
  }
  void input_gradient(const Ref &h, bool centered, const Ref &dx) {
    std::vector<Operand> in = {of(h), f32("unfused_xhat"), f32("unfused_along")};
    if (centered) in.push_back(f32("unfused_mean_h"));
    in.push_back(f32("rstd"));
    elements(centered ? "input_gradient" : "input_gradient_rms", in, of(dx));
  }

  void row_mean(const Ref &x, const std::string &out) { reduction("mean_of_rows", {of(x)}, out); }
  void row_mean_square(const Ref &x, const std::string &out) { reduction("row_mean_square", {of(x)}, out); }
  void row_mean_product(const Ref &x, const Ref &y, const std::string &out) {
    reduction("row_mean_product", {of(x), of(y)}, out);
  }
  void reciprocal_root(const char *x, const char *out) { groups_.map_rows("reciprocal_root", {x, out}, {eps_}); }
  /// All groups side by side.
  void columns(const Ref &x, const char *out) {
    cuda::Steps(to_, spec_.dtype, rows_ / spec_.groups, spec_.cols)
        .columns(x.is_f32 ? tile::f32 : spec_.dtype, x.name, out);
  }

private:
  struct Operand {
    std::string name, type;
  };
  Operand t(const char *name) const { return {name, "T"}; }
  Operand f32(const std::string &name) const { return {name, "float"}; }
  Operand of(const Ref &ref) const { return {ref.name, ref.is_f32 ? "float" : "T"}; }

  void elements(const char *step, std::vector<Operand> in, Operand out, std::vector<ArgValue> more = {}) {
    const std::string kernel = instance(step, in, out, !more.empty());
    groups_.elements(kernel.c_str(), names(in, out), std::move(more));
  }
  void reduction(const char *step, std::vector<Operand> in, const std::string &out) {
    const std::string kernel = instance(step, in, f32(out), false);
    groups_.rows(kernel.c_str(), names(in, f32(out)));
  }
  static std::vector<std::string> names(const std::vector<Operand> &in, const Operand &out) {
    std::vector<std::string> all;
    for (const Operand &operand : in) all.push_back(operand.name);
    all.push_back(out.name);
    return all;
  }

  /// The kernel that is the step's template for these types; its source is added when it is new.
  std::string instance(const std::string &step, const std::vector<Operand> &in, const Operand &out, bool with_groups) {
    std::string kernel = "norm_" + step;
    std::vector<std::string> parameters, arguments;
    for (const Operand &operand : in) {
      kernel += "_" + operand.type;
      arguments.push_back(fmt::format("p{}", arguments.size()));
      parameters.push_back(fmt::format("const {} *{}", operand.type, arguments.back()));
    }
    kernel += "_" + out.type;
    parameters.push_back(fmt::format("{} *out, i64 rows, i64 cols{}", out.type, with_groups ? ", i64 groups" : ""));
    if (known_.insert(kernel).second)
      to_.source +=
          fmt::format("extern \"C\" __global__ void {}({}) {{ {}({}, out, rows, cols{}); }}\n", kernel,
                      fmt::join(parameters, ", "), step, fmt::join(arguments, ", "), with_groups ? ", groups" : "");
    return kernel;
  }

  CudaReference &to_;
  const NormSpec &spec_;
  int64_t rows_;
  double eps_;
  cuda::RowSteps groups_;
  std::set<std::string> known_;
};

} // namespace

CudaReference NormProblem::cuda_reference() const {
  CudaReference reference = cuda::reference(spec_.dtype, kKernels);
  reference.source += cuda::kColumnSums;
  reference.options.push_back(std::string("-DSILU=") + (spec_.gate == Gate::Silu ? "1" : "0"));
  reference.options.push_back(std::string("-DWEIGHT_OFFSET=") + (spec_.weight_offset ? "1" : "0"));
  Steps steps(reference, spec_, rows(), eps_);
  Unfused unfused(steps, spec_);
  if (runs_forward()) unfused.forward();
  if (runs_backward()) unfused.backward(runs_forward());
  return reference;
}

} // namespace fla::layernorm
