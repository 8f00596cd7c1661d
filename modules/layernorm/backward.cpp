// The backward pass of norms. With s what was normalised, u = s or s * gate(g), xhat = (u - mean) * rstd, and
// dz the gradient of xhat * w + b, which is dy or dy * gate(g):
//
//   h = dz * w,  du = (h - xhat * mean_of_row(h * xhat) - mean_of_row(h)) * rstd;  rms_norm: without the last mean
//   dw = sum_of_rows(dz * xhat),  db = sum_of_rows(dz)
//
// The gate's own gradient is the compiler's, from the expression of the forward pass.
#include "modules/common/Partials.h"
#include "modules/layernorm/kernels.h"
#include "modules/layernorm/views.h"

namespace fla::layernorm {

using namespace tile;

namespace {

/// What all backward kernels read.
struct Inputs {
  View x, dy, rstds;
  std::optional<View> means, g;

  Inputs(Views &views, const NormSpec &spec)
      : x(views.spread_input("x", spec.sum_dtype())), dy(views.spread_input("dy", spec.y_dtype())),
        rstds(views.statistic_input("rstd")) {
    if (spec.centered) means = views.statistic_input("mean");
    if (spec.gate != Gate::None) g = views.spread_input("g", spec.dtype);
  }
};

/// The terms of the formulas above, of one chunk of a block of rows.
class Terms {
public:
  Terms(const NormSpec &spec, const Inputs &in, const Index &row, int64_t rows) : spec_(spec), in_(in) {
    rstd = in.rstds.load({row}, {rows}).expand(Axis(1));
    if (in.means) mean_ = in.means->load({row}, {rows}).expand(Axis(1));
  }

  Tile rstd; ///< [rows, 1]

  Tile gate(const Chunk &c) const { return activation(spec_, c.load(*in_.g)); }
  Tile xhat(const Chunk &c) const {
    Tile u = spec_.gates_first() ? c.load(in_.x) * gate(c) : c.load(in_.x);
    return (spec_.centered ? u - mean_ : u) * rstd;
  }
  /// 0 outside the view, and so is all that is summed.
  Tile dz(const Chunk &c) const { return spec_.gate_last() ? c.load(in_.dy) * gate(c) : c.load(in_.dy); }
  /// The gradient of what the gate goes through, whose result is multiplied by `by`.
  Tile dg(const Chunk &c, const Tile &by) const {
    Tile g = c.load(*in_.g);
    return gradient(activation(spec_, g), g, by);
  }

private:
  const NormSpec &spec_;
  const Inputs &in_;
  Tile mean_;
};

/// dx, dg and the like, of one block of rows after the other.
class InputGradient {
public:
  InputGradient(Views &views, const NormSpec &spec, const RowConfig &config)
      : in(views, spec), spec_(spec), w_(view(views, "w", spec.weight), spec, config),
        b_(view(views, "b", spec.backward_needs_bias()), spec, config), dx_(views.output("dx", spec.dtype)) {
    if (spec.prenorm) dsum_ = views.input("dsum", spec.sum_dtype());
    if (spec.has_dresidual()) dresidual_ = views.output("dresidual", spec.sum_dtype());
    if (spec.gate != Gate::None) dg_ = views.output("dg", spec.dtype);
  }
  const Inputs in;

  void hold(const Index &row) {
    w_.hold(row);
    b_.hold(row);
  }

  void of(RowBlock &block, const Terms &t) {
    for (const std::optional<View> &view : {std::optional(in.x), std::optional(in.dy), in.g, dsum_})
      if (view) block.prepare(*view);
    auto h = [&](const Chunk &c) { return scaled(block, c, t.dz(c)); };
    Tiles sums = block.sums(spec_.centered ? 2 : 1, [&](const Chunk &c) -> Tiles {
      Tiles terms = {h(c) * t.xhat(c)};
      if (spec_.centered) terms.push_back(h(c));
      return terms;
    });
    const double cols = double(spec_.width());
    for (Tile &sum : sums) sum = (sum / cols).expand(Axis(1));

    block.each([&](const Chunk &c) {
      Tile xhat = t.xhat(c);
      Tile from = spec_.centered ? h(c) - sums[1] : h(c);
      Tile du = (from - xhat * sums[0]) * t.rstd;
      if (spec_.gate_last()) {
        Tile z = scaled(block, c, xhat);
        if (b_) z = z + b_.at(block, c);
        c.store(*dg_, t.dg(c, c.load(in.dy) * z));
      }
      if (spec_.gates_first()) {
        c.store(*dg_, t.dg(c, du * c.load(in.x)));
        du = du * t.gate(c);
      }
      if (dsum_) du = du + c.load(*dsum_);
      c.store(dx_, du);
      if (dresidual_) c.store(*dresidual_, du);
    });
  }

private:
  static std::optional<View> view(Views &views, const char *name, bool is_there) {
    return is_there ? std::optional(views.columns(name)) : std::nullopt;
  }
  Tile scaled(const RowBlock &block, const Chunk &c, const Tile &v) const {
    if (!w_) return v;
    return spec_.weight_offset ? v + v * w_.at(block, c) : v * w_.at(block, c);
  }

