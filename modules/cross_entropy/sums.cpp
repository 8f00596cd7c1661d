// What goes over rows and not over logits: the weights of the targets, and sums in a fixed order.
#include "modules/cross_entropy/kernels.h"

#include "modules/cross_entropy/row.h"

namespace fla::cross_entropy {

using namespace tile;

namespace {

constexpr int64_t kBlock = 1024; ///< numbers that are added to the sums at a time

/// Numbers to add up: `count` of them, in f32, read in blocks.
using Terms = std::function<Tile(Index at)>;

Terms numbers(KernelBuilder &k, const char *name, Index count) {
  View view = Inputs::vector(k, name, count);
  return [=](Index at) { return view.load({at}, {kBlock}); };
}

/// 1 for each target in range.
Terms ones(KernelBuilder &k, const Spec &spec, Index count) {
  View view = k.input("targets", i64, {count}, {.align = 8});
  return [=, &spec](Index at) {
    Tile t = view.load({at}, {kBlock});
    return (t.in_bounds() & (t != spec.ignore_index) & (t >= 0) & (t < spec.classes)).to(f32);
  };
}

/// The sums of all `terms` from `begin` to `end`, which is a multiple of kBlock beyond it or the last. [1] each
Tiles sums_of(KernelBuilder &k, Index begin, Index end, const std::vector<Terms> &terms) {
  Tiles zeros(terms.size(), k.zeros({kBlock}, f32));
  Tiles totals = k.loop(begin, end, kBlock).carry_list(zeros, [&](Index at, Tiles s) {
    for (size_t i = 0; i < s.size(); ++i) s[i] = s[i] + terms[i](at);
    return s;
  });
  for (Tile &t : totals) t = sum(t, Axis(0)).expand(Axis(0));
  return totals;
}

} // namespace

Kernel add_up(const Spec &spec, bool losses, Weights weights, int64_t share, int warps) {
  KernelBuilder k("cross_entropy_add_up", {.warps = warps});
  Index count = k.runtime("count");
  std::vector<Terms> terms;
  std::vector<View> parts;
  auto sum_into = [&](const char *part, Terms of) {
    terms.push_back(std::move(of));
    parts.push_back(output_vector(k, part, k.num_programs(0)));
  };
  if (losses) sum_into("loss_part", numbers(k, "row_loss", count));
  if (losses && spec.has_z()) sum_into("z_part", numbers(k, "row_z", count));
  if (weights == Weights::Targets) sum_into("weight_part", ones(k, spec, count));
  if (weights == Weights::Rows) sum_into("weight_part", numbers(k, "row_weight", count));

  Index begin = k.program_id(0) * share;
  Tiles totals = sums_of(k, begin, min(begin + share, count), terms);
  for (size_t i = 0; i < parts.size(); ++i) parts[i].store({k.program_id(0)}, totals[i]);
  return k.finish();
}

Kernel finish(const Spec &spec, bool losses, Weights weights, bool parts, int warps) {
  KernelBuilder k("cross_entropy_finish", {.warps = warps});
  Index count = k.runtime("count");
  std::vector<Terms> terms;
  if (weights != Weights::None) {
    const bool from_targets = weights == Weights::Targets && !parts;
    terms.push_back(from_targets ? ones(k, spec, count) : numbers(k, parts ? "weight_part" : "row_weight", count));
  }
  if (losses) terms.push_back(numbers(k, parts ? "loss_part" : "row_loss", count));
  if (losses && spec.has_z()) terms.push_back(numbers(k, parts ? "z_part" : "row_z", count));
  Tiles totals = sums_of(k, 0, count, terms);

  size_t next = 0;
  Tile weight;
  if (weights != Weights::None) {
    weight = totals[next++];
    output_vector(k, "total_weight", 1).store({0}, weight);
  } else if (spec.is_mean()) {
    weight = Inputs::vector(k, "total_weight", 1).load({0}, {1});
  }
  auto store = [&](const char *name) {
    Tile total = totals[next++];
    if (spec.is_mean()) total = total / where(weight == 0.f, std::numeric_limits<float>::infinity(), weight);
    output_vector(k, name, 1).store({0}, total);
  };
  if (losses) store("loss");
  if (losses && spec.has_z()) store("z_loss");
  return k.finish();
}

Kernel target_weights(const Spec &spec) {
  KernelBuilder k("cross_entropy_target_weights", {.warps = 1});
  Index rows = k.runtime("rows");
  View targets = k.input("targets", i64, {rows}, {.align = 8});
  View weights = Inputs::vector(k, "weight", spec.classes);
  View out = output_vector(k, "row_weight", rows);
  const RowConfig config{.shape = {}, .looped_rows = true};
  for_row_blocks(k, rows, config, [&](Index row) {
    Scalar target = targets.at({row});
    Scalar weight = weights.at({target.to_index()}); // 0 for a target out of range
    out.store({row}, where(target == spec.ignore_index, 0.f, k.zeros({1}, f32) + weight));
  });
  return k.finish();
}

} // namespace fla::cross_entropy
