// How programs over blocks of tokens are cut on a machine.
#pragma once

#include "modules/common/Tokens.h"

#include <vector>

namespace fla {

/// How a GPU's program goes along time.
struct TokenCut {
  int64_t vector = 8; ///< columns of a lane
  int64_t unroll = 4; ///< tokens of a step
  int warps = 4;      ///< at most
  int stages = 1;
};

/// What a kernel asks for.
struct TokenNeeds {
  int64_t rows = 1, longest = 1, cols = 1; ///< of the case; `longest`: tokens that may be marched over
  tile::DType dtype = tile::bf16;
  int64_t units = 1;  ///< of the machine
  TokenCut cut = {};  ///< on a GPU, as measured to be good
  int64_t widest = 8; ///< columns a lane of a GPU may hold
  /// Where a block of twice the `unroll` tokens and half of the columns is a single step, it comes first: as many loads
  /// on their way, all of them at once, in twice as many warps.
  bool halves_single_steps = false;
  int64_t host_cols = 1; ///< vectors of columns a program of the host may hold
  int64_t host_unroll = 1;
  int64_t least_rows = 8, most_rows = 64;
  int64_t warps_per_unit = 32; ///< of a GPU that hide the latency of memory
  bool streaming = false;
};

/// The choice of the general rule first. All different.
std::vector<TokenConfig> token_configs(const tile::Target &, const TokenNeeds &);

/// A GPU's program of `rows` tokens, a multiple of cut.unroll.
TokenConfig block_of(const tile::Target &, const TokenNeeds &, const TokenCut &, int64_t rows);
/// One of a single step. What it reads again, its neighbour's last tokens, the neighbour has asked for at about the
/// same time, so that it comes out of the L2; a program that marches comes for it when it has long left.
inline TokenConfig single_step(const tile::Target &target, const TokenNeeds &needs, const TokenCut &cut) {
  return block_of(target, needs, cut, cut.unroll);
}
/// Where it stands among the choices already, it moves.
void put_first(std::vector<TokenConfig> &, const TokenConfig &);
/// Where it stands among the choices already, it stays.
void add_last(std::vector<TokenConfig> &, const TokenConfig &);

} // namespace fla
