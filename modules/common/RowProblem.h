// What problems over rows share: a base that answers the questions with one right answer, tensors in a line each, and
// the way from configs to candidates.
#pragma once

#include "modules/common/Limits.h"
#include "modules/common/Problem.h"
#include "modules/common/Rows.h"

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace fla {

// ---- Tensors --------------------------------------------------------------------------------------------------------

/// An input of random numbers.
TensorDesc input(std::string name, DType, std::vector<int64_t> shape, double mean = 0, double stddev = 1);
/// An input that is made from the other inputs.
TensorDesc derived(std::string name, DType, std::vector<int64_t> shape, decltype(TensorDesc::derive) derive);
TensorDesc output(std::string name, DType, std::vector<int64_t> shape);

// ---- Candidates -----------------------------------------------------------------------------------------------------

/// A machine for a problem of `rows` rows: what every choice depends on.
struct Place {
  const tile::Target &target;
  int64_t units; ///< multiprocessors, or threads
  int64_t rows;
  bool streaming; ///< the output would only push other data out of the caches

  bool is_gpu() const { return target.is_gpu(); }
  /// Whether programs of a row and a warp each, of which a multiprocessor has 32 at once, fill a GPU once or twice (or
  /// more than half). An H100 then takes 1 to 3 % less by such programs for rows of four accesses a lane.
  bool is_filled_by_warps() const { return is_gpu() && rows > 16 * units && rows <= 64 * units; }
};

/// Arguments that are tensors of the same names.
std::vector<Arg> tensor_args(std::initializer_list<const char *> names);

/// Programs for all rows: one for each block of them, or as many as share the rows of a machine's cores.
int64_t row_programs(const Place &, const RowConfig &);
/// Programs of a CPU's core that go over a range of rows each: enough that cores which are slowed down can share.
inline constexpr int64_t kRangesPerUnit = 4;

/// A candidate for each config: one launch of kernel(config), whose grid covers the rows and which takes `args` and the
/// number of rows as `rows`. `order` may put others first than row_configs() does.
std::vector<Candidate> row_candidates(const Place &, const RowNeeds &,
                                      const std::function<tile::Kernel(const RowConfig &)> &kernel,
                                      std::vector<Arg> args,
                                      const std::function<void(std::vector<RowConfig> &)> &order = {});

// ---- Problems -------------------------------------------------------------------------------------------------------

/// A problem over [rows, cols] whose passes are a forward, a backward, or one after the other.
class RowProblem : public Problem {
public:
  RowProblem(Pass pass, int64_t rows, int64_t cols) : pass_(pass), rows_(rows), cols_(cols) {}

  int64_t bytes() const override; ///< each tensor once
  std::vector<Candidate> candidates(const tile::Target &, const tile::runtime::DeviceInfo &) const override;

protected:
  virtual std::vector<Candidate> forward_candidates(const Place &) const = 0;
  virtual std::vector<Candidate> backward_candidates(const Place &) const = 0;

  Pass pass() const { return pass_; }
  bool runs_forward() const { return pass_ != Pass::Bwd; }
  bool runs_backward() const { return pass_ != Pass::Fwd; }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }

private:
  Pass pass_;
  int64_t rows_, cols_;
};

} // namespace fla
