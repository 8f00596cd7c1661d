// The unfused norm on a GPU: which of the elementary kernels run, in which order, over which grids.
#include "modules/common/Rows.h"
#include "modules/layernorm/cuda_kernels.h"
#include "modules/layernorm/problem.h"

#include <algorithm>

namespace fla::layernorm {

using tile::runtime::Grid;

namespace {

constexpr int64_t kThreads = 256;

const char *cpp_type(DType dtype) {
  switch (dtype) {
  case tile::f16:
    return "__half";
  case tile::bf16:
    return "__nv_bfloat16";
  default:
    return "float";
  }
}

/// Collects the steps; those over no elements are left out.
class Steps {
public:
  Steps(CudaReference &to, DType dtype, int64_t rows, int64_t cols)
      : to_(to), vector_(16 / tile::size_of(dtype)), rows_(rows), cols_(cols) {}

  /// A kernel over all elements, which takes `tensors`, rows, cols.
  void elements(const char *kernel, std::vector<std::string> tensors) {
    const int64_t per_thread = cols_ % vector_ == 0 ? vector_ : 1;
    add(kernel, {grid(ceil_div(rows_ * cols_, per_thread * kThreads))}, std::move(tensors), {rows_, cols_});
  }
  /// A kernel that reduces every row.
  void rows(const char *kernel, std::vector<std::string> tensors) {
    add(kernel, {grid(cols_ > 2048 ? rows_ : ceil_div(rows_, kThreads / 32))}, std::move(tensors), {rows_, cols_});
  }
  /// out[row] = 1 / sqrt(in[row] + eps)
  void reciprocal_root(const char *in, const char *out, double eps) {
    add("reciprocal_root", {grid(ceil_div(rows_, kThreads))}, {in, out}, {rows_, eps});
  }
  /// Column sums of `in`, in two stages.
  void columns(const char *kernel, DType of, const char *in, const char *out) {
    const int64_t blocks = ceil_div(cols_, 32 * 16 / tile::size_of(of));
    // Enough blocks to fill a GPU, but not so many that the second stage has much to read.
    const int64_t parts = std::clamp<int64_t>(ceil_div(2048, blocks), 1, std::clamp<int64_t>(rows_ / 32, 1, 256));
    const std::string scratch_name = std::string("unfused_parts_") + out;
    to_.workspace.push_back(scratch(scratch_name, {parts, cols_}));
    add(kernel, {grid(blocks), uint32_t(parts)}, {in, scratch_name}, {rows_, cols_});
    add("finish_columns", {grid(ceil_div(cols_, 32))}, {scratch_name, out}, {parts, cols_});
  }

private:
  /// Kernels loop where a grid ends: it need not cover everything.
  static uint32_t grid(int64_t blocks) { return uint32_t(std::min<int64_t>(blocks, 1 << 24)); }

  void add(const char *kernel, Grid grid, std::vector<std::string> tensors, std::vector<ArgValue> values) {
    if (grid.programs() == 0) return;
    CudaStep step{kernel, grid, uint32_t(kThreads), {}};
    for (std::string &tensor : tensors) step.args.push_back(std::move(tensor));
    for (ArgValue &value : values) step.args.push_back(std::move(value));
    to_.steps.push_back(std::move(step));
  }

  CudaReference &to_;
  int64_t vector_, rows_, cols_;
};

} // namespace

CudaReference NormProblem::cuda_reference() const {
  CudaReference reference;
  reference.source = kCudaKernels;
  // NVRTC takes the source's generic lambdas for host code unless told otherwise.
  reference.options = {std::string("-DELEMENT=") + cpp_type(spec_.dtype), "-default-device"};
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
    steps.columns("column_sums_f32", tile::f32, "unfused_product", "dw");
    if (spec_.centered) steps.columns("column_sums_t", spec_.dtype, "dy", "db");
  }
  return reference;
}

} // namespace fla::layernorm
