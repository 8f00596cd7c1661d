#include "modules/common/TokenChoices.h"

#include <algorithm>

namespace fla {

using namespace tile;

namespace {

/// Columns of a program whose `lanes` take `vector` each, and the warps they fill.
std::pair<int64_t, int> columns(const Target &target, const TokenNeeds &needs, int64_t vector, int most_warps) {
  vector = std::min(vector, needs.cols & -needs.cols);
  const int64_t warp = target.lanes * vector;
  const int64_t cols = row_shape(needs.cols, warp, warp * most_warps).chunk;
  return {cols, int(std::max<int64_t>(1, cols / warp))};
}

/// The most tokens a program may take such that there are `wanted` programs, a power of two within bounds.
int64_t tokens(const TokenNeeds &needs, int64_t unroll, int64_t cols, int64_t wanted) {
  int64_t rows = std::max(needs.most_rows, unroll);
  const int64_t blocks = ceil_div(needs.cols, cols);
  while (rows > std::max(needs.least_rows, unroll) && blocks * ceil_div(needs.rows, rows) < wanted) rows /= 2;
  while (rows > unroll && rows / 2 >= needs.longest) rows /= 2;
  return rows;
}

/// Columns a lane of a GPU can have.
int64_t widest(const Target &target, const TokenNeeds &needs) {
  return std::min(needs.widest, target.vector_bytes / size_of(needs.dtype));
}

TokenConfig gpu_config(const Target &target, const TokenNeeds &needs, const TokenCut &cut) {
  const auto [cols, warps] = columns(target, needs, cut.vector, cut.warps);
  const int64_t rows = tokens(needs, cut.unroll, cols, needs.units * needs.warps_per_unit / warps);
  return {.rows = rows, .unroll = cut.unroll, .cols = cols, .warps = warps, .stages = cut.stages};
}

/// The choice first, then its neighbours: one thing different each. What is in flight are unroll * vector elements a
/// lane while a step's loads are awaited and nothing while it is computed, or with two stages as many all the time.
std::vector<TokenConfig> gpu_configs(const Target &target, const TokenNeeds &needs) {
  TokenCut first = needs.cut;
  first.vector = std::min(first.vector, widest(target, needs));
  auto with = [&](int64_t vector, int64_t unroll, int warps, int stages) {
    return gpu_config(
        target, needs,
        {std::clamp<int64_t>(vector, 1, widest(target, needs)), std::max<int64_t>(unroll, 1), warps, stages});
  };
  const auto [v, u, w, s] = first;
  const int other_warps = w == 1 ? 4 : 1, other_stages = 3 - s;
  const TokenConfig halved = with(v / 2, 2 * u, w, s);
  std::vector<TokenConfig> all;
  if (needs.halves_single_steps && v > 1 && halved.rows == halved.unroll) all.push_back(halved);
  const auto others = {with(v, u, w, s),
                       with(v, u, other_warps, s),
                       with(v, u, w, other_stages),
                       with(v, u, other_warps, other_stages),
                       with(v, u / 2, w, s),
                       halved,
                       with(2 * v, u / 2, w, s),
                       with(v, 2 * u, w, 1)};
  all.insert(all.end(), others);
  return all;
}

TokenConfig host_config(const Target &target, const TokenNeeds &needs, int64_t vectors, int64_t unroll) {
  // A core looks ahead some hundred instructions at most, and no farther than a page: the next 2 KB are asked for.
  constexpr int64_t kAheadBytes = 2048;
  const int64_t cols = row_shape(needs.cols, target.lanes, vectors * target.lanes).chunk;
  return {.rows = tokens(needs, unroll, cols, needs.units * 4),
          .unroll = unroll,
          .cols = cols,
          .ahead = std::clamp<int64_t>(kAheadBytes / (cols * size_of(needs.dtype)), 2, 8)};
}

std::vector<TokenConfig> host_configs(const Target &target, const TokenNeeds &needs) {
  // Blocks of columns as wide as a page's worth of prefetching likes; with narrower ones more stays in registers.
  const int64_t vectors = needs.host_cols, half = std::max<int64_t>(1, vectors / 2);
  return {host_config(target, needs, vectors, needs.host_unroll),
          host_config(target, needs, half, 2 * needs.host_unroll),
          host_config(target, needs, std::max<int64_t>(1, vectors / 4), 4 * needs.host_unroll)};
}

} // namespace

std::vector<TokenConfig> token_configs(const Target &target, const TokenNeeds &needs) {
  std::vector<TokenConfig> different;
  for (TokenConfig config : target.is_gpu() ? gpu_configs(target, needs) : host_configs(target, needs)) {
    config.streaming = needs.streaming;
    if (std::ranges::find(different, config) == different.end()) different.push_back(config);
  }
  return different;
}

TokenConfig block_of(const Target &target, const TokenNeeds &needs, const TokenCut &cut, int64_t rows) {
  const auto [cols, warps] = columns(target, needs, std::min(cut.vector, widest(target, needs)), cut.warps);
  return {.rows = rows,
          .unroll = cut.unroll,
          .cols = cols,
          .warps = warps,
          .streaming = needs.streaming,
          .stages = cut.stages};
}

void put_first(std::vector<TokenConfig> &configs, const TokenConfig &config) {
  std::erase(configs, config);
  configs.insert(configs.begin(), config);
}

void add_last(std::vector<TokenConfig> &configs, const TokenConfig &config) {
  if (std::ranges::find(configs, config) == configs.end()) configs.push_back(config);
}

} // namespace fla
