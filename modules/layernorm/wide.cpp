// layer_norm and rms_norm for rows too wide for registers: loops over chunks of columns, a row read once for its sums
// and once more (from cache, as a rule) for the result. Nothing crosses lanes inside the loops.
#include "modules/layernorm/wide.h"

#include "modules/common/Partials.h"
#include "modules/layernorm/arguments.h"
#include "modules/layernorm/kernels.h"

namespace fla::layernorm {

using namespace tile;

namespace {

/// The same chunk of a later row, as load_row does for whole rows.
void read_ahead(const View &view, Index row, Index col, const RowConfig &config) {
  if (config.ahead > 0) view.prefetch({row + config.ahead * config.rows, col}, {config.rows, config.shape.chunk});
}

struct Statistics {
  Tile mean, rstd; ///< [rows]; no mean unless centered
};

/// Each column slot of the chunk has running statistics of its own (count, mean and M2, the sum of squared distances
/// from the mean: Welford's update); the slots are merged at the end by Chan's formula. No difference of large sums is
/// ever taken, so a large mean costs no digits of the variance.
Statistics centered_statistics(KernelBuilder &k, const NormSpec &spec, const RowConfig &config, const View &x,
                               Index row, Scalar eps) {
  const int64_t chunk = config.shape.chunk;
  Tile zero = k.zeros({config.rows, chunk}, f32);
  Tiles slots = over_chunks(k, spec.cols, chunk, {k.zeros({1, 1}, f32), zero, zero}, [&](Index col, Tiles s) -> Tiles {
    read_ahead(x, row, col, config);
    Tile v = x.load({row, col}, {config.rows, chunk}).to(f32);
    Tile count = s[0] + 1.f;
    Tile delta = where(v.in_bounds(Axis(1)), v - s[1], 0.f); // a slot beyond the row stays as it is
    Tile mean = s[1] + delta * (1.f / count);
    return {count, mean, s[2] + delta * (v - mean)};
  });

  const double cols = double(spec.cols);
  Tile one_more = (k.iota(chunk) < spec.cols % chunk).to(f32); // slots that the last, partial chunk reached
  Tile counts = (one_more + double(spec.cols / chunk)).expand(Axis(0));
  Tile mean = sum(slots[1] * counts, Axis(1)) / cols;
  Tile off = slots[1] - mean.expand(Axis(1));
  Tile m2 = sum(slots[2] + off * off * counts, Axis(1));
  return {mean, rsqrt(m2 / cols + eps)};
}

Statistics rms_statistics(KernelBuilder &k, const NormSpec &spec, const RowConfig &config, const View &x, Index row,
                          Scalar eps) {
  const int64_t chunk = config.shape.chunk;
  Tile zero = k.zeros({config.rows, chunk}, f32);
  Tiles squares = over_chunks(k, spec.cols, chunk, {zero}, [&](Index col, Tiles s) -> Tiles {
    read_ahead(x, row, col, config);
    Tile v = x.load({row, col}, {config.rows, chunk}).to(f32);
    return {s[0] + v * v};
  });
  return {Tile(), rsqrt(sum(squares[0], Axis(1)) / double(spec.cols) + eps)};
}

} // namespace

Kernel forward_wide(const NormSpec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("forward_wide"), {.warps = config.warps});
  Index rows = k.runtime("rows");
  Scalar eps = k.scalar("eps", f32);
  View x = input_rows(k, spec, "x", rows);
  View w = weight_input(k, spec, "w");
  std::optional<View> b;
  if (spec.centered) b = weight_input(k, spec, "b");
  View y = output_rows(k, spec, "y", rows);

  View rstds = k.output("rstd", f32, {rows}, statistic(spec));
  std::optional<View> means;
  if (spec.centered) means = k.output("mean", f32, {rows}, statistic(spec));

  const int64_t chunk = config.shape.chunk;
  for_row_blocks(k, rows, config, [&](Index row) {
    Statistics s = spec.centered ? centered_statistics(k, spec, config, x, row, eps)
                                 : rms_statistics(k, spec, config, x, row, eps);
    rstds.store({row}, s.rstd);
    if (means) means->store({row}, s.mean);
    over_chunks(k, spec.cols, chunk, {}, [&](Index col, Tiles) -> Tiles {
      Tile v = x.load({row, col}, {config.rows, chunk}).to(f32);
      Tile scale = w.load({col}, {chunk}).to(f32).expand(Axis(0));
      if (spec.centered) v = v - s.mean.expand(Axis(1));
      Tile out = v * s.rstd.expand(Axis(1)) * scale;
      if (b) {
        Tile shift = b->load({col}, {chunk}).to(f32).expand(Axis(0));
        out = out + shift;
      }
      y.store({row, col}, out.to(spec.dtype), config.cache());
      return {};
    });
  });
  return k.finish();
}

