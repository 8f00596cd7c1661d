// The forward pass of norms, for rows of any length. Read this file first: it is the language in use.
//
// A row is a C++ list of tiles of [rows, chunk] where it fits into registers, or a loop over such tiles where it does
// not (see RowBlock.h); C++ `if`s choose between the norms. What is left at run time is straight-line code.
#include "modules/layernorm/kernels.h"
#include "modules/layernorm/views.h"

#include <span>

namespace fla::layernorm {

using namespace tile;

namespace {

using Source = std::function<Tile(const Chunk &)>;

struct Statistics {
  Tile mean, rstd; ///< [rows]; no mean unless centered
};

/// Of a row that is read in a loop: each column slot of the chunk has running statistics of its own (count, mean and
/// M2, the sum of squared distances from the mean: Welford's update); the slots are merged at the end by Chan's
/// formula. No difference of large sums is ever taken, so a large mean costs no digits of the variance.
Statistics running_statistics(KernelBuilder &k, RowBlock &block, const RowConfig &config, int64_t cols, const View &x,
                              const Source &source, Scalar eps) {
  const int64_t chunk = config.shape.chunk;
  Tile zero = k.zeros({config.rows, chunk}, f32);
  Tiles slots = block.carry({k.zeros({1, 1}, f32), zero, zero}, [&](const Chunk &c, Tiles s) -> Tiles {
    Tile count = s[0] + 1.f;
    Tile v = source(c);
    Tile delta = where(c.load(x).in_bounds(Axis(1)), v - s[1], 0.f); // a slot beyond the row stays as it is
    Tile mean = s[1] + delta * (1.f / count);
    return {count, mean, s[2] + delta * (v - mean)};
  });

  Tile one_more = (k.iota(chunk) < cols % chunk).to(f32); // slots that the last, partial chunk reached
  Tile counts = (one_more + double(cols / chunk)).expand(Axis(0));
  Tile mean = sum(slots[1] * counts, Axis(1)) / double(cols);
  Tile off = slots[1] - mean.expand(Axis(1));
  Tile m2 = sum(slots[2] + off * off * counts, Axis(1));
  return {mean, rsqrt(m2 / double(cols) + eps)};
}

/// Of all blocks, a power of two, whose rows follow each other.
Tile one_after_another(std::span<const Statistics> blocks, Tile Statistics::*one) {
  if (blocks.size() == 1) return blocks.front().*one;
  const size_t half = blocks.size() / 2;
  return concat(one_after_another(blocks.first(half), one), one_after_another(blocks.subspan(half), one), Axis(0));
}

} // namespace

Kernel forward(const NormSpec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("forward"), {.warps = config.warps, .registers = config.registers});
  Views views(k, spec);
  Scalar eps = k.scalar("eps", f32);
  View x = views.spread_input("x", spec.dtype);
  std::optional<View> residual, g, total, means, w, b;
  if (spec.residual) residual = views.input("residual", spec.sum_dtype());
  if (spec.gate != Gate::None) g = views.spread_input("g", spec.dtype);
  if (spec.saves_sum()) total = views.output("sum", spec.sum_dtype());
  if (spec.centered) means = views.statistic_output("mean");
  View rstds = views.statistic_output("rstd");
  View y = views.output("y", spec.y_dtype());
  if (spec.weight) w = views.columns("w");
  if (spec.bias) b = views.columns("b");

  Columns scale(w, spec, config), shift(b, spec, config);
  if (same_groups(spec, config) && !config.late) {
    const Index first = k.program_id(0) * (config.rows * config.blocks);
    scale.hold(first);
    shift.hold(first);
  }

  auto prepared = [&](const Index &row) {
    RowBlock block(k, config, spec.width(), row);
    block.prepare(x);
    if (residual) block.prepare(*residual);
    if (g) block.prepare(*g);
    return block;
  };
  auto added = [&](const Chunk &c) { return residual ? c.load(x) + c.load(*residual) : c.load(x); };
  Source source = [&](const Chunk &c) {
    return spec.gates_first() ? added(c) * activation(spec, c.load(*g)) : added(c);
  };
  // Columns beyond a row that is held were read as 0 and must stay 0, or they would count in the variance.
  auto centered = [&](const Chunk &c, const Tile &mean) {
    Tile off = source(c) - mean.expand(Axis(1));
    return config.looped ? off : where(c.load(x).in_bounds(Axis(1)), off, 0.f);
  };
  auto statistics_of = [&](RowBlock &block) -> Statistics {
    const double per_column = 1.0 / double(spec.width());
    auto mean_square = [&](const Source &off) {
      return block.sum([&](const Chunk &c) { return off(c) * off(c); }) * per_column;
    };
    if (!spec.centered) return {{}, rsqrt(mean_square(source) + eps)};
    if (config.looped) return running_statistics(k, block, config, spec.width(), x, source, eps);
    Tile mean = block.sum(source) * per_column;
    return {mean, rsqrt(mean_square([&](const Chunk &c) { return centered(c, mean); }) + eps)};
  };
  auto normalize = [&](RowBlock &block, const Statistics &s) {
    block.each([&](const Chunk &c) {
      if (total) c.store(*total, added(c));
      Tile out = (spec.centered ? centered(c, s.mean) : source(c)) * s.rstd.expand(Axis(1));
      if (w) out = spec.weight_offset ? out + out * scale.at(block, c) : out * scale.at(block, c);
      if (b) out = out + shift.at(block, c);
      if (spec.gate_last()) out = out * activation(spec, c.load(*g));
      c.store(y, out);
    });
  };
  for_row_blocks(k, views.rows(), config, [&](const Index &row) {
    std::vector<RowBlock> blocks;
    std::vector<Statistics> statistics;
    for (int64_t i = 0; i < config.blocks; ++i) blocks.push_back(prepared(row + i * config.rows));
    for (RowBlock &block : blocks) statistics.push_back(statistics_of(block));
    const Tile mean = means ? one_after_another(statistics, &Statistics::mean) : Tile();
    const Tile rstd = one_after_another(statistics, &Statistics::rstd);
    if (means) means->store({row}, mean);
    rstds.store({row}, rstd);
    for (size_t i = 0; i < blocks.size(); ++i) normalize(blocks[i], statistics[i]);
  });
  return k.finish();
}

} // namespace fla::layernorm
