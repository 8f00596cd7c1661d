#include "modules/common/Partials.h"

#include <algorithm>

namespace fla {

using namespace tile;

namespace {

/// Most registers of a lane: few programs run, so that each may have what it likes.
constexpr int kRegisters = 255;

constexpr char kPartials[] = "partials";

RowConfig config_for(const Target &target, int64_t cols, int64_t parts) {
  RowConfig config;
  if (target.is_gpu()) {
    // Narrow blocks, for there are few columns to keep a GPU busy with; as many rows of them in flight as there are.
    config = {.rows = std::clamp<int64_t>(next_power_of_two(parts), 32, 512), .warps = 8, .shape = {32, 1}};
  } else {
    config.shape.chunk = 16 * target.lanes;
  }
  config.shape.chunk = std::min(config.shape.chunk, next_power_of_two(cols));
  return config;
}

int64_t column_blocks(const SumOfPartials &stage, const RowConfig &config) {
  return ceil_div(stage.cols, config.shape.chunk);
}

} // namespace

View partials_output(KernelBuilder &k, int64_t sums, const Index &parts, int64_t cols) {
  return k.output(kPartials, f32, {sums, parts, cols});
}

void store_partial(const View &partials, int64_t number, const Index &part, const Tiles &tiles, const Index &col) {
  for (size_t i = 0; i < tiles.size(); ++i)
    partials.store({number, part, col + int64_t(i) * tiles[i].shape().back()},
                   sum(tiles[i], Axis(0)).expand(Axis(0)).expand(Axis(0)));
}

Kernel sum_partials(const SumOfPartials &stage, const RowConfig &config) {
  KernelBuilder k(stage.kernel, {.warps = config.warps, .registers = kRegisters, .secondary = true});
  const auto count = int64_t(stage.sums.size());
  Index parts = k.runtime("parts");
  // Both are themselves, and known to be below: where blocks divide the columns, nothing is masked.
  Index col = k.program_id(0) % column_blocks(stage, config) * config.shape.chunk, number = k.program_id(1) % count;
  View partials = k.input(kPartials, f32, {count, parts, stage.cols});
  const std::vector<int64_t> block = {config.rows, config.shape.chunk};
  Tile rows = k.loop(0, parts, config.rows).carry(k.zeros(block, f32))([&](Index part, Tile rows) {
    return rows + reshape(partials.load({number, part, col}, {1, config.rows, config.shape.chunk}), block);
  });
  Tile total = sum(rows, Axis(0)).to(stage.dtype);

  for (int64_t i = 0; i < count; ++i) {
    const std::string &name = stage.sums[size_t(i)];
    ViewOptions options{.align = align_of(stage.dtype, stage.align)};
    if (const auto stride = stage.strides.find(name); stride != stage.strides.end())
      options = {.strides = {stride->second}, .align = int(size_of(stage.dtype))};
    View out = k.output(name, stage.dtype, {stage.cols}, options);
    k.when(number == i, [&] { out.store({col}, total); });
  }
  return k.finish();
}

void add_to(Candidate &candidate, const SumOfPartials &stage, int64_t parts, const Target &target) {
  const RowConfig config = config_for(target, stage.cols, parts);
  const auto blocks = uint32_t(column_blocks(stage, config)), sums = uint32_t(stage.sums.size());
  FusedLaunch launch{sum_partials(stage, config), {blocks, sums}, {{"parts", parts}, {kPartials, kPartials}}};
  for (const std::string &name : stage.sums) launch.args.push_back({name, name});
  candidate.workspace.push_back(scratch(kPartials, {int64_t(sums), std::max<int64_t>(parts, 1), stage.cols}));
  candidate.launches.push_back(std::move(launch));
}

} // namespace fla
