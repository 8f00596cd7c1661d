// Which kernels run a case on a machine, with which grids: the heuristic's choice first.
#include "modules/common/Rows.h"
#include "modules/common/TokenChoices.h"
#include "modules/tokenshift/kernels.h"
#include "modules/tokenshift/problem.h"

#include <algorithm>

namespace fla::tokenshift {

using tile::Target;
using tile::runtime::DeviceInfo;

namespace {

/// One step a program beyond two waves, 4M elements of 16 bits: an H100 takes 3 to 6 % less than if it marched, packed
/// 7 to 8 %. Fewer packed ones in two steps: 10 to 14 % less than in one, which waits for all of its tokens and for
/// where sequences begin.
void order_for_gpu(const TokenNeeds &needs, const Target &target, bool is_packed, std::vector<TokenConfig> &configs) {
  const bool are_many = needs.rows * needs.cols > 2 * elements_of_a_wave(target, needs.units, needs.dtype);
  TokenCut longer = needs.cut, brief = needs.cut;
  longer.unroll = 16;
  brief.warps = 1;
  if (needs.longest < 16) return;
  const TokenConfig best = single_step(target, needs, is_packed ? brief : longer);
  const TokenConfig other = single_step(target, needs, is_packed ? longer : brief);
  add_last(configs, other);
  if (are_many)
    put_first(configs, best);
  else
    add_last(configs, best);
  if (is_packed && !are_many)
    std::ranges::stable_partition(configs, [&](const TokenConfig &c) {
      return c.unroll == needs.cut.unroll / 2 && c.cols == int64_t(c.warps) * target.lanes * needs.cut.vector;
    });
}

} // namespace

std::vector<Candidate> ShiftProblem::candidates(const Target &target, const DeviceInfo &device) const {
  const bool is_empty = sequences_.rows() == 0;
  const int64_t written = sequences_.rows() * cols() * tile::size_of(dtype());
  const TokenNeeds needs{.rows = sequences_.rows(),
                         .longest = sequences_.tokens(),
                         .cols = cols(),
                         .dtype = dtype(),
                         .units = std::max(device.units, 1),
                         .cut = {.vector = 4, .unroll = 8, .warps = 4, .stages = 1},
                         .host_cols = 32,
                         .streaming = !target.is_gpu() && written > device.cache_bytes / 8};

  std::vector<TokenConfig> configs = token_configs(target, needs);
  if (target.is_gpu()) order_for_gpu(needs, target, spec_.tokens.is_packed(), configs);

  std::vector<Candidate> all;
  for (TokenConfig config : configs) {
    // With eight columns a lane, the GPU's assembler would spill one for the sake of a program more.
    if (target.is_gpu() && config.cols >= int64_t(config.warps) * target.lanes * 8) config.registers = 64;
    Candidate candidate{config.str(), {}, {}};
    auto launch = [&](tile::Kernel kernel, tile::runtime::Grid grid, const char *in, bool given, const char *given_name,
                      const char *out) {
      if (grid.programs() == 0) return;
      std::vector<Arg> args = token_args(sequences_, spec_.tokens, {in}, gap_);
      args.push_back({in, in});
      if (given) args.push_back({given_name, given_name});
      args.push_back({out, out});
      candidate.launches.push_back({std::move(kernel), grid, std::move(args)});
    };
    const auto tokens = is_empty ? tile::runtime::Grid{0} : token_grid(sequences_, spec_.tokens, config);
    const auto per_sequence = sequence_grid(sequences_, spec_.tokens, config);
    if (runs_forward()) {
      launch(forward(spec_, config), tokens, "x", spec_.cache, "cache", "y");
      if (spec_.next_cache) launch(last_tokens(spec_, config), per_sequence, "x", spec_.cache, "cache", "next_cache");
    }
    if (runs_backward()) {
      launch(backward(spec_, config), tokens, "dy", spec_.next_cache, "dnext_cache", "dx");
      if (spec_.cache)
        launch(cache_gradient(spec_, config), per_sequence, "dy", spec_.next_cache, "dnext_cache", "dcache");
    }
    all.push_back(std::move(candidate));
  }
  return all;
}

} // namespace fla::tokenshift
