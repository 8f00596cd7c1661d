// One block of rows at work in a kernel. The same kernel code serves rows that are held in registers and rows too wide
// for that, which every pass over the columns reads anew:
//
//   for_row_blocks(k, rows, config, [&](Index row) {
//     RowBlock block(k, config, cols, row);
//     Tile rstd = rsqrt(block.sum([&](const Chunk &c) { return c.load(x) * c.load(x); }) + eps);
//     block.each([&](const Chunk &c) { c.store(y, c.load(x) * rstd.expand(Axis(1))); });
//   });
//
// Values may be written out again in each pass, as above: a view is loaded once, or once a pass where the row is not
// held, and equal expressions become one (but for packed rows, which each pass widens anew).
#pragma once

#include "modules/common/Rows.h"

#include <functional>
#include <map>

namespace fla {

class RowBlock;

/// The columns of the block that one tile holds: [rows, chunk].
class Chunk {
public:
  /// Of a view of rows (see load_rows): the block's elements in f32; 0 outside the view.
  tile::Tile load(const tile::View &) const;
  /// Of a view of [cols]: its elements in f32, [1, chunk].
  tile::Tile load_columns(const tile::View &) const;
  /// `tile` converted to the view's dtype; nothing is written outside the view.
  void store(const tile::View &, const tile::Tile &tile) const;

  const tile::Index &column() const { return column_; } ///< the first one
  /// Which tile of the row this is, for lists that run beside it. Rows that are held only.
  size_t number() const { return number_; }

private:
  friend class RowBlock;
  Chunk(RowBlock &block, tile::Index column, size_t number) : block_(block), column_(column), number_(number) {}
  RowBlock &block_;
  tile::Index column_;
  size_t number_;
};

class RowBlock {
public:
  RowBlock(tile::KernelBuilder &k, const RowConfig &config, int64_t cols, tile::Index row)
      : k_(k), config_(config), cols_(cols), row_(row) {}
  const tile::Index &row() const { return row_; }

  /// Loads a view that is needed later only, so that memory is asked for it early. Nothing for a row that is not held.
  void prepare(const tile::View &);

  /// The sum over the columns of what `term` makes of each chunk; [rows]. What it makes of columns outside the view
  /// counts: loads give 0 there.
  tile::Tile sum(const std::function<tile::Tile(const Chunk &)> &term);
  /// Several sums of one pass.
  Tiles sums(size_t count, const std::function<Tiles(const Chunk &)> &terms);
  /// The largest of what `term` makes of each chunk; [rows].
  tile::Tile max(const std::function<tile::Tile(const Chunk &)> &term);
  /// A pass that carries `state`, tiles of [rows, chunk], from chunk to chunk of a row that is not held, and combines
  /// nothing at its end.
  Tiles carry(Tiles state, const std::function<Tiles(const Chunk &, Tiles)> &body);
  void each(const std::function<void(const Chunk &)> &body);
  /// One chunk alone, from `column` on: for programs that share the columns of a row.
  void at(const tile::Index &column, const std::function<void(const Chunk &)> &body);

private:
  friend class Chunk;
  tile::Tile load(const tile::View &, const Chunk &);
  tile::Tile load_chunk(const tile::View &, const Chunk &);
  tile::Tile widened(const tile::View &, const Chunk &);
  int passes_since_first(const tile::View &);

  tile::KernelBuilder &k_;
  const RowConfig &config_;
  int64_t cols_;
  tile::Index row_;
  std::map<const void *, Tiles> held_; ///< by view, of a row that is held

  // Of a row that is not, or of one chunk alone:
  bool is_alone_ = false;
  std::map<const void *, tile::Tile> of_chunk_; ///< what is loaded of the chunk at work, by view
  int pass_ = 0;                                ///< over the columns
  std::map<const void *, int> read_first_;      ///< in which pass, by view
};

} // namespace fla
