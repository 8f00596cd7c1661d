// The unfused l2norm, on a GPU and on the host: its elementary steps, with intermediates in f32, as an eager framework
// runs the formula.
#include "modules/common/CudaRows.h"
#include "modules/common/HostRows.h"
#include "modules/l2norm/problem.h"

#include <cmath>

namespace fla::l2norm {

namespace {

const char *const kKernels = R"cuda(
typedef OUT Y; // of y and dy; T is that of x and dx

extern "C" __global__ void square(const T *x, float *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x) { return x * x; }, all(x));
}
extern "C" __global__ void reciprocal_root(const float *x, float *out, i64 rows, float eps) {
  map_rows(out, rows, [=](float x) { return rsqrtf(x + eps); }, x);
}
extern "C" __global__ void scale_rows(const T *x, const float *scale, Y *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float s) { return x * s; }, all(x), per_row(scale));
}
extern "C" __global__ void multiply(const Y *x, const Y *y, float *out, i64 rows, i64 cols) {
  map(out, rows, cols, [](float x, float y) { return x * y; }, all(x), all(y));
}
extern "C" __global__ void row_sums(const float *x, float *out, i64 rows, i64 cols) {
  row_sum(out, rows, cols, [](float x) { return x; }, all(x));
}
extern "C" __global__ void input_gradient(const Y *dy, const Y *y, const float *along, const float *rstd, T *dx,
                                          i64 rows, i64 cols) {
  map(dx, rows, cols, [](float dy, float y, float a, float r) { return (dy - y * a) * r; }, all(dy), all(y),
      per_row(along), per_row(rstd));
}
)cuda";

} // namespace

CudaReference L2NormProblem::cuda_reference() const {
  CudaReference reference = cuda::reference(spec_.dtype, kKernels);
  reference.options.push_back(std::string("-DOUT=") + cuda::cpp_type(spec_.out_dtype));
  cuda::RowSteps steps(reference, spec_.dtype, rows(), cols());
  if (runs_forward()) {
    reference.workspace.push_back(scratch("unfused_square", {rows(), cols()}));
    reference.workspace.push_back(scratch("unfused_sum", {rows()}));
    steps.elements("square", {"x", "unfused_square"});
    steps.rows("row_sums", {"unfused_square", "unfused_sum"});
    steps.map_rows("reciprocal_root", {"unfused_sum", "rstd"}, {eps_});
    steps.elements("scale_rows", {"x", "rstd", "y"});
  }
  if (runs_backward()) {
    reference.workspace.push_back(scratch("unfused_product", {rows(), cols()}));
    reference.workspace.push_back(scratch("unfused_along", {rows()}));
    steps.elements("multiply", {"dy", "y", "unfused_product"});
    steps.rows("row_sums", {"unfused_product", "unfused_along"});
    steps.elements("input_gradient", {"dy", "y", "unfused_along", "rstd", "dx"});
  }
  return reference;
}

HostReference L2NormProblem::host_reference() const {
  using host::all, host::per_row;
  HostReference reference;
  host::RowSteps steps(reference, rows(), cols());
  auto build = [&]<class T, class Y>(T, Y) {
    if (runs_forward()) {
      reference.workspace.push_back(scratch("unfused_square", {rows(), cols()}));
      reference.workspace.push_back(scratch("unfused_sum", {rows()}));
      steps.map<float>("unfused_square", [](float x) { return x * x; }, all<T>("x"));
      steps.row_sum("unfused_sum", [](float x) { return x; }, all<float>("unfused_square"));
      steps.map_rows("rstd", [eps = float(eps_)](float x) { return 1 / std::sqrt(x + eps); }, per_row("unfused_sum"));
      steps.map<Y>("y", [](float x, float r) { return x * r; }, all<T>("x"), per_row("rstd"));
    }
    if (runs_backward()) {
      reference.workspace.push_back(scratch("unfused_product", {rows(), cols()}));
      reference.workspace.push_back(scratch("unfused_along", {rows()}));
      steps.map<float>("unfused_product", [](float dy, float y) { return dy * y; }, all<Y>("dy"), all<Y>("y"));
      steps.row_sum("unfused_along", [](float x) { return x; }, all<float>("unfused_product"));
      steps.map<T>(
          "dx", [](float dy, float y, float a, float r) { return (dy - y * a) * r; }, all<Y>("dy"), all<Y>("y"),
          per_row("unfused_along"), per_row("rstd"));
    }
  };
  host::with_type(spec_.dtype, [&](auto t) { host::with_type(spec_.out_dtype, [&](auto y) { build(t, y); }); });
  return reference;
}

} // namespace fla::l2norm
