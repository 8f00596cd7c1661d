// What the kernels of causal_conv1d are put together from. Tiles of tokens, taps and sums are all [1, 1, cols], f32 if
// not said otherwise.
#pragma once

#include "modules/conv/kernels.h"

namespace fla::conv {

/// Of weight and bias.
tile::ViewOptions weight_options(const ConvSpec &);

/// A kernel's weights: w[0] belongs to the oldest token of a window, w.back() to the token itself.
struct Weights {
  Tiles taps;
  std::optional<tile::Tile> bias;
};
Weights load_weights(tile::KernelBuilder &, const ConvSpec &, const ConvConfig &, const tile::Index &col);

/// The same tiles as f32.
Tiles wide(Tiles tiles);
/// What goes into the activation for the last of the `width` tokens from `window[first]` on, of any dtype.
tile::Tile convolve(const Weights &, const Tiles &window, size_t first);
tile::Tile activate(const ConvSpec &, const tile::Tile &);
/// `dy` carried back to what goes into the activation.
tile::Tile activate_backward(const ConvSpec &, const tile::Tile &before, const tile::Tile &dy);

/// [n, D, W], a state of each sequence; its element w of a sequence.
tile::View state_input(tile::KernelBuilder &, const ConvSpec &, const std::string &name, const tile::Index &count);
tile::View state_output(tile::KernelBuilder &, const ConvSpec &, const std::string &name, const tile::Index &count);
tile::Tile load_state(const tile::View &, const tile::Index &number, const tile::Index &col, const tile::Index &w,
                      int64_t cols);
void store_state(const tile::View &, const tile::Index &number, const tile::Index &col, int64_t w,
                 const tile::Tile &value);

/// Tokens of sequences as a window sees them, and as they lie in memory: what lies before a sequence comes from its
/// state, or is 0.
class Window {
public:
  Window(TokenProgram &program, tile::KernelBuilder &k, const ConvSpec &spec, const tile::View &x,
         const std::optional<tile::View> &state)
      : program_(program), k_(k), spec_(spec), x_(x), state_(state) {}

  /// Token t of the segment's sequence, or of its state. t < s.last.
  tile::Tile token(const Segment &s, const tile::Index &t) const;
  /// The `width - 1` tokens before t, the oldest first.
  Tiles before(const Segment &s, const tile::Index &t) const;

private:
  TokenProgram &program_;
  tile::KernelBuilder &k_;
  const ConvSpec &spec_;
  tile::View x_;
  std::optional<tile::View> state_;
};

/// The tokens that a window begins with, of any dtype, as its last one sees them: what lies before a start is 0.
/// `starts` are of the window's tokens from the second on.
Tiles seen(const ConvSpec &, Tiles window, const Starts &starts);

/// Sums of the weights' gradients: of each tap, then of the bias.
struct WeightSums {
  static Tiles zeros(tile::KernelBuilder &, const ConvSpec &, int64_t cols);
  /// Adds what token x, at tap `tap`, owes to the gradient g.
  static void add(Tiles &sums, int64_t tap, const tile::Tile &x, const tile::Tile &g) {
    sums[size_t(tap)] = sums[size_t(tap)] + x * g;
  }
  static void store(tile::KernelBuilder &, const ConvSpec &, const Tiles &sums, const tile::Index &part,
                    const tile::Index &col);
};

/// "dw_0"
std::string tap_gradient(int64_t tap);

} // namespace fla::conv
