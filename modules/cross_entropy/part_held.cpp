// Loss and gradient of long rows, of which a GPU's multiprocessor holds as much as it can: its registers keep the first
// columns as they are in memory, two of 16 bits to a register, and the rest is read again, from the nearest cache that
// has room for it. One program has a whole multiprocessor, so that few rows are at work at a time.
#include "modules/cross_entropy/kernels.h"

#include "modules/cross_entropy/row.h"

#include "compiler/dsl/Anew.h"

#include <algorithm>

namespace fla::cross_entropy {

using namespace tile;

namespace {

constexpr size_t kTogether = 2; ///< chunks that are held whose columns share a maximum

/// The sums of one row under construction: a maximum and sums for each lane, which take fewer registers and
/// exponentials than those for each column slot.
class LaneSums {
public:
  LaneSums(KernelBuilder &k, const Spec &spec, const Inputs &in, const RowConfig &config, int64_t lanes)
      : k_(k), spec_(spec), in_(in), config_(config), lanes_(lanes) {}

  Tiles start() const {
    Tile zero = k_.zeros({1, lanes_, 1}, f32);
    Tiles state = {k_.full({1, lanes_, 1}, kLowest, f32), zero};
    if (spec_.smooths()) state.push_back(zero);
    return state;
  }

  Tiles add(const std::vector<Logits> &row, const std::vector<Index> &columns, const Tiles &state) const {
    Tiles masked;
    for (const Logits &logits : row) masked.push_back(logits.or_minus_infinity());
    Tile largest = masked.front();
    for (size_t i = 1; i < masked.size(); ++i) largest = max(largest, masked[i]);
    Tile most = max(max(by_lane(largest), Axis(2)).expand(Axis(2)), state[0]);
    Tile total = exponentials(masked.front(), most);
    for (size_t i = 1; i < masked.size(); ++i) total = total + exponentials(masked[i], most);
    Tiles next = {most, state[1] * fast_exp(state[0] - most) + sum_of(total)};
    if (!spec_.smooths()) return next;
    Tile all = by_lane(weighted(in_, row.front(), columns.front(), config_.shape.chunk));
    for (size_t i = 1; i < row.size(); ++i) all = all + by_lane(weighted(in_, row[i], columns[i], config_.shape.chunk));
    next.push_back(state[2] + sum_of(all));
    return next;
  }

  RowSums merge(const Tiles &state, const Tile &target) const {
    auto row = [&](const Tile &of_lanes) { return reshape(of_lanes, {1, lanes_}); };
    Tile most = max(row(state[0]), Axis(1));
    Tile total = sum(row(state[1]) * fast_exp(row(state[0]) - most.expand(Axis(1))), Axis(1));
    return {most, total, target, spec_.smooths() ? sum(row(state[2]), Axis(1)) : Tile()};
  }

private:
  /// [1, chunk] -> [1, lanes, columns of a lane]
  Tile by_lane(const Tile &x) const { return reshape(x, {1, lanes_, config_.shape.chunk / lanes_}); }
  Tile exponentials(const Tile &y, const Tile &most) const { return fast_exp(by_lane(y) - most); }
  static Tile sum_of(const Tile &x) { return sum(x, Axis(2)).expand(Axis(2)); }

  KernelBuilder &k_;
  const Spec &spec_;
  const Inputs &in_;
  const RowConfig &config_;
  const int64_t lanes_;
};

} // namespace

Kernel forward_backward_part_held(const Spec &spec, const RowConfig &config, int64_t held, int64_t lanes) {
  KernelBuilder k("cross_entropy_forward_backward", {.warps = config.warps, .registers = config.registers});
  Inputs in(k, spec, Use::Change);
  View dlogits = gradient_of(k, spec, in);
  LossOutputs out(k, spec, in);
  Tile factor = spec.is_mean() ? mean_factor(Inputs::vector(k, "total_weight", 1)) : k.full({1}, 1, f32);
  Index row = k.program_id(0);
  Targets targets = load_targets(spec, in.targets, row, 1);
  Tile target = target_logit(k, spec, in, row); // before a gradient may overwrite it

  const int64_t chunk = config.shape.chunk, first = held * chunk;
  std::vector<Index> columns;
  for (int64_t i = 0; i < held; ++i) columns.push_back(i * chunk);
  LaneSums running(k, spec, in, config, lanes);

  auto computed = [&] {
    Tiles kept;
    for (const Index &column : columns) kept.push_back(in.logits.load({row, column}, {1, chunk}, Cache::Streaming));
    // A few at a time are f32.
    Tiles state = running.start();
    for (size_t i = 0; i < kept.size(); i += kTogether) {
      std::vector<Logits> logits;
      const size_t end = std::min(i + kTogether, kept.size());
      for (size_t n = i; n < end; ++n) logits.push_back(logits_inside(spec, kept[n].to(f32)));
      state = running.add(logits, {columns.begin() + int64_t(i), columns.begin() + int64_t(end)}, state);
    }
    auto add = [&](const std::vector<Index> &at, const Tiles &s) {
      std::vector<Logits> rest;
      for (const Index &column : at) rest.push_back(load_logits(spec, in.logits, row, column, 1, chunk));
      return running.add(rest, at, s);
    };
    state = over_columns(k, spec.classes, config, Order::Forwards, state, add, first);

    RowSums sums = running.merge(state, target);
    RowLoss loss = row_loss(k, spec, in, targets, row, sums);
    out.store(row, loss);
    Gradient gradient(k, spec, in, targets, row, loss.lse, factor, &sums.sum,
                      Gradient::Known{.counted = true, .lanes = lanes});
    auto from_memory = [&](const std::vector<Index> &at, Tiles) -> Tiles {
      store_gradient(spec, in, config, row, at, gradient, sums.max, dlogits, Cache::EvictFirst);
      return {};
    };
    over_columns(k, spec.classes, config, Order::Backwards, {}, from_memory, first);
    for (size_t i = 0; i < columns.size(); ++i) {
      Logits y = logits_inside(spec, widened_anew(kept[i]));
      Tile p = fast_exp(y.y - sums.max.expand(Axis(1)));
      dlogits.store({row, columns[i]}, gradient.of(y, p, columns[i]), config.cache());
    }
  };
  auto ignored = [&] {
    out.store(row, row_loss(k, spec, in, targets, row, running.merge(running.start(), target)));
    store_zeros(k, spec, config, row, dlogits);
  };
  k.when(counts(spec, in, row), computed, ignored);
  return k.finish();
}

} // namespace fla::cross_entropy