  const NormSpec &spec_;
  Columns w_, b_;
  View dx_;
  std::optional<View> dsum_, dresidual_, dg_;
};

/// The sums of dw, then those of db, a tile for each chunk.
class WeightSums {
public:
  WeightSums(const NormSpec &spec, size_t chunks) : spec_(spec), chunks_(chunks) {}

  Tiles zeros(KernelBuilder &k, const RowConfig &config) const {
    const size_t count = (size_t(spec_.weight) + size_t(spec_.bias)) * chunks_;
    return Tiles(count, k.zeros({config.rows, config.shape.chunk}, f32));
  }
  void add(Tiles &sums, const Chunk &c, size_t number, const Terms &t) const {
    Tile dz = t.dz(c);
    if (spec_.weight) sums[number] = sums[number] + dz * t.xhat(c);
    if (spec_.bias) sums[sums.size() - chunks_ + number] = sums[sums.size() - chunks_ + number] + dz;
  }
  /// As this program's part: without groups the sum over its rows, with groups one row of numbers for each row.
  void store(KernelBuilder &k, const RowConfig &config, int axis, const Tiles &sums, const Index &col) const {
    const int64_t count = int64_t(spec_.weight) + int64_t(spec_.bias), rows = spec_.groups > 1 ? config.rows : 1;
    View partials = partials_output(k, count, k.num_programs(axis) * rows, spec_.width());
    for (int64_t number = 0; number < count; ++number) {
      const auto first = sums.begin() + number * int64_t(chunks_);
      const Tiles tiles(first, first + int64_t(chunks_));
      if (spec_.groups == 1) {
        store_partial(partials, number, k.program_id(axis), tiles, col);
        continue;
      }
      for (size_t i = 0; i < tiles.size(); ++i)
        partials.store({number, k.program_id(axis) * rows, col + int64_t(i) * config.shape.chunk},
                       tiles[i].expand(Axis(0)));
    }
  }

private:
  const NormSpec &spec_;
  size_t chunks_;
};

} // namespace

// A program goes over many blocks of rows and carries its sums for dw and db along, so x and dy are read once.
Kernel backward(const NormSpec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("backward"), {.warps = config.warps, .registers = config.registers, .primary = true});
  Views views(k, spec);
  InputGradient gradient(views, spec, config);
  WeightSums weights(spec, size_t(config.shape.chunks));
  RowRange range = rows_of_program(k, 0, views.rows(), config);
  gradient.hold(range.begin);

  Tiles sums = k.loop(range.begin, range.end, range.step).carry_list(weights.zeros(k, config), [&](Index row, Tiles s) {
    RowBlock block(k, config, spec.width(), row);
    Terms terms(spec, gradient.in, row, config.rows);
    gradient.of(block, terms);
    block.each([&](const Chunk &c) { weights.add(s, c, c.number(), terms); });
    return s;
  });
  weights.store(k, config, 0, sums, 0);
  return k.finish();
}

Kernel backward_input(const NormSpec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("backward_input"), {.warps = config.warps, .registers = config.registers});
  Views views(k, spec);
  InputGradient gradient(views, spec, config);
  if (same_groups(spec, config)) gradient.hold(k.program_id(0) * config.rows);
  for_row_blocks(k, views.rows(), config, [&](Index row) {
    RowBlock block(k, config, spec.width(), row);
    gradient.of(block, Terms(spec, gradient.in, row, config.rows));
  });
  return k.finish();
}

Kernel backward_weights(const NormSpec &spec, const RowConfig &config) {
  KernelBuilder k(spec.name("backward_weights"), {.warps = config.warps, .primary = true});
  Views views(k, spec);
  Inputs in(views, spec);
  WeightSums weights(spec, 1);
  Index col = k.program_id(0) * config.shape.chunk;
  RowRange range = rows_of_program(k, 1, views.rows(), config);
  Tiles sums = k.loop(range.begin, range.end, range.step).carry_list(weights.zeros(k, config), [&](Index row, Tiles s) {
    RowBlock block(k, config, spec.width(), row);
    Terms terms(spec, in, row, config.rows);
    block.at(col, [&](const Chunk &c) { weights.add(s, c, 0, terms); });
    return s;
  });
  weights.store(k, config, 1, sums, col);
  return k.finish();
}

} // namespace fla::layernorm
