// The unfused update: the state moved by one, its product with the weights, then bias, activation and residual.
#include "modules/common/CudaSteps.h"
#include "modules/common/HostMath.h"
#include "modules/common/HostSteps.h"
#include "modules/common/TokenSteps.h"
#include "modules/conv/cuda_kernels.h"
#include "modules/conv/update.h"

namespace fla::conv {

namespace {

const char *const kUpdateKernels = R"cuda(
// ---- causal_conv1d_update -------------------------------------------------------------------------------------------

extern "C" __global__ void move_state(const T *state, const T *x, T *out, i64 rows, i64 cols) {
  elements(false, rows, cols, [=](auto, i64, i64, i64 at) {
#pragma unroll
    for (int w = 0; w + 1 < WIDTH; ++w) out[at * WIDTH + w] = state[at * WIDTH + w + 1];
    out[at * WIDTH + WIDTH - 1] = x[at];
  });
}
extern "C" __global__ void weigh_state(const T *state, const W *w, float *out, i64 rows, i64 cols) {
  elements(false, rows, cols, [=](auto, i64, i64 col, i64 at) {
    float sum = 0;
#pragma unroll
    for (int tap = 0; tap < WIDTH; ++tap) sum += widen(state[at * WIDTH + tap]) * widen(w[col * WIDTH + tap]);
    out[at] = sum;
  });
}
)cuda";

} // namespace

CudaReference UpdateProblem::cuda_reference() const {
  CudaReference reference;
  reference.source = std::string(cuda::kElements) + cuda::kColumnSums + cuda::kTokens + kCudaKernels + kUpdateKernels;
  reference.options = cuda_options(spec_);
  cuda::Steps steps(reference, dtype(), rows_, cols());
  auto whole = [&](const char *name) {
    reference.workspace.push_back(scratch(name, {rows_, cols()}));
    return name;
  };
  steps.elements("move_state", {"state", "x", "new_state"});
  const char *sum = whole("unfused_sum");
  steps.elements("weigh_state", {"new_state", "w", sum});
  if (spec_.bias) {
    steps.elements("add_bias_f32", {sum, "b", whole("unfused_before")});
    sum = "unfused_before";
  }
  if (spec_.silu && spec_.residual) {
    steps.elements("silu_f32", {sum, whole("unfused_silu")});
    sum = "unfused_silu";
  }
  if (spec_.residual)
    steps.elements("add_residual_t", {sum, "residual", "y"});
  else
    steps.elements(spec_.silu ? "silu_t" : "narrow_t", {sum, "y"});
  return reference;
}

HostReference UpdateProblem::host_reference() const {
  using host::get;
  using host::load;
  using Tensors = HostReference::Tensors;
  HostReference reference;
  reference.workspace.push_back(scratch("unfused_sum", {rows_, cols()}));
  auto make = [&](auto element, auto weight) {
    using E = decltype(element);
    using P = decltype(weight);
    const int64_t width = spec_.width, d = cols();
    host::Steps<E> steps(reference, rows_, d);
    reference.steps.push_back([=, n = rows_ * d](const Tensors &t) {
      const E *state = get<const E>(t, "state"), *x = get<const E>(t, "x");
      E *out = get<E>(t, "new_state");
      tile::runtime::parallel_for(n, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          for (int64_t w = 0; w + 1 < width; ++w) out[i * width + w] = state[i * width + w + 1];
          out[i * width + width - 1] = x[i];
        }
      });
    });
    steps.template elements<E, float>("x", "unfused_sum", [=](const Tensors &t, int64_t row) {
      return [=, state = get<const E>(t, "new_state") + row * d * width, w = get<const P>(t, "w")](float, int64_t col) {
        float sum = 0;
        for (int64_t i = 0; i < width; ++i) sum += load(state[col * width + i]) * load(w[col * width + i]);
        return sum;
      };
    });
    const char *sum = "unfused_sum";
    auto then = [&](const char *to, auto f) {
      reference.workspace.push_back(scratch(to, {rows_, d}));
      steps.template elements<float, float>(sum, to, f);
      sum = to;
    };
    if (spec_.bias)
      then("unfused_before", [](const Tensors &t, int64_t) {
        return [b = get<const P>(t, "b")](float x, int64_t col) { return x + load(b[col]); };
      });
    if (spec_.silu)
      then("unfused_silu",
           [](const Tensors &, int64_t) { return [](float x, int64_t) { return x / (1 + host::exp(-x)); }; });
    if (spec_.residual)
      then("unfused_out", [=](const Tensors &t, int64_t row) {
        return [r = get<const E>(t, "residual") + row * d](float x, int64_t col) { return x + load(r[col]); };
      });
    steps.template elements<float, E>(sum, "y",
                                      [](const Tensors &, int64_t) { return [](float x, int64_t) { return x; }; });
  };
  host::with_type(
      dtype(), [&](auto element) { host::with_type(spec_.weight_dtype, [&](auto weight) { make(element, weight); }); });
  return reference;
}

} // namespace fla::conv
