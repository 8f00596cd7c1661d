// The tile expressions of cross-entropy over a block of rows: its targets, what the loss needs of its logits, the loss,
// and the gradient of a tile. One number for each row is a tile of [rows]; a chunk of columns a tile of [rows, chunk].
#pragma once

#include "modules/common/Rows.h"
#include "modules/cross_entropy/arguments.h"

#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace fla::cross_entropy {

/// Where a maximum begins: not at -inf, whose distance from itself is NaN.
inline constexpr double kLowest = std::numeric_limits<float>::lowest();

/// The rows' targets.
struct Targets {
  tile::Tile column;         ///< i32; -1 unless the target is one
  tile::Tile valid, ignored; ///< i1; neither: the target is out of range
};
Targets load_targets(const Spec &, const tile::View &targets, tile::Index row, int64_t rows);

/// Whether the elements of a chunk that begins at `column` are their rows' targets. [rows, chunk]. `lanes`: where it is
/// known that so many lanes have as many columns side by side of one row each; fewer registers then do.
tile::Tile is_target(tile::KernelBuilder &, const Targets &, tile::Index column, int64_t chunk, int64_t lanes = 0);

/// Logits as the loss sees them: f32, scaled and capped; 0 in columns outside the view.
struct Logits {
  tile::Tile y;
  tile::Tile capped; ///< y / softcap; only with a softcap
  tile::Tile inside; ///< i1: the column is one of the row's; none where all are

  tile::Tile or_minus_infinity() const; ///< y, and outside the row what no maximum and no sum of exponentials sees
};
Logits load_logits(const Spec &, const tile::View &, tile::Index row, tile::Index column, int64_t rows, int64_t chunk,
                   tile::Cache = tile::Cache::Default);
/// Of a tile that lies inside the row, in f32.
Logits logits_inside(const Spec &, const tile::Tile &x);

/// y of the target of one row; anything where that is no class. [1]
tile::Tile target_logit(tile::KernelBuilder &, const Spec &, const Inputs &, tile::Index row);
/// Whether a row is not ignored: the logits of one that is need not be read.
tile::Condition counts(const Spec &, const Inputs &, tile::Index row);

/// w * y of a chunk: a term of RowSums::all.
tile::Tile weighted(const Inputs &, const Logits &, tile::Index column, int64_t chunk);

/// What the loss needs to know of rows. [rows] each
struct RowSums {
  tile::Tile max;    ///< of y; the lowest finite number where y is -inf throughout
  tile::Tile sum;    ///< of exp(y - max)
  tile::Tile target; ///< y of the target
  tile::Tile all;    ///< sum of w * y over all classes; only with label smoothing
};

/// 2^(log2(e) * x): what a GPU does in two instructions, with an error of |x| * 2^-24 relative.
tile::Tile fast_exp(const tile::Tile &x);

/// The columns of a pass over a row: `body(columns, state)` is called for config.shape.chunks tiles of
/// config.shape.chunk columns at a time, in a run-time loop, then once for the rest. `backwards`: the rest first and
/// then down. Columns before `first`, a multiple of chunk, are left out.
enum class Order : uint8_t { Forwards, Backwards };
Tiles over_columns(tile::KernelBuilder &, int64_t cols, const RowConfig &, Order, Tiles state,
                   const std::function<Tiles(const std::vector<tile::Index> &columns, Tiles state)> &body,
                   int64_t first = 0);

/// The sums of a row that is in registers. Keeps exp(y - max) of each tile in `exps` where that is asked for.
RowSums held_sums(tile::KernelBuilder &, const Spec &, const Inputs &, const RowConfig &, const Targets &,
                  const std::vector<Logits> &row, Tiles *exps = nullptr);

/// Sums of one row under construction, over columns of any number of chunks: every column slot of the chunk has a
/// maximum and sums of its own, merged at the end.
class RunningSums {
public:
  RunningSums(tile::KernelBuilder &k, const Spec &spec, const Inputs &in, const RowConfig &config);
  Tiles start();
  /// `state` with the columns that begin at `columns`.
  Tiles add(tile::Index row, const std::vector<tile::Index> &columns, Tiles state);
  Tiles add(const std::vector<Logits> &logits, const std::vector<tile::Index> &columns, Tiles state);
  RowSums merge(const Tiles &state, const tile::Tile &target);

private:
  tile::KernelBuilder &k_;
  const Spec &spec_;
  const Inputs &in_;
  const RowConfig &config_;
};

/// The loss of rows and what goes with it. [rows] each
struct RowLoss {
  tile::Tile loss, lse;
  tile::Tile z; ///< only with z-loss
};
RowLoss row_loss(tile::KernelBuilder &, const Spec &, const Inputs &, const Targets &, tile::Index row,
                 const RowSums &);

/// The outputs of a row kernel, declared when made.
class LossOutputs {
public:
  LossOutputs(tile::KernelBuilder &, const Spec &, const Inputs &);
  void store(tile::Index row, const RowLoss &) const;

private:
  tile::View loss_, lse_;
  std::optional<tile::View> z_;
};

/// dx of chunks of the rows, from p: the factors of the formula in spec.h, [rows, 1] each.
class Gradient {
public:
  /// What is known of the rows.
  struct Known {
    bool counted = false; ///< none is ignored: a factor that is NaN will do for those without a target
    int64_t lanes = 0;    ///< as of is_target
  };
  /// `upstream`: g of the formula, [rows]. `normalizer`: p is what `of` is given divided by this, [rows].
  Gradient(tile::KernelBuilder &k, const Spec &spec, const Inputs &in, Targets targets, tile::Index row,
           const tile::Tile &lse, const tile::Tile &upstream, const tile::Tile *normalizer = nullptr)
      : Gradient(k, spec, in, std::move(targets), row, lse, upstream, normalizer, Known{}) {}
  Gradient(tile::KernelBuilder &k, const Spec &spec, const Inputs &in, Targets targets, tile::Index row,
           const tile::Tile &lse, const tile::Tile &upstream, const tile::Tile *normalizer, Known);
  /// Of the columns that begin at `column`; in the dtype of the logits.
  tile::Tile of(const Logits &, const tile::Tile &p, tile::Index column) const;

private:
  tile::KernelBuilder &k_;
  const Spec &spec_;
  const Inputs &in_;
  Targets targets_;
  tile::Tile along_p_, at_target_, per_class_;
  tile::Tile elsewhere_; ///< of rows without a target, unless all are counted
  int64_t lanes_;
};

/// Writes the gradient of a block of rows from an element-wise pass over `columns`: p is exp(y - offset).
void store_gradient(const Spec &, const Inputs &, const RowConfig &, tile::Index row,
                    const std::vector<tile::Index> &columns, const Gradient &, const tile::Tile &offset,
                    const tile::View &dlogits, tile::Cache reading = tile::Cache::Default);
/// Writes zeros to one row.
void store_zeros(tile::KernelBuilder &, const Spec &, const RowConfig &, tile::Index row, const tile::View &dlogits);
/// store_gradient over whole rows. One that is ignored is not read.
void gradient_of_row(tile::KernelBuilder &, const Spec &, const Inputs &, const RowConfig &, tile::Index row, Order,
                     const Gradient &, const tile::Tile &offset, const tile::View &dlogits);

/// 1 / total_weight of `mean`, as a factor that is 0 where no row counts. [1]
tile::Tile mean_factor(const tile::View &total_weight);

} // namespace fla::cross_entropy
