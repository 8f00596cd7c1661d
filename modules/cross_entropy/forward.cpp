// The loss of rows: online log-sum-exp for rows that are not held, with one maximum and one sum for each column slot of
// a chunk, so that nothing crosses lanes before the row ends.
#include "modules/cross_entropy/kernels.h"

#include "modules/cross_entropy/row.h"

namespace fla::cross_entropy {

using namespace tile;

namespace {

std::vector<Logits> load_held(const Spec &spec, const Inputs &in, Index row, const RowConfig &config) {
  if (config.ahead > 0) in.logits.prefetch({row + config.ahead * config.rows, 0}, {config.rows, config.shape.padded()});
  std::vector<Logits> tiles;
  for (int64_t i = 0; i < config.shape.chunks; ++i)
    tiles.push_back(load_logits(spec, in.logits, row, i * config.shape.chunk, config.rows, config.shape.chunk));
  return tiles;
}

RowSums looped_sums(KernelBuilder &k, const Spec &spec, const Inputs &in, const RowConfig &config, Index row) {
  Tile target = target_logit(k, spec, in, row); // before a gradient may overwrite it
  RunningSums running(k, spec, in, config);
  auto whole_row = [&] {
    return over_columns(
        k, spec.classes, config, Order::Forwards, running.start(),
        [&](const std::vector<Index> &columns, Tiles state) { return running.add(row, columns, state); });
  };
  return running.merge(k.when(counts(spec, in, row), whole_row, [&] { return running.start(); }), target);
}

} // namespace

Kernel forward(const Spec &spec, const RowConfig &config) {
  KernelBuilder k("cross_entropy_forward", {.warps = config.warps, .registers = config.registers});
  Inputs in(k, spec, Use::Read);
  LossOutputs out(k, spec, in);
  for_row_blocks(k, in.rows, config, [&](Index row) {
    Targets targets = load_targets(spec, in.targets, row, config.rows);
    RowSums sums = config.looped ? looped_sums(k, spec, in, config, row)
                                 : held_sums(k, spec, in, config, targets, load_held(spec, in, row, config));
    out.store(row, row_loss(k, spec, in, targets, row, sums));
  });
  return k.finish();
}

Kernel forward_backward(const Spec &spec, const RowConfig &config) {
  KernelBuilder k("cross_entropy_forward_backward", {.warps = config.warps});
  Inputs in(k, spec, Use::Change);
  View dlogits = gradient_of(k, spec, in);
  LossOutputs out(k, spec, in);
  Tile factor = spec.is_mean() ? mean_factor(Inputs::vector(k, "total_weight", 1)) : k.full({1}, 1, f32);

  for_row_blocks(k, in.rows, config, [&](Index row) {
    Targets targets = load_targets(spec, in.targets, row, config.rows);
    std::vector<Logits> held;
    Tiles exps;
    if (!config.looped) held = load_held(spec, in, row, config);
    RowSums sums =
        config.looped ? looped_sums(k, spec, in, config, row) : held_sums(k, spec, in, config, targets, held, &exps);
    RowLoss loss = row_loss(k, spec, in, targets, row, sums);
    out.store(row, loss);
    Tile upstream = factor.broadcast({config.rows});
    Gradient gradient(k, spec, in, targets, row, loss.lse, upstream, &sums.sum);
    if (!config.looped) {
      for (size_t i = 0; i < held.size(); ++i) {
        const Index column = int64_t(i) * config.shape.chunk;
        dlogits.store({row, column}, gradient.of(held[i], exps[i], column), config.cache());
      }
      return;
    }
    // Backwards: what was read last is still in the nearest cache.
    gradient_of_row(k, spec, in, config, row, Order::Backwards, gradient, sums.max, dlogits);
  });
  return k.finish();
}

// ---- Rows over several programs -------------------------------------------------------------------------------------

namespace {

/// The views of the parts: [rows, parts] each.
struct Parts {
  View max, sum;
  std::optional<View> all;

  template <class Declare> static Parts declare(const Spec &spec, Declare view) {
    Parts parts{view("part_max"), view("part_sum"), std::nullopt};
    if (spec.smooths()) parts.all = view("part_all");
    return parts;
  }
};

} // namespace

Kernel forward_parts(const Spec &spec, const RowConfig &config, int64_t parts) {
  KernelBuilder k("cross_entropy_forward_parts", {.warps = config.warps});
  Inputs in(k, spec, Use::Read);
  Parts out = Parts::declare(spec, [&](const char *name) { return k.output(name, f32, {in.rows, parts}); });
  Index row = k.program_id(0) / parts, part = k.program_id(0) % parts;

  const int64_t chunk = config.shape.chunk, step = chunk * config.shape.chunks;
  const int64_t share = ceil_div(ceil_div(spec.classes, step), parts) * step;
  RunningSums running(k, spec, in, config);
  Index begin = part * share;
  Tiles state =
      k.loop(begin, min(begin + share, spec.classes), step).carry_list(running.start(), [&](Index column, Tiles state) {
        std::vector<Index> columns;
        for (int64_t n = 0; n < config.shape.chunks; ++n) columns.push_back(column + n * chunk);
        return running.add(row, columns, state);
      });
  RowSums sums = running.merge(state, Tile());
  auto store = [&](const View &view, const Tile &x) { view.store({row, part}, x.expand(Axis(1))); };
  store(out.max, sums.max);
  store(out.sum, sums.sum);
  if (out.all) store(*out.all, sums.all);
  return k.finish();
}

Kernel merge_parts(const Spec &spec, int64_t parts, bool with_sums) {
  KernelBuilder k("cross_entropy_merge_parts", {.warps = 1});
  Inputs in(k, spec, Use::Read);
  LossOutputs out(k, spec, in);
  std::optional<View> row_max, row_sum;
  if (with_sums) row_max = output_vector(k, "row_max", in.rows), row_sum = output_vector(k, "row_sum", in.rows);
  Parts from = Parts::declare(spec, [&](const char *name) { return k.input(name, f32, {in.rows, parts}); });
  Index row = k.program_id(0);
  Targets targets = load_targets(spec, in.targets, row, 1);
  const std::vector<int64_t> block = {1, next_power_of_two(parts)};
  auto load = [&](const View &view) { return view.load({row, 0}, block); };

  // Beyond the last part there is 0 to add, at whatever maximum: it must only not exceed that of the row.
  Tile part_max = load(from.max);
  part_max = where(part_max.in_bounds(Axis(1)), part_max, kLowest);
  Tile most = max(part_max, Axis(1));
  Tile total = sum(load(from.sum) * fast_exp(part_max - most.expand(Axis(1))), Axis(1));
  RowSums sums{most, total, target_logit(k, spec, in, row), Tile()};
  if (from.all) sums.all = sum(load(*from.all), Axis(1));
  if (with_sums) row_max->store({row}, sums.max), row_sum->store({row}, sums.sum);
  out.store(row, row_loss(k, spec, in, targets, row, sums));
  return k.finish();
}

} // namespace fla::cross_entropy
