// Activations, plain and gated, as flash-linear-attention's fla.modules.activations defines them.
//
// Tensors are of bf16, f16 or f32, all of a call of one dtype and shape, computed in f32. Their last dimension is
// contiguous and the ones before it collapse into one, so that rows may be apart: the halves of a packed [..., 2D]
// (fla::halves) are read and written in place. Where `into` names tensors they are written, else new ones are returned.
// Nothing is saved: backward passes take x again. A UserError names a tensor or option that is not so, and outputs that
// share memory with inputs or with each other.
#pragma once

#include "modules/common/Stream.h"
#include "modules/common/Tensor.h"

#include <cstdint>
#include <string_view>

namespace fla {

enum class Activation : uint8_t {
  sigmoid,    ///< 1 / (1 + exp(-x))
  logsigmoid, ///< log(sigmoid(x)) / temperature
  swish,      ///< x * sigmoid(x), also called silu
  gelu,       ///< x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))
  gelu_erf,   ///< x/2 * (1 + erf(x / sqrt(2)))
  sqrelu,     ///< max(x, 0)^2
};
std::string_view name_of(Activation);

/// z = gate(x) * y.
enum class Gate : uint8_t {
  swiglu,     ///< swish(x)
  sigmoidglu, ///< sigmoid(x)
  geglu,      ///< gelu(x), in the form with tanh
  reglu,      ///< max(x, 0)
  powglu,     ///< (x > 0 ? x^(3 / (sqrt(x) + 1)) : x) * sigmoid(x)
};
std::string_view name_of(Gate);

struct ActivationOptions {
  double temperature = 1; ///< of logsigmoid: finite, not 0
};

/// y = f(x).
Tensor activation_forward(Stream &, Activation f, const Tensor &x, const ActivationOptions &options = {},
                          Tensor into = {});
/// dx = dy * f'(x).
Tensor activation_backward(Stream &, Activation f, const Tensor &x, const Tensor &dy,
                           const ActivationOptions &options = {}, Tensor into = {});

/// z = gate(x) * y.
Tensor gated_forward(Stream &, Gate, const Tensor &x, const Tensor &y, Tensor into = {});

struct GatedBackward {
  Tensor dx = {}, dy = {};
  Tensor z = {}; ///< only with `again`
};
/// dx = dz * y * gate'(x), dy = dz * gate(x), and with `again` z once more, for callers that did not keep it.
GatedBackward gated_backward(Stream &, Gate, const Tensor &x, const Tensor &y, const Tensor &dz, bool again = false,
                             GatedBackward into = {});

/// y = gelu(x + b), in the form with tanh. b: [D] of x's dtype, contiguous.
Tensor bias_gelu_forward(Stream &, const Tensor &x, const Tensor &b, Tensor into = {});

struct BiasGeluBackward {
  Tensor dx = {}, db = {};
};
/// dx = dy * gelu'(x + b); db [D] is its sum over all rows, the same bits in every run.
BiasGeluBackward bias_gelu_backward(Stream &, const Tensor &x, const Tensor &b, const Tensor &dy,
                                    BiasGeluBackward into = {});

} // namespace fla
