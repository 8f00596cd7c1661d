// The tensors of norm kernels, declared the same way in each.
#pragma once

#include "compiler/dsl/Fast.h"
#include "modules/common/RowBlock.h"
#include "modules/layernorm/spec.h"

#include <optional>

namespace fla::layernorm {

/// Declares a kernel's views, each where it is asked for.
class Views {
public:
  Views(tile::KernelBuilder &k, const NormSpec &spec) : k_(k), spec_(spec), rows_(k.runtime("rows")) {}
  const tile::Index &rows() const { return rows_; }

  /// [rows, columns]; where the rows of all groups may be further apart, [rows / groups, groups, columns].
  tile::View spread_input(const std::string &name, tile::DType dtype) {
    if (spec_.stride_divisor == 0) return input(name, dtype);
    tile::ViewOptions options = of(dtype);
    const tile::Index stride = k_.runtime(name + "_stride", spec_.stride_divisor);
    options.strides = {stride, 1};
    if (spec_.groups == 1) return k_.input(name, dtype, {rows_, spec_.width()}, options);
    options.strides = {stride, spec_.width(), 1};
    return k_.input(name, dtype, {rows_ / spec_.groups, spec_.groups, spec_.width()}, options);
  }
  /// [rows, columns]
  tile::View input(const std::string &name, tile::DType dtype) {
    return k_.input(name, dtype, {rows_, spec_.width()}, of(dtype));
  }
  tile::View output(const char *name, tile::DType dtype) {
    return k_.output(name, dtype, {rows_, spec_.width()}, of(dtype));
  }
  /// One f32 a row.
  tile::View statistic_input(const char *name) { return k_.input(name, tile::f32, {rows_}, of(tile::f32)); }
  tile::View statistic_output(const char *name) { return k_.output(name, tile::f32, {rows_}, of(tile::f32)); }
  /// w or b: one row of numbers for each group.
  tile::View columns(const char *name) {
    return k_.input(name, spec_.dtype, {spec_.groups, spec_.width()}, of(spec_.dtype));
  }

private:
  tile::ViewOptions of(tile::DType dtype) const { return {.align = align_of(dtype, spec_.align)}; }

  tile::KernelBuilder &k_;
  const NormSpec &spec_;
  tile::Index rows_;
};

/// w or b as blocks of rows need it: [1, chunk], or with groups [rows, chunk].
class Columns {
public:
  /// Without a view, there are none.
  Columns(std::optional<tile::View> view, const NormSpec &spec, const RowConfig &config)
      : view_(std::move(view)), groups_(spec.groups), config_(config) {}
  explicit operator bool() const { return view_.has_value(); }

  /// Loads them once for all blocks of the program, whose rows are those of `row` modulo the groups.
  void hold(const tile::Index &row) {
    if (!view_ || config_.looped) return;
    for (int64_t i = 0; i < config_.shape.chunks; ++i) held_.push_back(load(row, i * config_.shape.chunk));
  }
  tile::Tile at(const RowBlock &block, const Chunk &c) const {
    return held_.empty() ? load(block.row(), c.column()) : held_[c.number()];
  }

private:
  tile::Tile load(const tile::Index &row, const tile::Index &column) const {
    const bool one = groups_ == 1;
    return view_->load({one ? tile::Index(0) : row % groups_, column}, {one ? 1 : config_.rows, config_.shape.chunk})
        .to(tile::f32);
  }

  std::optional<tile::View> view_;
  int64_t groups_;
  const RowConfig &config_;
  Tiles held_;
};

/// Whether every block of a program that loops over rows sees the same groups.
inline bool same_groups(const NormSpec &spec, const RowConfig &config) {
  return spec.groups == 1 || spec.groups == config.rows || !config.looped_rows;
}

/// By the fast sigmoid where all that depends on it is stored with two bytes: it is up to 2^-16 of itself off, and
/// rounding takes 2^-9 (bf16) or 2^-12 (f16). Of rstd, in f32, that is a mean over the row.
inline tile::Tile activation(const NormSpec &spec, const tile::Tile &g) {
  const auto is_short = [](tile::DType dtype) { return tile::size_of(dtype) == 2; };
  const bool may_be_fast = is_short(spec.dtype) && is_short(spec.y_dtype()) && is_short(spec.sum_dtype());
  tile::Tile open = may_be_fast ? fast_sigmoid(g) : sigmoid(g);
  return spec.gate == Gate::Silu ? g * open : open;
}

} // namespace fla::layernorm
