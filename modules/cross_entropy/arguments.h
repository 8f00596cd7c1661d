// The arguments of the cross-entropy kernels, declared the same way in each.
#pragma once

#include "modules/cross_entropy/spec.h"

#include <algorithm>
#include <optional>
#include <string>

namespace fla::cross_entropy {

/// What a kernel does with the logits.
enum class Use : uint8_t { Read, Change };

/// What every kernel over rows reads.
struct Inputs {
  Inputs(tile::KernelBuilder &k, const Spec &spec, Use use)
      : rows(k.runtime("rows")), logits(declare_logits(k, spec, rows, use)),
        targets(k.input("targets", tile::i64, {rows}, {.align = 8})) {
    if (spec.class_weights) row_weights = vector(k, "row_weight", rows);
    if (spec.sums_weights()) {
      weights = vector(k, "weight", spec.classes);
      weight_sum = vector(k, "weight_sum", 1);
    }
  }

  tile::Index rows;
  tile::View logits;
  tile::View targets;
  std::optional<tile::View> row_weights; ///< [rows]: the weight of each row's target; only with class weights
  std::optional<tile::View> weights;     ///< [V]: of the classes; only where they count for more than targets
  std::optional<tile::View> weight_sum;  ///< [1]: their sum, likewise

  /// A number for each row, or for each of something.
  static tile::View vector(tile::KernelBuilder &k, const char *name, tile::Index extent) {
    return k.input(name, tile::f32, {extent}, {.align = 4});
  }

private:
  static tile::View declare_logits(tile::KernelBuilder &k, const Spec &spec, tile::Index rows, Use use) {
    tile::ViewOptions options{.align = spec.align};
    if (spec.stride_divisor) options.strides = {k.runtime("logits_stride", spec.stride_divisor), 1};
    if (use == Use::Change && spec.in_place) return k.inout("logits", spec.dtype, {rows, spec.classes}, options);
    return k.input("logits", spec.dtype, {rows, spec.classes}, options);
  }
};

/// Where the gradient goes: over the logits, or to a tensor of its own.
inline tile::View gradient_of(tile::KernelBuilder &k, const Spec &spec, const Inputs &in) {
  if (spec.in_place) return in.logits;
  return k.output("dlogits", spec.dtype, {in.rows, spec.classes}, {.align = spec.align});
}

/// An output of one number for each of something.
inline tile::View output_vector(tile::KernelBuilder &k, const std::string &name, tile::Index extent) {
  return k.output(name, tile::f32, {extent}, {.align = 4});
}

} // namespace fla::cross_entropy
