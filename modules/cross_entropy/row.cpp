#include "modules/cross_entropy/row.h"

#include <limits>
#include <numbers>

namespace fla::cross_entropy {

using namespace tile;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// [rows] -> [rows, 1]
Tile across(const Tile &of_rows) {
  return of_rows.expand(Axis(1));
}

Tile sum_of(const Tiles &terms) {
  Tile total = terms.front();
  for (size_t i = 1; i < terms.size(); ++i) total = total + terms[i];
  return total;
}

} // namespace

Targets load_targets(const Spec &spec, const View &targets, Index row, int64_t rows) {
  Tile t = targets.load({row}, {rows});
  Tile ignored = t == spec.ignore_index;
  Tile valid = !ignored & (t >= 0) & (t < spec.classes);
  return {where(valid, t, -1).to(i32), valid, ignored};
}

Tile is_target(KernelBuilder &k, const Targets &targets, Index column, int64_t chunk, int64_t lanes) {
  // The row's number moves and the lanes' numbers stay: one subtraction a row, not one an element.
  Tile here = across(targets.column - column.to(i32));
  if (lanes) {
    const int64_t columns = chunk / lanes;
    Tile in_lane = here - k.iota(lanes).expand(Axis(0)) * int32_t(columns);
    return reshape(k.iota(columns).expand(Axis(0)).expand(Axis(0)) == in_lane.expand(Axis(2)),
                   {here.shape()[0], chunk});
  }
  return k.iota(chunk).expand(Axis(0)) == here;
}

namespace {

/// y / softcap, or where there is none y.
Tile transformed(const Spec &spec, const Tile &x) {
  if (spec.softcap != 0) return tanh(x * (spec.logit_scale / spec.softcap));
  return spec.logit_scale == 1 ? x : x * spec.logit_scale;
}

Logits logits_of(const Spec &spec, const Tile &x, const Tile &inside) {
  Tile t = transformed(spec, x);
  return spec.softcap == 0 ? Logits{t, Tile(), inside} : Logits{t * spec.softcap, t, inside};
}

} // namespace

Logits load_logits(const Spec &spec, const View &view, Index row, Index column, int64_t rows, int64_t chunk,
                   Cache cache) {
  Tile x = view.load({row, column}, {rows, chunk}, cache).to(f32);
  return logits_of(spec, x, x.in_bounds(Axis(1)));
}

Logits logits_inside(const Spec &spec, const Tile &x) {
  return logits_of(spec, x, Tile());
}

Tile target_logit(KernelBuilder &k, const Spec &spec, const Inputs &in, Index row) {
  // 0 for a target out of range: a view's elements outside of it are.
  Scalar x = in.logits.at({row, in.targets.at({row}).to_index()}).to(f32);
  Tile t = transformed(spec, k.zeros({1}, f32) + x);
  return spec.softcap == 0 ? t : t * spec.softcap;
}

Condition counts(const Spec &spec, const Inputs &in, Index row) {
  return in.targets.at({row}) != spec.ignore_index;
}

Tile Logits::or_minus_infinity() const {
  return inside.value() ? where(inside, y, -kInfinity) : y;
}

Tile fast_exp(const Tile &x) {
  return exp2(x * std::numbers::log2e);
}

Tiles over_columns(KernelBuilder &k, int64_t cols, const RowConfig &config, Order order, Tiles state,
                   const std::function<Tiles(const std::vector<Index> &, Tiles)> &body, int64_t first) {
  const int64_t chunk = config.shape.chunk, step = chunk * config.shape.chunks;
  const int64_t whole = first + (cols - first) / step * step;
  auto rest = [&](Tiles s) {
    std::vector<Index> columns;
    for (int64_t column = whole; column < cols; column += chunk) columns.emplace_back(column);
    return columns.empty() ? s : body(columns, std::move(s));
  };
  auto loop = [&](Tiles s) {
    if (whole == first) return s;
    return k.loop(first, whole, step).carry_list(s, [&](Index i, Tiles s) {
      Index start = order == Order::Forwards ? i : first + whole - step - i;
      std::vector<Index> columns;
      for (int64_t n = 0; n < config.shape.chunks; ++n) columns.push_back(start + n * chunk);
      return body(columns, std::move(s));
    });
  };
  return order == Order::Forwards ? rest(loop(std::move(state))) : loop(rest(std::move(state)));
}

// ---- Sums of a row --------------------------------------------------------------------------------------------------

namespace {

/// The larger of two, for a row's maximum. A CPU, whose programs go over ranges of rows, has one instruction for this,
/// but six for `max`, which passes NaNs on; a row's NaN shows in its sum as well.
Tile larger(const RowConfig &config, const Tile &a, const Tile &b) {
  return config.looped_rows ? where(a > b, a, b) : max(a, b);
}

} // namespace

