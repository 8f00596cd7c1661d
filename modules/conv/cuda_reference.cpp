// The unfused causal_conv1d on a GPU: which of the elementary kernels run, in which order.
#include "modules/conv/cuda_kernels.h"
#include "modules/conv/problem.h"

#include <algorithm>

namespace fla::conv {

namespace {

const char *cpp_type(DType dtype) {
  return dtype == tile::f16 ? "__half" : dtype == tile::bf16 ? "__nv_bfloat16" : "float";
}

class Steps : public cuda::TokenSteps {
public:
  Steps(CudaReference &to, const ConvSpec &spec, const Sequences &sequences)
      : TokenSteps(to, sequences, spec.tokens.dtype, spec.tokens.cols, "x"), width_(spec.width), work_(to) {}

  /// dw and db in two stages each.
  void weights(const char *g, const char *x, const char *state) {
    const int64_t blocks = ceil_div(cols_, 32 * (cols_ % 4 == 0 ? 4 : 1));
    const int64_t parts = this->parts(blocks);
    work_.workspace.push_back(scratch("unfused_parts_dw", {parts, width_, cols_}));
    std::vector<std::string> tensors = {g, x, state};
    add("weight_products", {grid(blocks), uint32_t(parts)}, with_whereabouts(std::move(tensors), "unfused_parts_dw"),
        {rows_, cols_, sequences_.tokens()});
    add("finish_weights", {grid(ceil_div(width_ * cols_, kThreads))}, {"unfused_parts_dw", "dw"}, {parts, cols_});
  }
  void bias(const char *g) {
    const int64_t blocks = ceil_div(cols_, 32 * 4), parts = this->parts(blocks);
    work_.workspace.push_back(scratch("unfused_parts_db", {parts, cols_}));
    add("column_sums_f32", {grid(blocks), uint32_t(parts)}, {g, "unfused_parts_db"}, {rows_, cols_});
    add("finish_bias", {grid(ceil_div(cols_, kThreads))}, {"unfused_parts_db", "db"}, {parts, cols_});
  }

private:
  int64_t parts(int64_t blocks) const {
    return std::clamp<int64_t>(ceil_div(2048, blocks), 1, std::clamp<int64_t>(rows_ / 32, 1, 256));
  }
  int64_t width_;
  CudaReference &work_;
};

} // namespace

std::vector<std::string> cuda_options(const ConvSpec &spec) {
  std::vector<std::string> options = cuda::options(spec.tokens.dtype);
  options.push_back("-DWIDTH=" + std::to_string(spec.width));
  options.push_back(std::string("-DWEIGHT=") + cpp_type(spec.weight_dtype));
  if (spec.initial_state) options.push_back("-DSTATE");
  return options;
}

CudaReference ConvProblem::cuda_reference() const {
  CudaReference reference;
  reference.source = std::string(cuda::kElements) + cuda::kColumnSums + cuda::kTokens + kCudaKernels;
  reference.options = cuda_options(spec_);
  Steps steps(reference, spec_, sequences_);
  const std::vector<int64_t> shape = {sequences_.rows(), cols()};
  auto whole = [&](const char *name) {
    reference.workspace.push_back(scratch(name, shape));
    return name;
  };
  auto dense = [&](const char *name, const char *copy) {
    if (gap_ == 0) return name;
    reference.workspace.push_back(scratch_of(dtype(), copy, shape));
    steps.make_dense(name, copy, gap_);
    return copy;
  };

  const char *const x = dense("x", "unfused_x"), *const state = spec_.initial_state ? "initial_state" : "x";
  // What goes into the activation stays until the backward pass, as eager code saves it.
  const char *before = "y";
  if (runs_backward() || spec_.bias || spec_.silu || spec_.residual) {
    before = whole("unfused_sum");
    steps.tokens("convolve_f32", {x, "w", state}, before);
  } else {
    steps.tokens("convolve_t", {x, "w", state}, "y");
  }
  const bool bias_is_last = !runs_backward() && !spec_.silu && !spec_.residual;
  if (spec_.bias) {
    const char *const to = bias_is_last ? "y" : whole("unfused_before");
    steps.elements(bias_is_last ? "add_bias_t" : "add_bias_f32", {before, "b", to});
    before = to;
  }
  if (runs_forward()) {
    const char *out = before;
    if (spec_.silu) {
      out = spec_.residual ? whole("unfused_silu") : "y";
      steps.elements(spec_.residual ? "silu_f32" : "silu_t", {before, out});
    }
    if (spec_.residual) steps.elements("add_residual_t", {out, "residual", "y"});
    if (out == before && !spec_.residual && runs_backward()) steps.elements("narrow_t", {before, "y"});
    if (spec_.final_state) steps.sequences("final_states", {x, state}, "final_state");
  }
  if (runs_backward()) {
    const char *const dy = dense("dy", "unfused_dy"), *const g = whole("unfused_g");
    const char *const dfinal = spec_.final_state ? "dfinal_state" : "x";
    if (spec_.silu)
      steps.elements("silu_gradient", {dy, before, g});
    else
      steps.elements("widen_gradient", {dy, g});
    steps.tokens("input_gradient", {g, "w", dfinal}, "dx", {int64_t(spec_.final_state)});
    steps.weights(g, x, state);
    if (spec_.bias) steps.bias(g);
    if (spec_.initial_state)
      steps.sequences("state_gradients", {g, "w", dfinal}, "dinitial_state", {int64_t(spec_.final_state)});
  }
  return reference;
}

} // namespace fla::conv
