// What the kernels of token_shift are compiled for.
#pragma once

#include "modules/common/Tokens.h"

namespace fla::tokenshift {

struct ShiftSpec {
  TokenLayout tokens;
  bool cache = false;      ///< the token before each sequence's first is given; otherwise it is 0
  bool next_cache = false; ///< the last token of each sequence is handed on; an empty one hands on what it was given
};

} // namespace fla::tokenshift