Tile weighted(const Inputs &in, const Logits &logits, Index column, int64_t chunk) {
  if (!in.weights) return logits.y;
  return logits.y * in.weights->load({column}, {chunk}).expand(Axis(0));
}

RowSums held_sums(KernelBuilder &k, const Spec &spec, const Inputs &in, const RowConfig &config, const Targets &targets,
                  const std::vector<Logits> &row, Tiles *exps) {
  const int64_t chunk = config.shape.chunk;
  Tiles masked, terms, at_target, all;
  for (const Logits &logits : row) masked.push_back(logits.or_minus_infinity());
  Tile largest = masked.front();
  for (size_t i = 1; i < masked.size(); ++i) largest = larger(config, masked[i], largest);
  Tile most = max(max(largest, Axis(1)), kLowest);
  for (size_t i = 0; i < row.size(); ++i) {
    const Index column = int64_t(i) * chunk;
    terms.push_back(fast_exp(masked[i] - across(most)));
    at_target.push_back(where(is_target(k, targets, column, chunk), row[i].y, 0.f));
    if (spec.smooths()) all.push_back(weighted(in, row[i], column, chunk));
  }
  if (exps) *exps = terms;
  return {most, sum(sum_of(terms), Axis(1)), sum(sum_of(at_target), Axis(1)),
          spec.smooths() ? sum(sum_of(all), Axis(1)) : Tile()};
}

RunningSums::RunningSums(KernelBuilder &k, const Spec &spec, const Inputs &in, const RowConfig &config)
    : k_(k), spec_(spec), in_(in), config_(config) {}

// The state: maximum, sum and, with smoothing, all.
Tiles RunningSums::start() {
  const std::vector<int64_t> shape = {config_.rows, config_.shape.chunk};
  Tile zero = k_.zeros(shape, f32);
  Tiles state = {k_.full(shape, kLowest, f32), zero};
  if (spec_.smooths()) state.push_back(zero);
  return state;
}

Tiles RunningSums::add(Index row, const std::vector<Index> &columns, Tiles state) {
  std::vector<Logits> loaded;
  for (const Index &column : columns)
    loaded.push_back(load_logits(spec_, in_.logits, row, column, config_.rows, config_.shape.chunk));
  return add(loaded, columns, std::move(state));
}

Tiles RunningSums::add(const std::vector<Logits> &loaded, const std::vector<Index> &columns, Tiles state) {
  Tiles masked;
  for (const Logits &logits : loaded) masked.push_back(logits.or_minus_infinity());
  Tile largest = masked.front();
  for (size_t i = 1; i < masked.size(); ++i) largest = larger(config_, masked[i], largest);
  // One rescaling for all columns that came together.
  Tile most = larger(config_, largest, state[0]);
  Tile total = state[1] * fast_exp(state[0] - most);
  for (const Tile &y : masked) total = total + fast_exp(y - most);
  Tiles next = {most, total};
  if (spec_.smooths()) {
    next.push_back(state[2]);
    for (size_t i = 0; i < loaded.size(); ++i)
      next[2] = next[2] + weighted(in_, loaded[i], columns[i], config_.shape.chunk);
  }
  return next;
}

RowSums RunningSums::merge(const Tiles &state, const Tile &target) {
  Tile most = max(state[0], Axis(1));
  Tile total = sum(state[1] * fast_exp(state[0] - across(most)), Axis(1));
  return {most, total, target, spec_.smooths() ? sum(state[2], Axis(1)) : Tile()};
}

// ---- The loss -------------------------------------------------------------------------------------------------------

namespace {

/// The sum of all class weights: [1], or the number V.
Operand class_weight_sum(const Spec &spec, const Inputs &in) {
  if (in.weight_sum) return in.weight_sum->load({0}, {1});
  return double(spec.classes);
}

/// The weights of the rows' targets, or the number 1.
Operand target_weights(const Inputs &in, const Index &row, int64_t rows) {
  if (in.row_weights) return in.row_weights->load({row}, {rows});
  return 1.0;
}

} // namespace

RowLoss row_loss(KernelBuilder &k, const Spec &spec, const Inputs &in, const Targets &targets, Index row,
                 const RowSums &sums) {
  const double e = spec.label_smoothing;
  const int64_t rows = sums.max.shape().front();
  // lse - y of the target, but as the sum of two small numbers: where logits are far from 0, so is lse.
  Tile log_sum = log(sums.sum), lse = sums.max + log_sum;
  Tile loss = (sums.max - sums.target + log_sum) * target_weights(in, row, rows);
  if (spec.smooths())
    loss = loss * (1 - e) + (lse * class_weight_sum(spec, in) - sums.all) * (e / double(spec.classes));
  auto finished = [&](const Tile &x) {
    return where(targets.ignored, 0.f, where(targets.valid, x, k.full({rows}, kNan, f32)));
  };
  RowLoss result{Tile(), where(targets.ignored, 0.f, lse), Tile()};
  if (spec.has_z()) {
    Tile z = lse * lse * spec.lse_square_scale;
    loss = loss + z;
    result.z = finished(z);
  }
  result.loss = finished(loss);
  return result;
}