Kernel backward_input(const NormSpec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("backward_input"), {.warps = config.warps});
  Index rows = k.runtime("rows");
  View x = input_rows(k, spec, "x", rows);
  View dy = input_rows(k, spec, "dy", rows);
  View w = weight_input(k, spec, "w");
  View dx = output_rows(k, spec, "dx", rows);

  View rstds = k.input("rstd", f32, {rows}, statistic(spec));
  std::optional<View> means;
  if (spec.centered) means = k.input("mean", f32, {rows}, statistic(spec));

  const int64_t chunk = config.shape.chunk;
  const double cols = double(spec.cols);
  struct Terms {
    Tile xhat, g;
  };
  for_row_blocks(k, rows, config, [&](Index row) {
    Tile rstd = rstds.load({row}, {config.rows}).expand(Axis(1));
    Tile mean;
    if (means) mean = means->load({row}, {config.rows}).expand(Axis(1));
    auto terms = [&](Index col) -> Terms {
      Tile v = x.load({row, col}, {config.rows, chunk}).to(f32);
      Tile d = dy.load({row, col}, {config.rows, chunk}).to(f32); // 0 outside the view
      Tile scale = w.load({col}, {chunk}).to(f32).expand(Axis(0));
      if (spec.centered) v = v - mean;
      return {v * rstd, d * scale};
    };

    Tiles zeros(spec.centered ? 2 : 1, k.zeros({config.rows, chunk}, f32));
    Tiles sums = over_chunks(k, spec.cols, chunk, zeros, [&](Index col, Tiles s) {
      read_ahead(x, row, col, config);
      read_ahead(dy, row, col, config);
      auto [xhat, g] = terms(col);
      s[0] = s[0] + g * xhat;
      if (spec.centered) s[1] = s[1] + g;
      return s;
    });
    Tile along = (sum(sums[0], Axis(1)) / cols).expand(Axis(1));
    Tile mean_g;
    if (spec.centered) mean_g = (sum(sums[1], Axis(1)) / cols).expand(Axis(1));

    over_chunks(k, spec.cols, chunk, {}, [&](Index col, Tiles) -> Tiles {
      auto [xhat, g] = terms(col);
      if (spec.centered) g = g - mean_g;
      dx.store({row, col}, ((g - xhat * along) * rstd).to(spec.dtype), config.cache());
      return {};
    });
  });
  return k.finish();
}

Kernel backward_weights(const NormSpec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("backward_weights"), {.warps = config.warps});
  Index rows = k.runtime("rows");
  View x = input_rows(k, spec, "x", rows);
  View dy = input_rows(k, spec, "dy", rows);
  View rstds = k.input("rstd", f32, {rows}, statistic(spec));
  std::optional<View> means;
  if (spec.centered) means = k.input("mean", f32, {rows}, statistic(spec));

  const int64_t chunk = config.shape.chunk;
  Index col = k.program_id(0) * chunk;
  RowRange range = rows_of_program(k, 1, rows, config);
  Tiles zeros(spec.centered ? 2 : 1, k.zeros({config.rows, chunk}, f32));
  Tiles sums = k.loop(range.begin, range.end, range.step).carry_list(zeros, [&](Index row, Tiles s) {
    Tile v = x.load({row, col}, {config.rows, chunk}).to(f32);
    Tile d = dy.load({row, col}, {config.rows, chunk}).to(f32);
    Tile rstd = rstds.load({row}, {config.rows}).expand(Axis(1));
    if (means) {
      Tile mean = means->load({row}, {config.rows}).expand(Axis(1));
      v = v - mean;
    }
    s[0] = s[0] + d * (v * rstd);
    if (spec.centered) s[1] = s[1] + d;
    return s;
  });

  store_partial(k, "dw", 1, spec.cols, {sums[0]}, col);
  if (spec.centered) store_partial(k, "db", 1, spec.cols, {sums[1]}, col);
  return k.finish();
}

} // namespace fla::layernorm
