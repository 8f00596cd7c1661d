// The unfused norm on a GPU: which of the elementary kernels run, in which order, over which grids.
#include "modules/common/CudaSteps.h"
#include "modules/common/Rows.h"
#include "modules/layernorm/cuda_kernels.h"
#include "modules/layernorm/problem.h"

namespace fla::layernorm {

namespace {

class Steps : public cuda::Steps {
public:
  using cuda::Steps::Steps;

  /// A kernel that reduces every row.
  void rows(const char *kernel, std::vector<std::string> tensors) {
    add(kernel, {grid(cols_ > 2048 ? rows_ : ceil_div(rows_, kThreads / 32))}, std::move(tensors), {rows_, cols_});
  }
  /// out[row] = 1 / sqrt(in[row] + eps)
  void reciprocal_root(const char *in, const char *out, double eps) {
    add("reciprocal_root", {grid(ceil_div(rows_, kThreads))}, {in, out}, {rows_, eps});
  }
};

} // namespace

CudaReference NormProblem::cuda_reference() const {
  CudaReference reference;
  reference.source = std::string(cuda::kElements) + cuda::kColumnSums + kCudaKernels;
  reference.options = cuda::options(spec_.dtype);
  auto whole = [&](const char *name) { reference.workspace.push_back(scratch(name, {rows_, spec_.cols})); };
  auto per_row = [&](const char *name) { reference.workspace.push_back(scratch(name, {rows_})); };
  Steps steps(reference, spec_.dtype, rows_, spec_.cols);
  whole("unfused_xhat");

  if (runs_forward()) {
    per_row("unfused_variance");
    if (spec_.centered) {
      whole("unfused_centered");
      whole("unfused_scaled");
      steps.rows("row_mean_t", {"x", "mean"});
      steps.elements("subtract_mean", {"x", "mean", "unfused_centered"});
      steps.rows("row_mean_square_f32", {"unfused_centered", "unfused_variance"});
      steps.reciprocal_root("unfused_variance", "rstd", eps_);
      steps.elements("scale_rows_f32", {"unfused_centered", "rstd", "unfused_xhat"});
      steps.elements("scale_columns_f32", {"unfused_xhat", "w", "unfused_scaled"});
      steps.elements("add_columns", {"unfused_scaled", "b", "y"});
    } else {
      steps.rows("row_mean_square_t", {"x", "unfused_variance"});
      steps.reciprocal_root("unfused_variance", "rstd", eps_);
      steps.elements("scale_rows_t", {"x", "rstd", "unfused_xhat"});
      steps.elements("scale_columns_to_t", {"unfused_xhat", "w", "y"});
    }
  }
  if (runs_backward()) {
    whole("unfused_g");
    whole("unfused_product");
    per_row("unfused_along");
    // After a forward pass xhat is still there, as eager code saves it for its backward.
    if (!runs_forward()) {
      if (spec_.centered)
        steps.elements("normalize", {"x", "mean", "rstd", "unfused_xhat"});
      else
        steps.elements("scale_rows_t", {"x", "rstd", "unfused_xhat"});
    }
    steps.elements("scale_columns_of_t", {"dy", "w", "unfused_g"});
    steps.rows("row_mean_product", {"unfused_g", "unfused_xhat", "unfused_along"});
    if (spec_.centered) {
      per_row("unfused_mean_g");
      steps.rows("row_mean_f32", {"unfused_g", "unfused_mean_g"});
      steps.elements("input_gradient", {"unfused_g", "unfused_xhat", "unfused_along", "unfused_mean_g", "rstd", "dx"});
    } else {
      steps.elements("input_gradient_rms", {"unfused_g", "unfused_xhat", "unfused_along", "rstd", "dx"});
    }
    steps.elements("multiply", {"dy", "unfused_xhat", "unfused_product"});
    steps.columns(tile::f32, "unfused_product", "dw");
    if (spec_.centered) steps.columns(spec_.dtype, "dy", "db");
  }
  return reference;
}

} // namespace fla::layernorm
