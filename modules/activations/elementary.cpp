// One line of CUDA and one of C++ for each. They are written as one would in a framework's kernel: with CUDA's
// functions, and on the host with those of HostMath.h, so that each loop is vector code. Both are good to a few units
// in the last place.
#include "modules/activations/elementary.h"

#include "compiler/support/Error.h"
#include "modules/common/HostMath.h"

#include <cmath>

namespace fla::activations {

namespace {

template <class F> float call(F f, const float *const *in, int i, float c) {
  if constexpr (std::is_invocable_v<F, float, float>)
    return f(in[0][i], c);
  else if constexpr (std::is_invocable_v<F, float, float, float>)
    return f(in[0][i], in[1][i], c);
  else if constexpr (std::is_invocable_v<F, float, float, float, float>)
    return f(in[0][i], in[1][i], in[2][i], c);
  else
    return f(in[0][i], in[1][i], in[2][i], in[3][i], c);
}

template <class F> constexpr int operands_of() {
  if constexpr (std::is_invocable_v<F, float, float>)
    return 1;
  else if constexpr (std::is_invocable_v<F, float, float, float>)
    return 2;
  else if constexpr (std::is_invocable_v<F, float, float, float, float>)
    return 3;
  else
    return 4;
}

/// `f` takes the operands and then c. It has no state, so that its type is all that the loop needs.
template <class F> Function make(std::string_view name, std::string_view cuda, F) {
  return {name, operands_of<F>(), cuda, [](const float *const *in, float c, float *__restrict out, int n) {
            for (int i = 0; i < n; ++i) out[i] = call(F(), in, i, c);
          }};
}

const std::vector<Function> &functions() {
  static const std::vector<Function> all = {
      make("add", "a + b", [](float a, float b, float) { return a + b; }),
      make("multiply", "a * b", [](float a, float b, float) { return a * b; }),
      make("scale", "a * c", [](float a, float c) { return a * c; }),
      make("square", "a * a", [](float a, float) { return a * a; }),
      make("twice", "2 * a", [](float a, float) { return 2 * a; }),
      make("relu", "a <= 0 ? 0 : a", [](float a, float) { return a <= 0 ? 0 : a; }),
      make("step", "a <= 0 ? 0.f : 1.f", [](float a, float) { return a <= 0 ? 0.f : 1.f; }),

      // sigmoid = 1 / (1 + e^-x)
      make("exp_minus", "expf(-a)", [](float a, float) { return host::exp(-a); }),
      make("reciprocal_plus_one", "1 / (1 + a)", [](float a, float) { return 1 / (1 + a); }),
      make("sigmoid_slope", "a * (1 - a)", [](float a, float) { return a * (1 - a); }),
      make("swish_slope", "b * (1 + a * (1 - b))", [](float a, float b, float) { return b * (1 + a * (1 - b)); }),

      // log(sigmoid(x)) = min(x, 0) - log(1 + e^-|x|)
      make("exp_minus_abs", "expf(-fabsf(a))", [](float a, float) { return host::exp(-host::abs(a)); }),
      make("log_plus_one", "log1pf(a)", [](float a, float) { return host::log1p(a); }),
      make("below_zero_minus", "(a < 0 ? a : 0) - b", [](float a, float b, float) { return (a < 0 ? a : 0) - b; }),
      make("logsigmoid_slope", "(a < 0 ? 1 : b) / (1 + b)",
           [](float a, float b, float) { return (a < 0 ? 1 : b) / (1 + b); }),

      // gelu = x / 2 (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715 x^3)
      make("gelu_cubic", "0.797884561f * a * (1 + 0.044715f * a * a)",
           [](float a, float) { return 0.797884561f * a * (1 + 0.044715f * a * a); }),
      make("tanh", "tanhf(a)", [](float a, float) { return host::tanh(a); }),
      make("half_times_plus_one", "0.5f * a * (1 + b)", [](float a, float b, float) { return 0.5f * a * (1 + b); }),
      // du/dx only counts where tanh(u) is not yet 1
      make("gelu_cubic_slope", "0.797884561f * (1 + 0.134145f * (a * a > 256 ? 256 : a * a))",
           [](float a, float) { return 0.797884561f * (1 + 0.134145f * (a * a > 256 ? 256 : a * a)); }),
      make("gelu_slope", "0.5f * (1 + b + a * (1 - b * b) * d)",
           [](float a, float b, float d, float) { return 0.5f * (1 + b + a * (1 - b * b) * d); }),

      // gelu_erf = x / 2 (1 + erf(x / sqrt(2)))
      make("erf_of_half_square", "erff(0.707106781f * a)", [](float a, float) { return host::erf(0.707106781f * a); }),
      make("bell", "0.398942280f * expf(-0.5f * a * a)",
           [](float a, float) { return 0.398942280f * host::exp(-0.5f * a * a); }),
      make("gelu_erf_slope", "0.5f * (1 + b) + a * d",
           [](float a, float b, float d, float) { return 0.5f * (1 + b) + a * d; }),

      // x^(3 / (sqrt(x) + 1)) above 0, x below; its logarithmic derivative
      make("power_exponent", "a > 0 ? 3 / (sqrtf(a) + 1) : 1.f",
           [](float a, float) { return a > 0 ? 3 / (std::sqrt(a) + 1) : 1.f; }),
      make("power_above_zero", "a > 0 ? powf(a, b) : a",
           [](float a, float b, float) { return a > 0 ? host::pow(a, b) : a; }),
      make("power_slope", "a > 0 ? d * (b / a - logf(a) * b * b / (6 * sqrtf(a))) : 1.f",
           [](float a, float b, float d, float) {
             return a > 0 ? d * (b / a - host::log(a) * b * b / (6 * std::sqrt(a))) : 1.f;
           }),
      // (u s)' = u' s + u s (1 - s)
      make("times_sigmoid_slope", "d * b + a * b * (1 - b)",
           [](float a, float b, float d, float) { return d * b + a * b * (1 - b); }),
  };
  return all;
}

} // namespace

const Function &function_named(std::string_view name) {
  for (const Function &f : functions())
    if (f.name == name) return f;
  throw tile::InternalError("there is no elementary function " + std::string(name));
}

} // namespace fla::activations
