// f32 expressions that stay right everywhere: nothing overflows on the way to a finite result, and where f tends to 0
// or to a line, so does what is computed. Backward kernels differentiate them.
#include "modules/activations/activation.h"

#include "compiler/dsl/Fast.h"
#include "compiler/support/Error.h"

#include <cmath>
#include <iterator>
#include <numbers>

namespace fla::activations {

namespace {

using tile::Tile;

const double kRootTwoOverPi = std::sqrt(2 / std::numbers::pi);
const double kRootHalf = std::numbers::sqrt2 / 2;
constexpr double kCubic = 0.044715;  ///< of gelu's tanh form
constexpr double kPowerLimit = 1e30; ///< from here on powglu's power is 1 in f32 and does not change any more

// ---- What the kernels compute ---------------------------------------------------------------------------------------

/// c[0] + c[1] x + ...
template <size_t N> Tile polynomial(const Tile &x, const float (&c)[N]) {
  Tile sum = x * c[N - 1] + c[N - 2];
  for (size_t i = N - 2; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

Tile sigmoid(const Tile &x) {
  return tile::sigmoid(x);
}

/// min(x, 0) - log(1 + e^-|x|), with one condition for both so that the slope at 0 is one of the two sides', 1/2. As a
/// power of 2, e^-|x| loses some digits only where it is too small to matter.
Tile logsigmoid(const Tile &x) {
  Tile below = x < 0.f;
  return where(below, x, 0.f) - log1p(exp2(where(below, x, -x) * std::numbers::log2e));
}

/// The same in less than half of the instructions: e = e^-|x| is from 0 to 1, where log(1 + e) / e is a polynomial, to
/// 2^-23 of itself (interpolated at the Chebyshev nodes; the first coefficient is 1, so that it is exact towards 0). In
/// f32 that and the sum lose 3 units in the last place.
Tile logsigmoid_forward(const Tile &x) {
  static constexpr float c[] = {1,           -0.49999446f,  0.3331812f,   -0.24835399f, 0.19076881f, -0.13602248f,
                                0.07751609f, -0.029074065f, 0.0051261024f};
  Tile e = exp2(abs(x) * -std::numbers::log2e);
  return min(x, 0.f) - polynomial(e, c) * e;
}

Tile swish(const Tile &x) {
  return x * tile::sigmoid(x);
}

/// x / 2 (1 + tanh(u)) is x sigmoid(2u), which loses nothing where tanh(u) is close to -1. From |x| = 16 on, sigmoid is
/// 0 or 1, and the bound on x^2 keeps its slope finite. What rounds 2u costs about |2u| ulps already, as much as the
/// fast sigmoid does.
Tile gelu(const Tile &x) {
  Tile bounded = min(x * x, 256.f);
  return x * fast_sigmoid(x * (bounded * (2 * kRootTwoOverPi * kCubic) + 2 * kRootTwoOverPi));
}

Tile gelu_erf(const Tile &x) {
  Tile half = x * 0.5f;
  return half * erf(x * kRootHalf) + half;
}

/// The same in half of the instructions: the normal distribution below -|x|, e = erfc(|x| / sqrt(2)) / 2, is a power of
/// 2 whose exponent is a polynomial on [0, 5.5] (minimax of the error in e: 2^-29 of 1 and 2^-19 of e) and falls
/// without end behind it. x e and x (1 - e) lose nothing to cancellation, as half + half * erf does where x is
/// negative.
Tile gelu_erf_forward(const Tile &x) {
  static constexpr float c[] = {-1,
                                -1.15110445f,
                                -0.459219366f,
                                -0.0524411611f,
                                0.00693872292f,
                                1.41563251e-05f,
                                -0.00029041848f,
                                8.07751494e-05f,
                                -1.19177594e-05f,
                                9.67210667e-07f,
                                -3.38398891e-08f};
  Tile e = exp2(polynomial(abs(x), c));
  return x * where(x < 0.f, e, 1.f - e);
}

Tile relu(const Tile &x) {
  return max(x, 0.f);
}

Tile sqrelu(const Tile &x) {
  Tile r = relu(x);
  return r * r;
}

/// With l = log2(x) the power is 2^(l e), and e = 3 / (1 + sqrt(x)) is 3 sigmoid(-ln(2) l / 2): no root, no division.
/// Few digits are left only where the power is about x^3 and tiny.
Tile pow3(const Tile &x) {
  Tile l = fast_log2(min(x, float(kPowerLimit)));
  Tile power = exp2(l * tile::sigmoid(l * (-std::numbers::ln2 / 2)) * 3.f);
  return where(x > 0.f, power, x) * tile::sigmoid(x);
}

/// The same by the instructions that a GPU has for it, sqrt(x) being 2^(l / 2). An error of 2^-22 in l, absolute where
/// x is about 1 and relative elsewhere, is one of at most 3 * 2^-22 in l e for x above 1/2, 9 units in the last place
/// of the power; below, where l e is up to 3 l, one of 3 |l| 2^-22 of a power that is less than x^2. The sigmoid loses
/// |x| units in the last place, of a result that is less than |x| e^x where that is negative.
Tile pow3_forward(const Tile &x) {
  // On a GPU that is fast_sigmoid; on a CPU it is 4 % fewer instructions than the exact one.
  auto sigmoid = [](const Tile &y) { return fast_reciprocal(exp2(y * -std::numbers::log2e) + 1.f); };
  Tile l = fast_log2(min(x, float(kPowerLimit)));
  Tile e = fast_reciprocal(exp2(l * 0.5f) + 1.f) * 3.f;
  return where(x > 0.f, exp2(l * e), x) * sigmoid(x);
}

// ---- The truth ------------------------------------------------------------------------------------------------------

double sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
double sigmoid_derivative(double x) {
  return sigmoid(x) * sigmoid(-x);
}

double logsigmoid(double x) {
  return (x < 0 ? x : 0) - std::log1p(std::exp(-std::fabs(x)));
}
double logsigmoid_derivative(double x) {
  return sigmoid(-x);
}

double swish(double x) {
  return x * sigmoid(x);
}
double swish_derivative(double x) {
  return sigmoid(x) + x * sigmoid_derivative(x);
}

double gelu(double x) {
  return x * sigmoid(2 * kRootTwoOverPi * x * (1 + kCubic * x * x));
}
double gelu_derivative(double x) {
  const double v = 2 * kRootTwoOverPi * x * (1 + kCubic * x * x);
  return sigmoid(v) + x * sigmoid_derivative(v) * 2 * kRootTwoOverPi * (1 + 3 * kCubic * std::fmin(x * x, 1e6));
}

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x * kRootHalf);
}
double gelu_erf(double x) {
  return x * normal_cdf(x);
}
double gelu_erf_derivative(double x) {
  return normal_cdf(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

double relu(double x) {
  return x <= 0 ? 0 : x; // NaN stays
}
double relu_derivative(double x) {
  return x <= 0 ? 0 : 1;
}

double sqrelu(double x) {
  return relu(x) * relu(x);
}
double sqrelu_derivative(double x) {
  return 2 * relu(x);
}

double pow3(double x) {
  return (x > 0 ? std::pow(x, 3 / (std::sqrt(x) + 1)) : x) * sigmoid(x);
}
double pow3_derivative(double x) {
  if (!(x > 0)) return swish_derivative(x);
  x = std::fmin(x, kPowerLimit);
  const double root = std::sqrt(x), e = 3 / (root + 1), slope = -3 / (2 * root * (root + 1) * (root + 1));
  return pow3(x) * (slope * std::log(x) + e / x + sigmoid(-x));
}

// ---- The table ------------------------------------------------------------------------------------------------------

const std::vector<Elementary> kSigmoid = {{"exp_minus", {"x"}, "e"}, {"reciprocal_plus_one", {"e"}, "sigmoid"}};

std::vector<Elementary> after_sigmoid(std::vector<Elementary> more) {
  more.insert(more.begin(), kSigmoid.begin(), kSigmoid.end());
  return more;
}

Activation row(std::string_view op, Form form, std::string_view summary) {
  Activation a{};
  a.op = op;
  a.form = form;
  a.summary = summary;
  return a;
}

Activation with_sigmoid(Activation a) {
  a.forward = sigmoid, a.value = sigmoid, a.derivative = sigmoid_derivative;
  a.value_steps = {{"exp_minus", {"x"}, "e"}, {"reciprocal_plus_one", {"e"}, "value"}};
  a.derivative_steps = after_sigmoid({{"sigmoid_slope", {"sigmoid"}, "derivative"}});
  return a;
}

Activation with_logsigmoid(Activation a) {
  a.forward = logsigmoid_forward, a.differentiated = logsigmoid, a.value = logsigmoid,
  a.derivative = logsigmoid_derivative;
  a.crowded = true;
  a.value_steps = {
      {"exp_minus_abs", {"x"}, "e"}, {"log_plus_one", {"e"}, "log"}, {"below_zero_minus", {"x", "log"}, "value"}};
  a.derivative_steps = {{"exp_minus_abs", {"x"}, "e"}, {"logsigmoid_slope", {"x", "e"}, "derivative"}};
  return a;
}

Activation with_swish(Activation a) {
  a.forward = swish, a.value = swish, a.derivative = swish_derivative;
  a.value_steps = after_sigmoid({{"multiply", {"x", "sigmoid"}, "value"}});
  a.derivative_steps = after_sigmoid({{"swish_slope", {"x", "sigmoid"}, "derivative"}});
  return a;
}

Activation with_gelu(Activation a) {
  a.forward = gelu, a.value = gelu, a.derivative = gelu_derivative;
  const std::vector<Elementary> tanh = {{"gelu_cubic", {"x"}, "u"}, {"tanh", {"u"}, "tanh"}};
  a.value_steps = a.derivative_steps = tanh;
  a.value_steps.push_back({"half_times_plus_one", {"x", "tanh"}, "value"});
  a.derivative_steps.push_back({"gelu_cubic_slope", {"x"}, "du"});
  a.derivative_steps.push_back({"gelu_slope", {"x", "tanh", "du"}, "derivative"});
  return a;
}

Activation with_gelu_erf(Activation a) {
  a.forward = gelu_erf_forward, a.differentiated = gelu_erf, a.value = gelu_erf, a.derivative = gelu_erf_derivative;
  a.wide_backward = true;
  a.value_steps = {{"erf_of_half_square", {"x"}, "erf"}, {"half_times_plus_one", {"x", "erf"}, "value"}};
  a.derivative_steps = {{"erf_of_half_square", {"x"}, "erf"},
                        {"bell", {"x"}, "bell"},
                        {"gelu_erf_slope", {"x", "erf", "bell"}, "derivative"}};
  return a;
}

Activation with_sqrelu(Activation a) {
  a.forward = sqrelu, a.value = sqrelu, a.derivative = sqrelu_derivative;
  a.light = true;
  a.value_steps = {{"relu", {"x"}, "relu"}, {"square", {"relu"}, "value"}};
  a.derivative_steps = {{"relu", {"x"}, "relu"}, {"twice", {"relu"}, "derivative"}};
  return a;
}

Activation with_relu(Activation a) {
  a.forward = relu, a.value = relu, a.derivative = relu_derivative;
  a.value_steps = {{"relu", {"x"}, "value"}};
  a.derivative_steps = {{"step", {"x"}, "derivative"}};
  return a;
}

Activation with_pow3(Activation a) {
  a.forward = pow3_forward, a.differentiated = pow3, a.value = pow3, a.derivative = pow3_derivative;
  a.costly = true;
  const std::vector<Elementary> power =
      after_sigmoid({{"power_exponent", {"x"}, "exponent"}, {"power_above_zero", {"x", "exponent"}, "power"}});
  a.value_steps = a.derivative_steps = power;
  a.value_steps.push_back({"multiply", {"power", "sigmoid"}, "value"});
  a.derivative_steps.push_back({"power_slope", {"x", "exponent", "power"}, "dpower"});
  a.derivative_steps.push_back({"times_sigmoid_slope", {"power", "sigmoid", "dpower"}, "derivative"});
  return a;
}

} // namespace

const std::vector<Activation> &activations() {
  static const std::vector<Activation> all = {
      with_sigmoid(row("sigmoid", Form::Plain, "y = 1 / (1 + exp(-x))")),
      with_logsigmoid(row("logsigmoid", Form::Scaled, "y = log(sigmoid(x)) / temperature")),
      with_swish(row("swish", Form::Plain, "y = x * sigmoid(x)")),
      with_gelu(row("gelu", Form::Plain, "y = x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))")),
      with_gelu_erf(row("gelu_erf", Form::Plain, "y = x/2 * (1 + erf(x / sqrt(2)))")),
      with_gelu(row("bias_gelu", Form::Biased, "y = gelu(x + b), b of [D]; its gradient too")),
      with_sqrelu(row("sqrelu", Form::Plain, "y = max(x, 0)^2")),
      with_swish(row("swiglu", Form::Gated, "z = swish(x) * y")),
      with_sigmoid(row("sigmoidglu", Form::Gated, "z = sigmoid(x) * y")),
      with_gelu(row("geglu", Form::Gated, "z = gelu(x) * y")),
      with_relu(row("reglu", Form::Gated, "z = max(x, 0) * y")),
      with_pow3(row("powglu", Form::Gated, "z = (x > 0 ? x^(3 / (sqrt(x) + 1)) : x) * sigmoid(x) * y")),
  };
  return all;
}

const Activation &activation_named(std::string_view op) {
  for (const Activation &a : activations())
    if (a.op == op) return a;
  throw tile::InternalError("there is no activation " + std::string(op));
}

} // namespace fla::activations
