// Layers that look along time. Their tensors are [B, T, D]: B sequences of T tokens each; or packed, [1, T, D]:
// sequences of any lengths one behind the other, cut at the numbers of `cu_seqlens` [n + 1]. No sequence sees its
// neighbour.
//
// A program takes a block of tokens and of columns and marches along time, with the tokens it looks back at in
// registers, so that each input is read from memory once: what blocks have in common comes out of a cache. A packed
// block is gone over sequence by sequence: inside of one there is nothing to mask, and packing costs a search for the
// block's first sequence. Where a kernel needs of its sequences only where they begin, it goes over the whole block at
// once and forgets at each beginning what came before: what it loads first waits for no search then.
#pragma once

#include "modules/common/Rows.h"
#include "modules/common/Sequences.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fla {

// ---- What kernels are compiled for ----------------------------------------------------------------------------------

struct TokenLayout {
  tile::DType dtype = tile::bf16;
  int64_t cols = 1;
  std::optional<tile::DType> packed; ///< the dtype of cu_seqlens
  bool many = false;                 ///< packed: more sequences than one look at their boundaries tells apart
  /// How tokens of strided inputs lie: 0: one behind the other. Otherwise <name>_stride, between tokens, and
  /// <name>_batch_stride are run-time arguments promised to be multiples of this.
  int64_t stride_divisor = 0;
  int align = 16; ///< bytes that divide the addresses of all tensors, each of which is aligned to its own elements

  bool is_packed() const { return packed.has_value(); }
};

/// The layout of a case whose tensors are allocated whole.
TokenLayout layout_of(const Sequences &, tile::DType, int64_t cols);

/// How a kernel is cut: a program takes `rows` tokens of `cols` columns, `unroll` at a time. rows is a multiple of
/// unroll.
struct TokenConfig {
  int64_t rows = 1, unroll = 1, cols = 1;
  int warps = 1;
  int64_t ahead = 0;      ///< tokens that are prefetched ahead of the one at work
  bool streaming = false; ///< what is written is larger than the caches: write around them
  int stages = 1;         ///< steps of `unroll` tokens whose loads a GPU has in flight: the one at work and those ahead
  int registers = 0;      ///< most of a lane, where a kernel would spill without the number; see LaunchOptions

  tile::Cache cache() const { return streaming ? tile::Cache::Streaming : tile::Cache::Default; }
  std::string str() const; ///< "tokens=32 unroll=4 warps=4 cols=1024"
  bool operator==(const TokenConfig &) const = default;
};

// ---- Launches -------------------------------------------------------------------------------------------------------

int64_t column_blocks(const TokenLayout &, const TokenConfig &);
/// Programs that cover the case.
tile::runtime::Grid token_grid(const Sequences &, const TokenLayout &, const TokenConfig &);
/// One program for each sequence and block of columns.
tile::runtime::Grid sequence_grid(const Sequences &, const TokenLayout &, const TokenConfig &);
/// The arguments that TokenProgram declares by itself, and those of `strided` inputs whose tensors have a gap.
std::vector<Arg> token_args(const Sequences &, const TokenLayout &, const std::vector<std::string> &strided = {},
                            int64_t gap = 0);

// ---- Kernel parts ---------------------------------------------------------------------------------------------------

/// Tokens begin to end of sequence `number`, which is the tokens first to last of batch element `batch`.
struct Segment {
  tile::Index batch, number, begin, end, first, last;
};

/// What a march does at once: tokens t to t + count.
struct Step {
  tile::Index t;
  int64_t count;
  bool whole; ///< one of those that are not masked; the others are of one token
};

/// Which of the tokens from some one on are the first of a sequence.
class Starts {
public:
  explicit Starts(tile::Tile bits) : bits_(std::move(bits)) {}
  /// Whether token i of them is; i1 of rank 0.
  tile::Tile at(int64_t i) const { return among(i, i); }
  /// Whether one of the tokens first to last of them is, both included; i1 of rank 0.
  tile::Tile among(int64_t first, int64_t last) const {
    return ((bits_ >> first) & ((int64_t(1) << (last - first + 1)) - 1)) != 0;
  }
  /// Of the tokens from number `count` of them on.
  Starts after(int64_t count) const { return Starts(bits_ >> count); }
  const tile::Tile &bits() const { return bits_; } ///< i32 or i64 of rank 0, the first token in the lowest

private:
  tile::Tile bits_;
};

/// One program's place in [B, T, D], and the arguments that say where sequences lie: batch and tokens, or packed:
/// sequences, tokens, cu_seqlens and, of many, halvings.
class TokenProgram {
public:
  TokenProgram(tile::KernelBuilder &, const TokenLayout &, const TokenConfig &);

