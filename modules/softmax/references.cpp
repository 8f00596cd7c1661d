// The unfused softmax, on a GPU and on the host: its elementary steps, with intermediates in f32.
#include "modules/common/CudaRows.h"
#include "modules/common/HostMath.h"
#include "modules/common/HostRows.h"
#include "modules/softmax/softmax.h"

namespace fla::softmax {

namespace {

const char *const kKernels = R"cuda(
extern "C" __global__ void largest(const T *x, float *out, i64 rows, i64 cols) {
  row_max(out, rows, cols, [](float x) { return x; }, all(x));
}
extern "C" __global__ void subtract(const T *x, const float *most, float *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float m) { return x - m; }, all(x), per_row(most));
}
extern "C" __global__ void exponential(const float *x, float *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x) { return expf(x); }, all(x));
}
extern "C" __global__ void total(const float *x, float *out, i64 rows, i64 cols) {
  row_sum(out, rows, cols, [](float x) { return x; }, all(x));
}
extern "C" __global__ void divide(const float *x, const float *by, T *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float d) { return x / d; }, all(x), per_row(by));
}
extern "C" __global__ void multiply(const T *x, const T *y, float *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float y) { return x * y; }, all(x), all(y));
}
extern "C" __global__ void gradient(const T *y, const T *dy, const float *along, T *dx, i64 rows, i64 cols) {
  map(dx, rows, cols, [](float y, float dy, float a) { return y * (dy - a); }, all(y), all(dy), per_row(along));
}
)cuda";

/// What the steps need in memory between them: the same on both machines.
template <class Reference> void add_workspace(Reference &reference, bool forward, bool backward, int64_t n, int64_t d) {
  auto add = [&](const char *name, std::vector<int64_t> shape) {
    reference.workspace.push_back(scratch(name, std::move(shape)));
  };
  if (forward) {
    add("unfused_most", {n});
    add("unfused_less", {n, d});
    add("unfused_weight", {n, d});
    add("unfused_total", {n});
  }
  if (backward) {
    add("unfused_product", {n, d});
    add("unfused_along", {n});
  }
}

} // namespace

CudaReference SoftmaxProblem::cuda_reference() const {
  CudaReference reference = cuda::reference(spec_.dtype, kKernels);
  add_workspace(reference, runs_forward(), runs_backward(), rows(), cols());
  cuda::RowSteps steps(reference, spec_.dtype, rows(), cols());
  if (runs_forward()) {
    steps.rows("largest", {"x", "unfused_most"});
    steps.elements("subtract", {"x", "unfused_most", "unfused_less"});
    steps.elements("exponential", {"unfused_less", "unfused_weight"});
    steps.rows("total", {"unfused_weight", "unfused_total"});
    steps.elements("divide", {"unfused_weight", "unfused_total", "y"});
  }
  if (runs_backward()) {
    steps.elements("multiply", {"dy", "y", "unfused_product"});
    steps.rows("total", {"unfused_product", "unfused_along"});
    steps.elements("gradient", {"y", "dy", "unfused_along", "dx"});
  }
  return reference;
}

HostReference SoftmaxProblem::host_reference() const {
  using host::all, host::per_row;
  HostReference reference;
  add_workspace(reference, runs_forward(), runs_backward(), rows(), cols());
  host::RowSteps steps(reference, rows(), cols());
  auto itself = [](float x) { return x; };
  host::with_type(spec_.dtype, [&]<class T>(T) {
    if (runs_forward()) {
      steps.row_max("unfused_most", itself, all<T>("x"));
      steps.map<float>("unfused_less", [](float x, float m) { return x - m; }, all<T>("x"), per_row("unfused_most"));
      steps.map<float>("unfused_weight", [](float x) { return host::exp(x); }, all<float>("unfused_less"));
      steps.row_sum("unfused_total", itself, all<float>("unfused_weight"));
      steps.map<T>("y", [](float x, float d) { return x / d; }, all<float>("unfused_weight"), per_row("unfused_total"));
    }
    if (runs_backward()) {
      steps.map<float>("unfused_product", [](float dy, float y) { return dy * y; }, all<T>("dy"), all<T>("y"));
      steps.row_sum("unfused_along", itself, all<float>("unfused_product"));
      steps.map<T>(
          "dx", [](float y, float dy, float a) { return y * (dy - a); }, all<T>("y"), all<T>("dy"),
          per_row("unfused_along"));
    }
  });
  return reference;
}

} // namespace fla::softmax
