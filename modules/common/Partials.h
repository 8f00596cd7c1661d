// Sums over all rows in two stages: every program leaves one row of f32 partial sums of the columns it went over, and a
// second kernel adds those rows in a fixed order, so that a sum is the same bits in every run. The partial sums of all
// sums of a candidate are one tensor, `partials`, [sums, parts, cols].
#pragma once

#include "modules/common/Problem.h"
#include "modules/common/Rows.h"

#include <map>
#include <string>
#include <vector>

namespace fla {

/// What a first stage writes to.
tile::View partials_output(tile::KernelBuilder &, int64_t sums, const tile::Index &parts, int64_t cols);

/// The end of a first stage: the sums over the rows of `tiles`, which lie side by side from column `col` on, become row
/// `part` of sum `number`.
void store_partial(const tile::View &partials, int64_t number, const tile::Index &part, const Tiles &tiles,
                   const tile::Index &col);

/// The second stage of some sums of [cols] each.
struct SumOfPartials {
  std::string kernel;            ///< its name
  std::vector<std::string> sums; ///< "dw", "db"
  tile::DType dtype = tile::f32; ///< of the sums
  int64_t cols = 1;
  int align = 16; ///< of the sums, bytes: see align_of
  /// Elements between neighbouring columns of a sum, where that is not 1; such sums begin at any element.
  std::map<std::string, int64_t> strides = {};
};

/// Arguments: parts, partials, and each sum. In blocks of config.rows x config.shape.chunk; grid: ceil(cols / chunk) by
/// the number of sums.
tile::Kernel sum_partials(const SumOfPartials &, const RowConfig &config);

/// Adds the workspace, of which a candidate has one, and the launch to `candidate`, whose first stage leaves `parts`
/// rows.
void add_to(Candidate &candidate, const SumOfPartials &, int64_t parts, const tile::Target &);

} // namespace fla
