// Sums over all rows in two stages: every program leaves one row of f32 partial sums of the columns it went over, and a
// second kernel adds those rows in a fixed order, so that a sum is the same bits in every run. The partial sums of `dw`
// are the tensor `dw_partial`, [parts, cols].
#pragma once

#include "modules/common/Problem.h"
#include "modules/common/Rows.h"

#include <map>
#include <string>
#include <vector>

namespace fla {

/// The end of a first stage: the sums over the rows of `sums`, which lie side by side from column `col` on, become this
/// program's row, the one of its number along grid dimension `axis`, of the output `<name>_partial`.
void store_partial(tile::KernelBuilder &, const std::string &name, int axis, int64_t cols, const Tiles &sums,
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

/// Arguments: parts, <sum>_partial and <sum> of each. In blocks of config.rows x config.shape.chunk; grid:
/// ceil(cols / chunk).
tile::Kernel sum_partials(const SumOfPartials &, const RowConfig &config);

/// Adds the workspace and the launch to `candidate`, whose first stage leaves `parts` rows.
void add_to(Candidate &candidate, const SumOfPartials &, int64_t parts, const tile::Target &);

} // namespace fla
