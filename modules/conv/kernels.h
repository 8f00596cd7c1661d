// The kernels of causal_conv1d. Arguments go by name.
//
//   forward          x w [b] [residual] [initial_state]       -> y
//   final_state      x [initial_state]                        -> final_state
//   backward         x dy w [b] [initial_state] [dfinal_state] parts
//                                                             -> dx partials
//   state_gradient   x dy w [b] initial_state [dfinal_state] parts first_part
//                                                             -> dinitial_state partials
//   taps             w                                        -> taps
//   update           x w [b] [residual] state rows            -> y new_state
//
// and those of TokenProgram, but for taps and update. [..] where the spec has it. partials (common/Partials.h) are of
// each tap and of the bias: a row for each block of tokens from backward, and from row first_part on one for each
// program that went over sequences from state_gradient. x and dy are strided inputs.
//
// With config.taps kernels take `taps`, f32 [W, D], for `w`: the same weights as a CPU reads them well.
#pragma once

#include "modules/conv/spec.h"

namespace fla::conv {

struct ConvConfig : TokenConfig {
  bool taps = false;
};

/// A program for each block of tokens.
tile::Kernel forward(const ConvSpec &, const ConvConfig &);
tile::Kernel backward(const ConvSpec &, const ConvConfig &);
/// Whether they go over a packed block at once, not sequence by sequence; forward, if it has few enough tokens.
bool forward_goes_at_once(const ConvSpec &, const ConvConfig &);
bool backward_goes_at_once(const ConvSpec &, const ConvConfig &);

/// A program for each sequence and block of columns.
tile::Kernel final_state(const ConvSpec &, const TokenConfig &);
/// Any number of programs for each block of columns.
tile::Kernel state_gradient(const ConvSpec &, const ConvConfig &);

/// A program for each block of config.cols columns.
tile::Kernel taps(const ConvSpec &, const TokenConfig &);

/// One token for each of `rows` sequences: state moves by one, the token becomes its last. `state` and `new_state`,
/// [rows, D, W], may be the same memory. A program for each sequence and block of columns.
tile::Kernel update(const ConvSpec &, const TokenConfig &);

} // namespace fla::conv
