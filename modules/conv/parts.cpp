#include "modules/conv/parts.h"

#include "compiler/dsl/Fast.h"
#include "compiler/dsl/Gradient.h"
#include "modules/common/Partials.h"

#include <algorithm>

namespace fla::conv {

using namespace tile;

namespace {

/// [cols] as a token's tile.
Tile as_token(const Tile &columns) {
  return columns.expand(Axis(0)).expand(Axis(0));
}

/// The columns of a [cols, n] tile, n a power of two. Nothing moves: a lane loads all taps of what it holds of a token.
Tiles columns_of(const Tile &weights) {
  const std::vector<int64_t> shape = weights.shape();
  if (shape[1] == 1) return {reshape(weights, {1, 1, shape[0]})};
  auto [low, high] = split(weights, Axis(1));
  Tiles columns = columns_of(low), rest = columns_of(high);
  columns.insert(columns.end(), rest.begin(), rest.end());
  return columns;
}

} // namespace

ViewOptions weight_options(const ConvSpec &spec) {
  return {.align = align_of(spec.weight_dtype, spec.tokens.align)};
}

Weights load_weights(KernelBuilder &k, const ConvSpec &spec, const ConvConfig &config, const Index &col) {
  const ViewOptions options = weight_options(spec);
  const int64_t cols = spec.tokens.cols, width = spec.width;
  Weights weights;
  if (config.taps) {
    View taps = k.input("taps", f32, {width, cols});
    for (int64_t w = 0; w < width; ++w) weights.taps.push_back(taps.load({w, col}, {1, config.cols}).expand(Axis(0)));
  } else {
    View view = k.input("w", spec.weight_dtype, {cols, width}, options);
    weights.taps = columns_of(view.load({col, 0}, {config.cols, next_power_of_two(width)}).to(f32));
    weights.taps.resize(size_t(width));
  }
  if (spec.bias)
    weights.bias = as_token(k.input("b", spec.weight_dtype, {cols}, options).load({col}, {config.cols}).to(f32));
  return weights;
}

Tile convolve(const Weights &weights, const Tiles &window, size_t first) {
  Tile sum = window[first].to(f32) * weights.taps[0];
  if (weights.bias) sum = sum + *weights.bias;
  for (size_t w = 1; w < weights.taps.size(); ++w) sum = sum + window[first + w].to(f32) * weights.taps[w];
  return sum;
}

/// x is a sum and has |x| roundings of its own; what they make of the sigmoid is as much as what the fast one loses.
Tile activate(const ConvSpec &spec, const Tile &x) {
  return spec.silu ? x * fast_sigmoid(x) : x;
}

Tile activate_backward(const ConvSpec &spec, const Tile &before, const Tile &dy) {
  return spec.silu ? gradient(activate(spec, before), before, dy) : dy;
}

View state_input(KernelBuilder &k, const ConvSpec &spec, const std::string &name, const Index &count) {
  return k.input(name, spec.tokens.dtype, {count, spec.tokens.cols, spec.width},
                 {.align = align_of(spec.tokens.dtype, spec.tokens.align)});
}

View state_output(KernelBuilder &k, const ConvSpec &spec, const std::string &name, const Index &count) {
  return k.output(name, spec.tokens.dtype, {count, spec.tokens.cols, spec.width},
                  {.align = align_of(spec.tokens.dtype, spec.tokens.align)});
}

Tile load_state(const View &view, const Index &number, const Index &col, const Index &w, int64_t cols) {
  return sum(view.load({number, col, w}, {1, cols, 1}).to(f32), Axis(2)).expand(Axis(0));
}

void store_state(const View &view, const Index &number, const Index &col, int64_t w, const Tile &value) {
  view.store({number, col, w}, sum(value, Axis(0)).expand(Axis(2)).to(view.dtype()));
}

Tile Window::token(const Segment &s, const Index &t) const {
  // Where t lies before the sequence x is asked for a token that it does not have; elsewhere the state is.
  Index at = program_.is_packed() ? k_.choose(t >= s.first, t, program_.tokens()) : t;
  Tile v = program_.load_narrow(x_, s, at);
  if (!state_) return v;
  Tile kept = load_state(*state_, s.number, program_.col(), t - s.first + spec_.width, program_.shape().back());
  return (v.to(f32) + kept).to(v.dtype()); // exact: one of both is 0
}

Tiles Window::before(const Segment &s, const Index &t) const {
  Tiles tokens;
  for (int64_t i = spec_.width - 1; i > 0; --i) tokens.push_back(token(s, t - i));
  return tokens;
}

Tiles wide(Tiles tiles) {
  for (Tile &tile : tiles) tile = tile.to(f32);
  return tiles;
}

Tiles seen(const ConvSpec &spec, Tiles window, const Starts &starts) {
  const int64_t before = spec.width - 1;
  for (int64_t i = 0; i < before; ++i) window[size_t(i)] = where(starts.among(i, before - 1), 0.f, window[size_t(i)]);
  return window;
}

std::string tap_gradient(int64_t tap) {
  return "dw_" + std::to_string(tap);
}

Tiles WeightSums::zeros(KernelBuilder &k, const ConvSpec &spec, int64_t cols) {
  return Tiles(size_t(spec.width + spec.bias), k.zeros({1, 1, cols}, f32));
}

void WeightSums::store(KernelBuilder &k, const ConvSpec &spec, const Tiles &sums, const Index &part, const Index &col) {
  View partials = partials_output(k, int64_t(sums.size()), k.runtime("parts"), spec.tokens.cols);
  for (size_t i = 0; i < sums.size(); ++i) partials.store({int64_t(i), part, col}, sums[i]);
}

} // namespace fla::conv