LossOutputs::LossOutputs(KernelBuilder &k, const Spec &spec, const Inputs &in)
    : loss_(output_vector(k, "row_loss", in.rows)), lse_(output_vector(k, "lse", in.rows)) {
  if (spec.has_z()) z_ = output_vector(k, "row_z", in.rows);
}

void LossOutputs::store(Index row, const RowLoss &loss) const {
  loss_.store({row}, loss.loss);
  lse_.store({row}, loss.lse);
  if (z_) z_->store({row}, loss.z);
}

// ---- The gradient ---------------------------------------------------------------------------------------------------

Gradient::Gradient(KernelBuilder &k, const Spec &spec, const Inputs &in, Targets targets, Index row, const Tile &lse,
                   const Tile &upstream, const Tile *normalizer, Known known)
    : k_(k), spec_(spec), in_(in), targets_(std::move(targets)), lanes_(known.lanes) {
  const int64_t rows = lse.shape().front();
  Tile g = upstream * spec.logit_scale;
  Tile one_hot = g * (1 - spec.label_smoothing) * target_weights(in, row, rows);
  Tile along = one_hot;
  if (spec.smooths()) {
    const double share = spec.label_smoothing / double(spec.classes);
    along = along + g * share * class_weight_sum(spec, in);
    per_class_ = across(g * share);
  }
  if (spec.has_z()) along = along + g * lse * (2 * spec.lse_square_scale);
  if (normalizer) along = along / *normalizer;
  if (known.counted) along = where(targets_.valid, along, k.full({rows}, kNan, f32));
  along_p_ = across(along);
  at_target_ = across(one_hot);
  targets_.valid = across(targets_.valid);
  if (!known.counted) elsewhere_ = across(where(targets_.ignored, 0.f, k.full({rows}, kNan, f32)));
}

Tile Gradient::of(const Logits &logits, const Tile &p, Index column) const {
  const int64_t chunk = p.shape().back();
  Tile d = p * along_p_ - where(is_target(k_, targets_, column, chunk, lanes_), at_target_, 0.f);
  if (in_.weights)
    d = d - in_.weights->load({column}, {chunk}).expand(Axis(0)) * per_class_;
  else if (spec_.smooths())
    d = d - per_class_;
  if (spec_.softcap != 0) d = d * (1.f - logits.capped * logits.capped);
  if (elsewhere_.value()) d = where(targets_.valid, d, elsewhere_);
  return d.to(spec_.dtype);
}

void store_gradient(const Spec &spec, const Inputs &in, const RowConfig &config, Index row,
                    const std::vector<Index> &columns, const Gradient &gradient, const Tile &offset,
                    const View &dlogits, Cache reading) {
  std::vector<Logits> logits;
  for (const Index &column : columns)
    logits.push_back(load_logits(spec, in.logits, row, column, config.rows, config.shape.chunk, reading));
  for (size_t i = 0; i < columns.size(); ++i)
    dlogits.store({row, columns[i]}, gradient.of(logits[i], fast_exp(logits[i].y - across(offset)), columns[i]),
                  config.cache());
}

void store_zeros(KernelBuilder &k, const Spec &spec, const RowConfig &config, Index row, const View &dlogits) {
  over_columns(k, spec.classes, config, Order::Forwards, {}, [&](const std::vector<Index> &columns, Tiles) -> Tiles {
    for (const Index &column : columns)
      dlogits.store({row, column}, k.zeros({1, config.shape.chunk}, f32).to(spec.dtype), config.cache());
    return {};
  });
}

void gradient_of_row(KernelBuilder &k, const Spec &spec, const Inputs &in, const RowConfig &config, Index row,
                     Order order, const Gradient &gradient, const Tile &offset, const View &dlogits) {
  auto whole_row = [&](auto store) {
    over_columns(k, spec.classes, config, order, {}, [&](const std::vector<Index> &columns, Tiles) -> Tiles {
      store(columns);
      return {};
    });
  };
  auto from_logits = [&] {
    whole_row([&](const std::vector<Index> &columns) {
      store_gradient(spec, in, config, row, columns, gradient, offset, dlogits);
    });
  };
  auto zeros = [&] { store_zeros(k, spec, config, row, dlogits); };
  if (config.rows == 1)
    k.when(counts(spec, in, row), from_logits, zeros);
  else
    from_logits();
}

Tile mean_factor(const View &total_weight) {
  Tile total = total_weight.load({0}, {1});
  return where(total == 0.f, 0.f, 1.f / total);
}

} // namespace fla::cross_entropy
