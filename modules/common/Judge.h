// Results against the oracle, whatever their size: a large problem is computed and compared part by part.
#pragma once

#include "modules/common/Compare.h"
#include "modules/common/Parts.h"

#include <optional>
#include <span>

namespace fla {

class Judge {
public:
  /// Of what `problem` makes of `inputs`; both must live on.
  Judge(const Problem &problem, const Memory &inputs);

  /// For each of several results, the outputs of one implementation in memory, a comparison of each output. The oracle
  /// runs once for all of them, and of small problems once for all calls.
  std::vector<std::map<std::string, Comparison>> compare(std::span<const Memory *const> results);

private:
  using Comparisons = std::vector<std::map<std::string, Comparison>>;
  Values values_of(const Problem &part, int64_t first, const Values &small) const;
  Values no_outputs(const Problem &part) const;
  void compare_whole(std::span<const Memory *const> results, const Values &expected, Comparisons &) const;

  const Problem &problem_;
  const Memory &inputs_;
  Parts parts_;
  std::vector<TensorDesc> tensors_;
  std::optional<Values> expected_; ///< of a small problem
};

} // namespace fla
