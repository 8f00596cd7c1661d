// The tensors of a case and how exact each output must be.
#include "modules/cross_entropy/problem.h"

#include "modules/common/Random.h"
#include "modules/common/Tolerance.h"
#include "modules/cross_entropy/oracle.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fla::cross_entropy {

using Role = TensorDesc::Role;
using Doubles = std::vector<double>;
using Tensors = std::map<std::string, Doubles>;

namespace {

/// Uniform over the classes, but for the rows that the mix says; each from the random number that is in its place.
void draw_targets(const Spec &spec, TargetMix mix, Doubles &targets) {
  for (double &target : targets) {
    const auto key = std::bit_cast<uint64_t>(target);
    const double choice = double(random_bits(key, 0) >> 11) * 0x1p-53;
    const auto one = int64_t(random_bits(key, 1) % uint64_t(spec.classes));
    if (choice < mix.ignored)
      target = double(spec.ignore_index);
    else if (choice < mix.ignored + mix.out_of_range)
      target = double(random_bits(key, 2) % 2 ? spec.classes + one : -1 - one);
    else
      target = double(one);
  }
}

} // namespace

std::vector<TensorDesc> CrossEntropyProblem::tensors() const {
  std::vector<TensorDesc> all;
  auto add = [&](const char *name, DType dtype, std::vector<int64_t> shape, Role role) -> TensorDesc & {
    all.push_back({.name = name, .dtype = dtype, .shape = std::move(shape), .role = role, .derive = {}});
    return all.back();
  };
  const std::vector<int64_t> whole = {rows_, spec_.classes}, per_row = {rows_}, one = {1};
  const std::vector<int64_t> result = spec_.is_reduced() ? one : per_row;
  const bool overwrites = runs_backward() && spec_.in_place;

  add("logits", spec_.dtype, whole, overwrites ? Role::InOut : Role::Input);
  add("targets", tile::i64, per_row, Role::Input).derive = [spec = spec_, mix = mix_](const Tensors &, Doubles &self) {
    draw_targets(spec, mix, self);
  };
  if (spec_.class_weights) {
    TensorDesc &weight = add("weight", tile::f32, {spec_.classes}, Role::Input);
    weight.mean = 1;
    weight.stddev = 0.2;
  }
  if (runs_forward()) {
    add("loss", tile::f32, result, Role::Output);
    add("lse", tile::f32, per_row, Role::Output);
    if (spec_.has_z()) add("z_loss", tile::f32, result, Role::Output);
    if (spec_.is_mean()) add("total_weight", tile::f32, one, Role::Output);
  } else {
    TensorDesc &dloss = add("dloss", tile::f32, result, Role::Input);
    dloss.mean = 1;
    dloss.stddev = 0.25;
    add("lse", tile::f32, per_row, Role::Input).derive = [spec = spec_](const Tensors &in, Doubles &self) {
      const Oracle truth(spec, in);
      for (size_t i = 0; i < self.size(); ++i) self[i] = truth.log_sum(int64_t(i)).lse();
    };
    if (spec_.is_mean())
      add("total_weight", tile::f32, one, Role::Input).derive = [spec = spec_](const Tensors &in, Doubles &self) {
        self[0] = total_weight(spec, in);
      };
  }
  if (runs_backward() && !spec_.in_place) add("dlogits", spec_.dtype, whole, Role::Output);
  return all;
}

std::unique_ptr<Problem> CrossEntropyProblem::part(int64_t count, const Tensors &whole) const {
  auto part = std::make_unique<CrossEntropyProblem>(spec_, pass_, count, mix_, logits_stride_);
  // A mean's divisor belongs to all rows. Without targets, inputs are still being made.
  if (spec_.is_mean() && runs_forward() && whole.contains("targets")) part->total_weight_ = total_weight(spec_, whole);
  return part;
}

int64_t CrossEntropyProblem::bytes() const {
  int64_t total = 0;
  for (const TensorDesc &tensor : tensors())
    total += int64_t(tensor.bytes()) * (int(tensor.is_read()) + int(tensor.is_written()));
  return total;
}

// Logits are about 1 in size, times logit_scale. With u = 2^-24:
//   lse      sums of V positive terms lose up to some sqrt(V) u of themselves, which is absolute in the logarithm; then
//            a rounding of lse itself, and of the differences that are exponents
//   loss     that, a rounding of the target's y, and with smoothing the sum of all y
//   dlogits  p has the relative error of the exponent, y - lse, and the absolute one of lse; what is subtracted from it
//            at the target or for smoothing leaves an error in proportion to p, which is far below 1 where V is large
Tolerance CrossEntropyProblem::tolerance(std::string_view output) const {
  const double v = double(spec_.classes), n = double(std::max<int64_t>(rows_, 1));
  const double size = std::fabs(spec_.logit_scale) * 8; // of y, at most
  const double exponent = std::log(v) + 2 * size + 2;   // of y - lse, at most
  const double of_lse = kF32 * (16 + std::sqrt(v) / 2 + exponent);
  const double z = 2 * spec_.lse_square_scale * exponent; // dz / dlse
  const double of_row = 2 * (of_lse + kF32 * 4 * exponent) * (1 + z);
  const double of_sum = sum_tolerance(rows_, 1).rtol + 8 * kF32; // all terms of one sign

  if (output == "lse") return rounded(tile::f32, {of_lse, 2 * kF32});
  if (output == "total_weight") return rounded(tile::f32, {0, of_sum});
  if (output == "loss" || output == "z_loss") {
    if (!spec_.is_reduced()) return rounded(tile::f32, {of_row, 8 * kF32});
    return rounded(tile::f32, {spec_.is_mean() ? 2 * of_row : n * of_row, of_sum});
  }
  // A mean over few rows may have weights that add up to far less than their number.
  const double upstream = 2 * std::fabs(spec_.logit_scale) * (spec_.is_mean() ? 4 / n : 1);
  const double largest = std::min(1.0, 512 / v);
  const double relative = of_lse + 4 * kF32 * exponent;
  const double slope = spec_.softcap != 0 ? 8 * kF32 : 0;
  return rounded(spec_.dtype, {upstream * (1 + z) * largest * (4 * kF32 + relative + slope), relative + 32 * kF32});
}

} // namespace fla::cross_entropy
