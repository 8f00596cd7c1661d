// The kernels of token_shift: y[t] = x[t-1] - x[t]. Arguments go by name.
//
//   forward          x [cache]          -> y
//   last_tokens      x [cache]          -> next_cache
//   backward         dy [dnext_cache]   -> dx
//   cache_gradient   dy [dnext_cache]   -> dcache
//
// and those of TokenProgram. [..] with spec.cache or spec.next_cache. forward and backward have a program for each
// block of tokens, the other two for each sequence. x and dy are strided inputs.
#pragma once

#include "modules/tokenshift/spec.h"

namespace fla::tokenshift {

tile::Kernel forward(const ShiftSpec &, const TokenConfig &);
tile::Kernel last_tokens(const ShiftSpec &, const TokenConfig &);
tile::Kernel backward(const ShiftSpec &, const TokenConfig &);
tile::Kernel cache_gradient(const ShiftSpec &, const TokenConfig &);

} // namespace fla::tokenshift
