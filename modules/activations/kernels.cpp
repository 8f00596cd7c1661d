// An activation kernel loads a block of each input, applies the activation's expression, or what `gradient` makes of
// it, and stores. Where the blocks lie is blocks.h's matter.
#include "modules/activations/kernels.h"

#include "modules/activations/blocks.h"
#include "modules/common/Partials.h"

#include <optional>

namespace fla::activations {

using namespace tile;

namespace {

/// The op over one block, on tiles of f32.
class Expression {
public:
  Expression(KernelBuilder &k, const Spec &spec, bool differentiates)
      : spec_(spec), function_(differentiates && spec.activation->differentiated ? spec.activation->differentiated
                                                                                 : spec.activation->forward) {
    if (spec.activation->scaled()) scale_ = k.scalar("scale", f32);
  }
  /// f(x) with what the op does to it; `other` is y of a gated op and b of a biased one.
  Tile operator()(const Tile &x, const Tile &other) const {
    const Activation &a = *spec_.activation;
    Tile value = function_(a.biased() ? x + other : x);
    if (scale_) value = value * *scale_;
    return a.gated() ? value * other : value;
  }

private:
  const Spec &spec_;
  Tile (*function_)(const Tile &x);
  std::optional<Scalar> scale_;
};

} // namespace

Kernel forward(const Spec &spec, const RowConfig &config) {
  const Activation &a = *spec.activation;
  KernelBuilder k(spec.name("forward"), {.warps = config.warps, .registers = config.registers});
  Blocks blocks(k, spec, config);
  Expression f(k, spec, false);
  Operand x = blocks.input("x");
  Operand out = blocks.output(a.gated() ? "z" : "y");
  std::optional<Operand> y;
  if (a.gated()) y = blocks.input("y");
  Tile b = a.biased() ? blocks.columns("b") : Tile();

  blocks.for_each([&](const Block &at) {
    Tile v = x.load(at);
    Tile other = y ? y->load(at) : b;
    out.store(at, f(v, other));
  });
  return k.finish();
}

Kernel backward(const Spec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("backward"), {.warps = config.warps, .registers = config.registers});
  Blocks blocks(k, spec, config);
  Expression f(k, spec, true);
  Operand x = blocks.input("x");
  Operand dx = blocks.output("dx");
  if (!spec.activation->gated()) {
    Operand dy = blocks.input("dy");
    blocks.for_each([&](const Block &at) {
      Tile v = x.load(at), g = dy.load(at);
      dx.store(at, gradient(f(v, Tile()), v, g));
    });
    return k.finish();
  }

  Operand y = blocks.input("y"), dz = blocks.input("dz"), dy = blocks.output("dy");
  std::optional<Operand> again;
  if (spec.again) again = blocks.output("z");
  blocks.for_each([&](const Block &at) {
    Tile v = x.load(at), w = y.load(at), g = dz.load(at);
    Tile z = f(v, w);
    Tiles gradients = gradient(z, {v, w}, g);
    dx.store(at, gradients[0]);
    dy.store(at, gradients[1]);
    if (again) again->store(at, z);
  });
  return k.finish();
}

Kernel backward_biased(const Spec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("backward"), {.warps = config.warps, .registers = config.registers, .primary = true});
  Blocks blocks(k, spec, config);
  Expression f(k, spec, true);
  Operand x = blocks.input("x"), dy = blocks.input("dy"), dx = blocks.output("dx");
  Tile b = blocks.columns("b");

  Tile zero = k.zeros({config.rows, config.shape.chunk}, f32);
  Tiles sums = blocks.carry({zero}, [&](const Block &at, Tiles s) -> Tiles {
    Tile v = x.load(at), g = dy.load(at); // 0 outside of the rows, and so is what is summed
    Tile gradient_of_x = gradient(f(v, b), v, g);
    dx.store(at, gradient_of_x);
    return {s[0] + gradient_of_x};
  });
  store_partial(partials_output(k, 1, k.num_programs(0), spec.cols), 0, k.program_id(0), sums, blocks.column());
  return k.finish();
}

} // namespace fla::activations