  /// Tensors of [B, T, D].
  tile::View input(const std::string &name);
  tile::View strided_input(const std::string &name);
  tile::View output(const std::string &name);
  /// What belongs to a sequence: [n, 1, D], which is also how a tile of it is shaped.
  tile::View per_sequence_input(const std::string &name);
  tile::View per_sequence_output(const std::string &name);

  const tile::Index &col() const { return col_; }
  const tile::Index &block() const { return rest_; } ///< this program's among those of its columns
  int64_t column_blocks() const;
  const tile::Index &count() const { return count_; }   ///< of sequences
  const tile::Index &tokens() const { return tokens_; } ///< of [B, T, D]
  bool is_packed() const { return layout_.is_packed(); }
  std::vector<int64_t> shape() const { return {1, 1, config_.cols}; }

  /// `body(segment, state)` for every segment of this program's block of tokens, in order.
  Tiles for_segments(Tiles state, const std::function<Tiles(const Segment &, Tiles)> &body);
  void for_segments(const std::function<void(const Segment &)> &body);
  /// `body(step, state)` for the tokens of the segment, in order: `unroll` at a time in a run-time loop, then those
  /// that are left one by one. They are known to lie inside of [B, T, D]: nothing is masked. In whole steps this is
  /// also known of the `ahead` tokens behind them, which lie in the segment's sequence.
  Tiles march(const Segment &, Tiles state, const std::function<Tiles(const Step &, Tiles)> &body, int64_t ahead = 0);

  /// The same in steps of `unroll` alone, of which the last may reach behind the segment.
  Tiles march_steps(const Segment &, Tiles state, const std::function<Tiles(const Step &, Tiles)> &body);

  /// All of a packed block as one segment, as if all tokens were one sequence.
  Segment block_at_once();
  /// Where sequences begin, and the last one ends, around a token: made once for a march, and asked at its steps.
  struct Boundaries {
    tile::Index base;
    tile::Tile distances; ///< i32 [kProbe], of all boundaries from there; of many none, which are searched for
  };
  Boundaries boundaries(const tile::Index &base);
  /// Of the `count` tokens from `token` on, at most kMostStarts; the end of the last sequence counts as a start.
  static constexpr int64_t kMostStarts = 64;
  Starts starts(const Boundaries &, const tile::Index &token, int64_t count);
  /// Tokens from the boundaries' base to the first start behind `token`, or many where that is far; i32 of rank 0.
  tile::Tile next_start(const Boundaries &, const tile::Index &token);
  /// `march` over a block of at most kMostStarts tokens at once, `starts` from its first one on. `body(step, starts,
  /// state)` is told of each step's tokens which begin a sequence.
  Tiles march_at_once(const Segment &, const Starts &starts, Tiles state,
                      const std::function<Tiles(const Step &, const Starts &, Tiles)> &body);
  /// All of the sequence of this program, for grids of `sequence_grid`, or of that number.
  Segment sequence() { return sequence(rest_); }
  Segment sequence(const tile::Index &number);

  /// Token t of a march, f32; 0 outside the view.
  tile::Tile load(const tile::View &, const Segment &, const tile::Index &t, tile::Cache = tile::Cache::Default) const;
  /// The same as it lies in memory: a loop that carries it takes half the registers of f32, and does not wait for it
  /// before its own first loads.
  tile::Tile load_narrow(const tile::View &, const Segment &, const tile::Index &t,
                         tile::Cache = tile::Cache::Default) const;
  /// Tokens t to t + count.
  Tiles load_narrow(const tile::View &, const Segment &, const tile::Index &t, int64_t count) const;
  /// What load_narrow() gives, as a march carries it: on a core f32, for there each token is converted once.
  tile::Tile as_carried(const tile::Tile &token) const { return config_.ahead ? token.to(tile::f32) : token; }
  void store(const tile::View &, const Segment &, const tile::Index &t, const tile::Tile &value) const;
  /// What belongs to the segment's sequence.
  tile::Tile load_of(const tile::View &, const Segment &) const;
  void store_of(const tile::View &, const Segment &, const tile::Tile &value) const;
  /// A view that ends with the segment's sequence: for loads that look ahead.
  tile::View of_sequence(const tile::View &, const Segment &) const;

private:
  tile::View tensor(const std::string &name, bool is_input, bool strided);
  Segment packed_sequence(const tile::Index &number);
  tile::Index boundaries_up_to(const tile::Index &token);

  tile::KernelBuilder &k_;
  TokenLayout layout_;
  TokenConfig config_;
  tile::Index batch_, tokens_, count_, col_, rest_;
  std::optional<tile::View> cu_seqlens_;
  std::optional<tile::Index> halvings_;
};

} // namespace fla
