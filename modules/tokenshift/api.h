// The difference of each token to the one before it, as flash-linear-attention's fla.modules.token_shift defines it.
#pragma once

#include "modules/common/Stream.h"
#include "modules/common/Tensor.h"

namespace fla {

struct TokenShiftOptions {
  /// Packed sequences: [n + 1] of i32 or i64, on the device; sequence i is tokens cu_seqlens[i] to cu_seqlens[i + 1] of
  /// x, whose leading dimensions are 1. It begins with 0, never falls and ends with T. Devices of the CPU look; a GPU
  /// does not unless `check` (which waits for the stream): with other numbers, results and accesses are undefined.
  Tensor cu_seqlens = {};
  Tensor cache = {};       ///< [n, D]: the token before each sequence; none: 0
  bool next_cache = false; ///< return the last token of each sequence; of an empty one, what was before it
  bool check = false;
};

struct TokenShiftForward {
  Tensor y = {}, next_cache = {};
};

/// y[t] = x[t-1] - x[t] along T, for each sequence by itself.
///
/// x: [..., T, D] of bf16, f16 or f32, in any strides as long as the dimensions before T collapse into one and D is
/// contiguous; cache and next_cache: [n, D] of x's dtype, contiguous, with n sequences. y: [..., T, D] of x's dtype,
/// contiguous; where `into` names tensors, they are written. Nothing but the next cache is saved. UserError for a
/// tensor that is not so, and for outputs that share memory with inputs or each other.
TokenShiftForward token_shift_forward(Stream &, const Tensor &x, const TokenShiftOptions &options = {},
                                      TokenShiftForward into = {});

struct TokenShiftBackwardOptions {
  Tensor cu_seqlens = {};  ///< as in the forward pass
  Tensor dnext_cache = {}; ///< [n, D]: the gradient of next_cache; none: 0
  bool cache = false;      ///< return the gradient of cache
  bool check = false;      ///< as in the forward pass
};

struct TokenShiftBackward {
  Tensor dx = {}, dcache = {};
};

/// dx[t] = dy[t+1] - dy[t], where behind a sequence's last token stands dnext_cache; dcache is dy of its first token.
///
/// dy: [..., T, D], in strides as x of the forward pass. dx: [..., T, D], dcache: [n, D]. UserErrors likewise.
TokenShiftBackward token_shift_backward(Stream &, const Tensor &dy, const TokenShiftBackwardOptions &options = {},
                                        TokenShiftBackward into = {});

} // namespace fla
