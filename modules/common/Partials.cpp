#include "modules/common/Partials.h"

#include <algorithm>

namespace fla {

using namespace tile;

namespace {

/// Most registers of a lane: few programs run, so that each may have what it likes.
constexpr int kRegisters = 255;

std::string partial(const std::string &sum) {
  return sum + "_partial";
}

RowConfig config_for(const Target &target, int64_t cols, int64_t parts) {
  RowConfig config;
  if (target.is_gpu()) {
    // Narrow blocks, for there are few columns to keep a GPU busy with; many rows of them in flight at once.
    config = {.rows = std::clamp<int64_t>(next_power_of_two(parts), 32, 128), .warps = 8, .shape = {32, 1}};
  } else {
    config.shape.chunk = 16 * target.lanes;
  }
  config.shape.chunk = std::min(config.shape.chunk, next_power_of_two(cols));
  return config;
}

} // namespace

void store_partial(KernelBuilder &k, const std::string &name, int axis, int64_t cols, const Tiles &sums,
                   const Index &col) {
  View view = k.output(partial(name), f32, {k.num_programs(axis), cols});
  for (size_t i = 0; i < sums.size(); ++i)
    view.store({k.program_id(axis), col + int64_t(i) * sums[i].shape().back()}, sum(sums[i], Axis(0)).expand(Axis(0)));
}

Kernel sum_partials(const SumOfPartials &stage, const RowConfig &config) {
  KernelBuilder k(stage.kernel, {.warps = config.warps, .registers = kRegisters});
  Index parts = k.runtime("parts");
  Index col = k.program_id(0) * config.shape.chunk;
  std::vector<View> partials;
  for (const std::string &name : stage.sums) partials.push_back(k.input(partial(name), f32, {parts, stage.cols}));

  Tiles zeros(partials.size(), k.zeros({config.rows, config.shape.chunk}, f32));
  Tiles sums = k.loop(0, parts, config.rows).carry_list(zeros, [&](Index part, Tiles sums) {
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = sums[i] + partials[i].load({part, col}, {config.rows, config.shape.chunk});
    return sums;
  });

  for (size_t i = 0; i < sums.size(); ++i) {
    ViewOptions options{.align = align_of(stage.dtype, stage.align)};
    if (const auto stride = stage.strides.find(stage.sums[i]); stride != stage.strides.end())
      options = {.strides = {stride->second}, .align = int(size_of(stage.dtype))};
    View total = k.output(stage.sums[i], stage.dtype, {stage.cols}, options);
    total.store({col}, sum(sums[i], Axis(0)).to(stage.dtype));
  }
  return k.finish();
}

void add_to(Candidate &candidate, const SumOfPartials &stage, int64_t parts, const Target &target) {
  const RowConfig config = config_for(target, stage.cols, parts);
  FusedLaunch launch{sum_partials(stage, config), {uint32_t(ceil_div(stage.cols, config.shape.chunk))}, {}};
  for (const std::string &name : stage.sums) {
    candidate.workspace.push_back(scratch(partial(name), {std::max<int64_t>(parts, 1), stage.cols}));
    launch.args.push_back({partial(name), partial(name)});
    launch.args.push_back({name, name});
  }
  launch.args.push_back({"parts", parts});
  candidate.launches.push_back(std::move(launch));
}

} // namespace fla
