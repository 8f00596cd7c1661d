#include "modules/common/RowBlock.h"

#include "compiler/dsl/Anew.h"

#include <algorithm>
#include <limits>

namespace fla {

using namespace tile;

Tile Chunk::load(const View &view) const {
  return block_.load(view, *this);
}

Tile Chunk::load_columns(const View &view) const {
  return view.load({column_}, {block_.config_.shape.chunk}).to(f32).expand(Axis(0));
}

void Chunk::store(const View &view, const Tile &tile) const {
  view.store({block_.row_, column_}, tile.to(view.dtype()), block_.config_.cache());
}

void RowBlock::prepare(const View &view) {
  if (config_.looped) return;
  Tiles &tiles = held_[view.value().ir];
  if (tiles.empty()) tiles = load_row(view, row_, config_);
}

Tile RowBlock::load(const View &view, const Chunk &chunk) {
  auto [known, is_new] = of_chunk_.try_emplace(view.value().ir);
  if (is_new) known->second = config_.looped || is_alone_ ? load_chunk(view, chunk) : widened(view, chunk);
  return known->second;
}

Tile RowBlock::load_chunk(const View &view, const Chunk &chunk) {
  // The same chunk of a later row, as load_row does for whole rows; by the passes after the first, rows are near.
  if (config_.ahead > 0 && passes_since_first(view) == 0)
    prefetch_rows(view, row_ + config_.ahead * config_.rows, chunk.column_, config_, config_.shape.chunk);
  return load_rows(view, row_, chunk.column_, config_).to(f32);
}

Tile RowBlock::widened(const View &view, const Chunk &chunk) {
  prepare(view);
  const Tile &tile = held_[view.value().ir][chunk.number_];
  const int time = config_.packed ? passes_since_first(view) : 0;
  return time == 0 ? tile.to(f32) : widened_anew(tile, std::min(time, kMostAnew));
}

int RowBlock::passes_since_first(const View &view) {
  return pass_ - read_first_.try_emplace(view.value().ir, pass_).first->second;
}

void RowBlock::at(const Index &column, const std::function<void(const Chunk &)> &body) {
  is_alone_ = true;
  of_chunk_.clear();
  body(Chunk(*this, column, 0));
  is_alone_ = false;
}

Tiles RowBlock::carry(Tiles state, const std::function<Tiles(const Chunk &, Tiles)> &body) {
  ++pass_;
  if (config_.looped) {
    return over_chunks(k_, cols_, config_.shape.chunk, std::move(state), [&](Index column, Tiles s) {
      of_chunk_.clear();
      return body(Chunk(*this, column, 0), std::move(s));
    });
  }
  for (int64_t i = 0; i < config_.shape.chunks; ++i) {
    of_chunk_.clear();
    state = body(Chunk(*this, i * config_.shape.chunk, size_t(i)), std::move(state));
  }
  return state;
}

void RowBlock::each(const std::function<void(const Chunk &)> &body) {
  carry({}, [&](const Chunk &chunk, Tiles) {
    body(chunk);
    return Tiles();
  });
}

Tiles RowBlock::sums(size_t count, const std::function<Tiles(const Chunk &)> &terms) {
  Tiles start;
  if (config_.looped) start.assign(count, k_.zeros({config_.rows, config_.shape.chunk}, f32));
  Tiles totals = carry(start, [&](const Chunk &chunk, Tiles so_far) {
    Tiles added = terms(chunk);
    for (size_t i = 0; i < so_far.size(); ++i) added[i] = so_far[i] + added[i];
    return added;
  });
  for (Tile &total : totals) total = tile::sum(total, Axis(1));
  return totals;
}

Tile RowBlock::sum(const std::function<Tile(const Chunk &)> &term) {
  return sums(1, [&](const Chunk &chunk) -> Tiles { return {term(chunk)}; }).front();
}

Tile RowBlock::max(const std::function<Tile(const Chunk &)> &term) {
  Tiles start;
  if (config_.looped)
    start = {k_.full({config_.rows, config_.shape.chunk}, -std::numeric_limits<double>::infinity(), f32)};
  Tiles largest = carry(start, [&](const Chunk &chunk, Tiles so_far) -> Tiles {
    Tile value = term(chunk);
    return {so_far.empty() ? value : tile::max(so_far.front(), value)};
  });
  return tile::max(largest.front(), Axis(1));
}

} // namespace fla
