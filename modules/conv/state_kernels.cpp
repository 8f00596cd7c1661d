// The small kernels of causal_conv1d: over sequences, or over columns.
#include "modules/conv/kernels.h"
#include "modules/conv/parts.h"

namespace fla::conv {

using namespace tile;

Kernel final_state(const ConvSpec &spec, const TokenConfig &config) {
  KernelBuilder k(spec.name("final_state"), {.warps = config.warps});
  TokenProgram program(k, spec.tokens, config);
  View x = program.strided_input("x");
  std::optional<View> state;
  if (spec.initial_state) state = state_input(k, spec, "initial_state", program.count());
  View out = state_output(k, spec, "final_state", program.count());

  Window window(program, k, spec, x, state);
  Segment s = program.sequence();
  for (int64_t w = 0; w < spec.width; ++w)
    store_state(out, s.number, program.col(), w, window.token(s, s.last - spec.width + w).to(f32));
  return k.finish();
}

// The state's tokens lie before the sequence: token first - W + i, element i of the state, is seen by the sequence's
// first tokens as any other is. In a sequence shorter than W it is also a part of the final state.
Kernel state_gradient(const ConvSpec &spec, const ConvConfig &config) {
  KernelBuilder k(spec.name("state_gradient"), {.warps = config.warps, .primary = true});
  TokenProgram program(k, spec.tokens, config);
  View x = program.strided_input("x"), dy = program.strided_input("dy");
  View state = state_input(k, spec, "initial_state", program.count());
  std::optional<View> dfinal;
  if (spec.final_state) dfinal = state_input(k, spec, "dfinal_state", program.count());
  View out = state_output(k, spec, "dinitial_state", program.count());
  Weights weights = load_weights(k, spec, config, program.col());
  Window window(program, k, spec, x, state);

  const int64_t width = spec.width;
  Index first_part = k.runtime("first_part"), stride = k.num_programs(0) / program.column_blocks();
  Tiles sums = k.loop(program.block(), program.count(), stride)
                   .carry_list(WeightSums::zeros(k, spec, config.cols), [&](Index number, Tiles sums) {
                     Segment s = program.sequence(number);
                     View x_of = program.of_sequence(x, s), dy_of = program.of_sequence(dy, s);
                     Tiles tokens = wide(window.before(s, s.first)), g;
                     for (int64_t i = 0; i + 1 < width; ++i) {
                       Index t = s.first + i;
                       Tile d = program.load(dy_of, s, t);
                       tokens.push_back(program.load(x_of, s, t));
                       Tile g_t = activate_backward(spec, convolve(weights, tokens, size_t(i)), d);
                       g.push_back(where(t.to(i64) < s.last.to(i64), g_t, 0.f));
                     }
                     for (int64_t i = 0; i < width; ++i) {
                       // Token first - W + i is at tap w of token first + i - 1 - w.
                       Tile out_i = k.zeros(program.shape(), f32);
                       for (int64_t w = 0; w < i; ++w) {
                         const Tile &g_t = g[size_t(i - 1 - w)];
                         out_i = out_i + g_t * weights.taps[size_t(w)];
                         WeightSums::add(sums, w, tokens[size_t(i) - 1], g_t);
                       }
                       if (dfinal)
                         out_i =
                             out_i + load_state(*dfinal, s.number, program.col(), s.first - s.last + i, config.cols);
                       store_state(out, s.number, program.col(), i, out_i);
                     }
                     return sums;
                   });
  WeightSums::store(k, spec, sums, first_part + program.block(), program.col());
  return k.finish();
}

Kernel taps(const ConvSpec &spec, const TokenConfig &config) {
  KernelBuilder k(spec.name("taps"), {.warps = config.warps});
  View w = k.input("w", spec.weight_dtype, {spec.tokens.cols, spec.width}, weight_options(spec));
  View taps = k.output("taps", f32, {spec.width, spec.tokens.cols});
  Index col = k.program_id(0) * config.cols;
  for (int64_t i = 0; i < spec.width; ++i)
    taps.store({i, col}, sum(w.load({col, i}, {config.cols, 1}).to(f32), Axis(1)).expand(Axis(0)));
  return k.finish();
}

// Tiles are [1, cols, 1]: every lane reads the state of its own columns before it writes it, so that both may be the
// same memory.
Kernel update(const ConvSpec &spec, const TokenConfig &config) {
  KernelBuilder k(spec.name("update"), {.warps = config.warps});
  const int64_t cols = spec.tokens.cols, width = spec.width, blocks = ceil_div(cols, config.cols);
  const ViewOptions options{.align = align_of(spec.tokens.dtype, spec.tokens.align)};
  const std::vector<int64_t> shape = {1, config.cols, 1};
  Index rows = k.runtime("rows");
  Index col = k.program_id(0) % blocks * config.cols, row = k.program_id(0) / blocks;

  auto token = [&](const char *name, bool is_input) {
    const std::vector<Index> extents = {rows, cols, 1};
    return is_input ? k.input(name, spec.tokens.dtype, extents, options)
                    : k.output(name, spec.tokens.dtype, extents, options);
  };
  View x = token("x", true), y = token("y", false);
  View w = k.input("w", spec.weight_dtype, {1, cols, width}, weight_options(spec));
  View state = state_input(k, spec, "state", rows), new_state = state_output(k, spec, "new_state", rows);

  Tiles window; // as it lies in memory: nothing is lost on the way back
  for (int64_t i = 1; i < width; ++i) window.push_back(state.load({row, col, i}, shape));
  window.push_back(x.load({row, col, 0}, shape));
  Tile sum = k.zeros(shape, f32);
  if (spec.bias)
    sum = k.input("b", spec.weight_dtype, {1, cols, 1}, weight_options(spec)).load({0, col, 0}, shape).to(f32);
  for (int64_t i = 0; i < width; ++i) {
    new_state.store({row, col, i}, window[size_t(i)]);
    sum = sum + window[size_t(i)].to(f32) * w.load({0, col, i}, shape).to(f32);
  }
  Tile out = activate(spec, sum);
  if (spec.residual) out = out + token("residual", true).load({row, col, 0}, shape).to(f32);
  y.store({row, col, 0}, out.to(spec.tokens.dtype));
  return k.finish();
}

} // namespace fla::conv
