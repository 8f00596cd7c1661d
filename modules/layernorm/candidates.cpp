// Which kernels run a case on a machine, with which grids: the heuristic's choice first.
#include "modules/common/Pairs.h"
#include "modules/common/Partials.h"
#include "modules/layernorm/kernels.h"
#include "modules/layernorm/problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace fla::layernorm {

using tile::Target;
using tile::runtime::DeviceInfo;

namespace {

/// Programs of a host core that go over a range of rows each: enough that cores which are slowed down can share.
constexpr int64_t kRangesPerUnit = 4;

/// A case on a machine: what every choice below depends on.
struct Place {
  const NormSpec &spec;
  int64_t rows;
  double eps;
  const Target &target;
  int64_t units;
  bool streaming; ///< the output would only push other data out of the caches

  bool is_gpu() const { return target.is_gpu(); }
};

std::vector<Arg> tensors(std::initializer_list<const char *> names) {
  std::vector<Arg> args;
  for (const char *name : names) args.push_back({name, std::string(name)});
  return args;
}

/// `all` and, where there is a mean, `centered`.
std::vector<Arg> arguments(const Place &p, std::initializer_list<const char *> all,
                           std::initializer_list<const char *> centered) {
  std::vector<Arg> args = tensors(all);
  if (p.spec.centered)
    for (Arg &arg : tensors(centered)) args.push_back(std::move(arg));
  return args;
}

/// Programs for all rows: one for each block of them, or as many as share the rows of a machine's cores.
int64_t row_programs(const Place &p, const RowConfig &config) {
  const int64_t blocks = ceil_div(p.rows, config.rows);
  return config.looped_rows ? std::min(blocks, p.units * kRangesPerUnit) : blocks;
}

// ---- Forward --------------------------------------------------------------------------------------------------------

Candidate forward_candidate(const Place &p, const RowConfig &config) {
  Candidate candidate{config.str(), {}, {}};
  if (p.rows == 0) return candidate;
  std::vector<Arg> args = arguments(p, {"x", "w", "y", "rstd"}, {"b", "mean"});
  args.push_back({"rows", p.rows});
  args.push_back({"eps", p.eps});
  candidate.launches.push_back({forward(p.spec, config), {uint32_t(row_programs(p, config))}, std::move(args)});
  return candidate;
}

std::vector<Candidate> forward_candidates(const Place &p) {
  std::vector<Candidate> all;
  for (const RowConfig &config :
       row_configs(p.target, {.cols = p.spec.cols, .dtype = p.spec.dtype, .streaming = p.streaming}))
    all.push_back(forward_candidate(p, config));
  return all;
}

// ---- Backward -------------------------------------------------------------------------------------------------------

/// Adds the second stage: `parts` rows of partial sums.
void add_sum_of_partials(const Place &p, int64_t parts, Candidate &candidate) {
  SumOfPartials stage{.kernel = p.spec.name("sum_partials"),
                      .sums = {"dw"},
                      .dtype = p.spec.dtype,
                      .cols = p.spec.cols,
                      .align = p.spec.align};
  if (p.spec.centered) stage.sums.push_back("db");
  add_to(candidate, stage, parts, p.target);
}

/// Programs of one multiprocessor that fit its registers at once: a lane holds x, dy, w and the sums of dw and db of
/// its columns, and some more.
int64_t resident_programs(const RowConfig &config, const Target &target) {
  const int64_t threads = int64_t(config.warps) * target.lanes;
  const int64_t columns = std::max<int64_t>(1, config.rows * config.shape.padded() / threads);
  return std::max<int64_t>(1, 65536 / (threads * (5 * columns + 32)));
}

Candidate fused_backward(const Place &p, const RowConfig &config, int64_t programs) {
  programs = std::min(programs, ceil_div(p.rows, config.rows));
  Candidate candidate{fmt::format("{} programs={}", config.str(), programs), {}, {}};
  if (programs > 0) {
    std::vector<Arg> args = arguments(p, {"x", "dy", "w", "rstd", "dx", "dw_partial"}, {"mean", "db_partial"});
    args.push_back({"rows", p.rows});
    candidate.launches.push_back({backward(p.spec, config), {uint32_t(programs)}, std::move(args)});
  }
  add_sum_of_partials(p, programs, candidate);
  return candidate;
}

/// dx and the weights' gradients apart: x and dy are read twice, but a row need not be held.
Candidate split_backward(const Place &p, const RowConfig &config) {
  RowConfig columns;
  int64_t parts;
  if (p.is_gpu()) {
    const int64_t vector = p.target.vector_bytes / tile::size_of(p.spec.dtype);
    columns = {.rows = 8, .warps = 4, .shape = {p.target.lanes * vector, 1}, .strided = true};
    parts = ceil_div(16 * p.units, ceil_div(p.spec.cols, columns.shape.chunk));
  } else {
    columns.shape.chunk = 8 * p.target.lanes;
    parts = std::min<int64_t>(ceil_div(p.rows, 64), 65535); // 64 rows stay in cache from one column block to the next
  }
  columns.shape.chunk = std::min(columns.shape.chunk, next_power_of_two(p.spec.cols));
  parts = std::min(parts, ceil_div(p.rows, columns.rows));

  Candidate candidate{fmt::format("split {} parts={}", config.str(), parts), {}, {}};
  if (p.rows > 0) {
    std::vector<Arg> args = arguments(p, {"x", "dy", "w", "rstd", "dx"}, {"mean"});
    args.push_back({"rows", p.rows});
    candidate.launches.push_back(
        {backward_input(p.spec, config), {uint32_t(row_programs(p, config))}, std::move(args)});
    args = arguments(p, {"x", "dy", "rstd", "dw_partial"}, {"mean", "db_partial"});
    args.push_back({"rows", p.rows});
    candidate.launches.push_back({backward_weights(p.spec, columns),
                                  {uint32_t(ceil_div(p.spec.cols, columns.shape.chunk)), uint32_t(parts)},
                                  std::move(args)});
  }
  add_sum_of_partials(p, parts, candidate);
  return candidate;
}

std::vector<Candidate> backward_candidates(const Place &p) {
  // Five values a column are alive, not one: a whole warp a row up to 1024 columns, fewer columns a lane beyond.
  const RowNeeds needs{
      .cols = p.spec.cols, .dtype = p.spec.dtype, .held = p.spec.cols <= 1024 ? 32 : 24, .streaming = p.streaming};
  std::vector<Candidate> all;
  for (const RowConfig &config : row_configs(p.target, needs)) {
    if (config.looped) continue;
    const int64_t programs = p.units * (p.is_gpu() ? resident_programs(config, p.target) : kRangesPerUnit);
    all.push_back(fused_backward(p, config, programs));
    if (all.size() == 1 && programs < ceil_div(p.rows, config.rows))
      all.push_back(fused_backward(p, config, 2 * programs));
  }
  RowNeeds looped = needs;
  looped.held = 0;
  for (const RowConfig &config : row_configs(p.target, looped)) {
    all.push_back(split_backward(p, config));
    if (!all.front().name.starts_with("split")) break; // one to compare with
  }
  return all;
}

} // namespace

std::vector<Candidate> NormProblem::candidates(const Target &target, const DeviceInfo &device) const {
  const int64_t written = rows_ * spec_.cols * tile::size_of(spec_.dtype);
  const bool is_host = !target.is_gpu();
  const Place place{spec_, rows_, eps_, target, std::max(device.units, 1), is_host && written > device.cache_bytes / 8};
  switch (pass_) {
  case Pass::Fwd:
    return forward_candidates(place);
  case Pass::Bwd:
    return backward_candidates(place);
  case Pass::FwdBwd:
    return pairs(forward_candidates(place), backward_candidates(place));
  }
  throw tile::InternalError("layernorm: unknown pass");
}

} // namespace fla::layernorm
