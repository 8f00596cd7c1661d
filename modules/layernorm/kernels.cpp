// layer_norm and rms_norm for rows that fit into a program's registers. Read this file first: it is the language in
// use.
//
// A row of D columns is a C++ list of tiles of [rows, chunk] (see Rows.h): loops over that list are unrolled while the
// kernel is built, `if (spec.centered)` chooses between the two norms. What is left at run time is straight-line code.
#include "modules/layernorm/kernels.h"

#include "modules/common/Partials.h"
#include "modules/layernorm/arguments.h"
#include "modules/layernorm/wide.h"

namespace fla::layernorm {

using namespace tile;

// y = (x - mean) * rstd * w + b;  rms_norm: y = x * rstd * w
Kernel forward(const NormSpec &spec, const RowConfig &config) {
  if (config.looped) return forward_wide(spec, config);
  KernelBuilder k(spec.name("forward"), {.warps = config.warps});
  Index rows = k.runtime("rows");
  Scalar eps = k.scalar("eps", f32);
  View x = input_rows(k, spec, "x", rows);
  View y = output_rows(k, spec, "y", rows);
  View rstds = k.output("rstd", f32, {rows}, statistic(spec));
  std::optional<View> means;
  if (spec.centered) means = k.output("mean", f32, {rows}, statistic(spec));

  const double per_column = 1.0 / double(spec.cols);
  Tiles w = load_columns(weight_input(k, spec, "w"), config);
  Tiles b = spec.centered ? load_columns(weight_input(k, spec, "b"), config) : Tiles();

  for_row_blocks(k, rows, config, [&](Index row) {
    Tiles v = load_row(x, row, config);
    if (spec.centered) {
      Tile mean = sum_row(v) * per_column;
      means->store({row}, mean);
      // Columns beyond the row were read as 0 and must stay 0, or they would count in the variance.
      for (Tile &t : v) t = where(t.in_bounds(Axis(1)), t - mean.expand(Axis(1)), 0.f);
    }
    Tile rstd = rsqrt(dot_row(v, v) * per_column + eps);
    rstds.store({row}, rstd);
    for (int i = 0; i < config.shape.chunks; ++i) {
      Tile out = v[i] * rstd.expand(Axis(1)) * w[i];
      if (spec.centered) out = out + b[i];
      y.store({row, i * config.shape.chunk}, out.to(spec.dtype), config.cache());
    }
  });
  return k.finish();
}

// With xhat = (x - mean) * rstd and g = dy * w:
//   dx = (g - xhat * mean_of_row(g * xhat) - mean_of_row(g)) * rstd;  rms_norm: without the last mean
//   dw = sum_of_rows(dy * xhat),  db = sum_of_rows(dy)
// A program goes over many blocks of rows and carries its sums for dw and db along, so x and dy are read once.
Kernel backward(const NormSpec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("backward"), {.warps = config.warps});
  Index rows = k.runtime("rows");
  View x = input_rows(k, spec, "x", rows);
  View dy = input_rows(k, spec, "dy", rows);
  View dx = output_rows(k, spec, "dx", rows);
  View rstds = k.input("rstd", f32, {rows}, statistic(spec));
  std::optional<View> means;
  if (spec.centered) means = k.input("mean", f32, {rows}, statistic(spec));

  const int64_t chunk = config.shape.chunk;
  const size_t chunks = size_t(config.shape.chunks);
  const double cols = double(spec.cols);
  Tiles w = load_columns(weight_input(k, spec, "w"), config);

  // Of one row block: the sums carried are those of dw, then those of db, a tile for each chunk.
  auto row_block = [&](Index row, Tiles sums) {
    Tile rstd = rstds.load({row}, {config.rows}).expand(Axis(1));
    Tiles xhat = load_row(x, row, config);
    Tiles g = load_row(dy, row, config); // 0 outside the view, and so is all that is summed
    if (means) {
      Tile mean = means->load({row}, {config.rows}).expand(Axis(1));
      for (Tile &t : xhat) t = t - mean;
    }
    for (size_t i = 0; i < chunks; ++i) {
      xhat[i] = xhat[i] * rstd;
      sums[i] = sums[i] + g[i] * xhat[i];
      if (spec.centered) sums[chunks + i] = sums[chunks + i] + g[i];
      g[i] = g[i] * w[i];
    }
    Tile along = (dot_row(g, xhat) / cols).expand(Axis(1));
    if (spec.centered) {
      Tile mean_g = (sum_row(g) / cols).expand(Axis(1));
      for (Tile &t : g) t = t - mean_g;
    }
    for (size_t i = 0; i < chunks; ++i)
      dx.store({row, int64_t(i) * chunk}, ((g[i] - xhat[i] * along) * rstd).to(spec.dtype), config.cache());
    return sums;
  };

  RowRange range = rows_of_program(k, 0, rows, config);
  Tiles zeros(spec.centered ? 2 * chunks : chunks, k.zeros({config.rows, chunk}, f32));
  Tiles sums = k.loop(range.begin, range.end, range.step).carry_list(zeros, row_block);

  auto store_sums = [&](const char *name, size_t first) {
    store_partial(k, name, 0, spec.cols, {sums.begin() + first, sums.begin() + first + chunks}, 0);
  };
  store_sums("dw", 0);
  if (spec.centered) store_sums("db", chunks);
  return k.finish();
}

} // namespace fla::layernorm
