// The gradient from a saved lse: element by element, so that rows are cut as suits the machine.
#include "modules/cross_entropy/kernels.h"

#include "modules/cross_entropy/row.h"

namespace fla::cross_entropy {

using namespace tile;

Kernel backward(const Spec &spec, const RowConfig &config, Upstream given) {
  KernelBuilder k("cross_entropy_backward", {.warps = config.warps});
  Inputs in(k, spec, Use::Change);
  View dlogits = gradient_of(k, spec, in);
  View lses = Inputs::vector(k, "lse", in.rows);
  std::optional<View> dloss, maxima, sums, total;
  if (given == Upstream::Given)
    dloss = Inputs::vector(k, "dloss", spec.is_reduced() ? Index(1) : in.rows);
  else
    maxima = Inputs::vector(k, "row_max", in.rows), sums = Inputs::vector(k, "row_sum", in.rows);
  if (spec.is_mean()) total = Inputs::vector(k, "total_weight", 1);

  struct Rows {
    Tile offset; ///< of exp(y - offset)
    Gradient gradient;
  };
  auto rows_at = [&](Index row) -> Rows {
    Targets targets = load_targets(spec, in.targets, row, config.rows);
    Tile lse = lses.load({row}, {config.rows});
    Tile upstream = k.full({config.rows}, 1, f32);
    if (dloss) upstream = spec.is_reduced() ? upstream * dloss->load({0}, {1}) : dloss->load({row}, {config.rows});
    if (total) upstream = upstream * mean_factor(*total);
    if (!sums) return {lse, Gradient(k, spec, in, targets, row, lse, upstream)};
    Tile sum = sums->load({row}, {config.rows});
    return {maxima->load({row}, {config.rows}), Gradient(k, spec, in, targets, row, lse, upstream, &sum)};
  };

  if (config.looped_rows) {
    for_row_blocks(k, in.rows, config, [&](Index row) {
      Rows rows = rows_at(row);
      gradient_of_row(k, spec, in, config, row, Order::Forwards, rows.gradient, rows.offset, dlogits);
    });
    return k.finish();
  }
  const int64_t blocks = ceil_div(spec.classes, config.shape.padded());
  Index row = k.program_id(0) / blocks * config.rows, first = k.program_id(0) % blocks * config.shape.padded();
  std::vector<Index> columns;
  for (int64_t n = 0; n < config.shape.chunks; ++n) columns.push_back(first + n * config.shape.chunk);
  Rows rows = rows_at(row);
  store_gradient(spec, in, config, row, columns, rows.gradient, rows.offset, dlogits);
  return k.finish();
}

} // namespace fla::cross_entropy
