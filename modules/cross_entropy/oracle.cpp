#include "modules/cross_entropy/oracle.h"

#include "modules/cross_entropy/problem.h"
#include "runtime/Parallel.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace fla::cross_entropy {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

} // namespace

Oracle::Oracle(const Spec &spec, const Tensors &in)
    : spec_(spec), logits_(in.at("logits")), targets_(in.at("targets")),
      weights_(spec.class_weights ? &in.at("weight") : nullptr), weight_sum_(double(spec.classes)) {
  if (weights_) weight_sum_ = std::accumulate(weights_->begin(), weights_->end(), 0.0);
}

Oracle::Kind Oracle::kind(int64_t row) const {
  if (target(row) == spec_.ignore_index) return Kind::Ignored;
  return target(row) >= 0 && target(row) < spec_.classes ? Kind::Valid : Kind::OutOfRange;
}

double Oracle::y(int64_t row, int64_t column) const {
  const double scaled = logits_[size_t(row * spec_.classes + column)] * spec_.logit_scale;
  return spec_.softcap != 0 ? spec_.softcap * std::tanh(scaled / spec_.softcap) : scaled;
}

Oracle::LogSum Oracle::log_sum(int64_t row) const {
  if (kind(row) == Kind::Ignored) return {};
  double most = -kInfinity, sum = 0;
  for (int64_t j = 0; j < spec_.classes; ++j) most = std::fmax(most, y(row, j)); // a NaN shows in the sum
  if (most == -kInfinity) most = 0;
  for (int64_t j = 0; j < spec_.classes; ++j) sum += std::exp(y(row, j) - most);
  return {most, std::log(sum)};
}

double Oracle::z(int64_t row, LogSum s) const {
  if (kind(row) != Kind::Valid) return kind(row) == Kind::Ignored ? 0 : kNan;
  return spec_.lse_square_scale * s.lse() * s.lse();
}

double Oracle::loss(int64_t row, LogSum s) const {
  if (kind(row) != Kind::Valid) return kind(row) == Kind::Ignored ? 0 : kNan;
  // lse - y, where the distance from the largest y must not be lost in a large lse.
  auto distance = [&](int64_t j) { return s.most - y(row, j) + s.log; };
  const double e = spec_.label_smoothing;
  double loss = (1 - e) * weight(target(row)) * distance(target(row));
  if (spec_.smooths()) {
    double all = 0;
    for (int64_t j = 0; j < spec_.classes; ++j) all += weight(j) * distance(j);
    loss += e / double(spec_.classes) * all;
  }
  return spec_.has_z() ? loss + z(row, s) : loss;
}

void Oracle::gradient(int64_t row, LogSum s, double g, double *dx) const {
  const double e = spec_.label_smoothing, share = e / double(spec_.classes);
  for (int64_t j = 0; j < spec_.classes; ++j) {
    if (kind(row) != Kind::Valid) {
      dx[j] = kind(row) == Kind::Ignored ? 0 : kNan;
      continue;
    }
    const double at_target = (1 - e) * weight(target(row)), value = y(row, j);
    double along = at_target + share * weight_sum_;
    if (spec_.has_z()) along += 2 * spec_.lse_square_scale * s.lse();
    double d = std::exp(value - s.most - s.log) * along - (j == target(row) ? at_target : 0) - share * weight(j);
    if (spec_.softcap != 0) d *= 1 - value / spec_.softcap * (value / spec_.softcap);
    dx[j] = g * spec_.logit_scale * d;
  }
}

double Oracle::total_weight() const {
  double total = 0;
  for (int64_t row = 0; row < int64_t(targets_.size()); ++row)
    if (kind(row) == Kind::Valid) total += weight(target(row));
  return total;
}

void CrossEntropyProblem::oracle(const Oracle::Tensors &in, Oracle::Tensors &out) const {
  const Oracle truth(spec_, in);
  // A backward pass alone is a function of the numbers it was given.
  std::vector<double> losses(static_cast<size_t>(rows_)), zs = losses;
  std::vector<double> lses = losses;
  double total = 1;
  if (spec_.is_mean()) total = runs_forward() ? truth.total_weight() : in.at("total_weight")[0];
  auto reduced = [&](double sum) { return spec_.is_mean() ? total == 0 ? 0 * sum : sum / total : sum; };

  tile::runtime::parallel_for(rows_, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Oracle::LogSum s = runs_forward() ? truth.log_sum(i) : Oracle::LogSum{in.at("lse")[size_t(i)], 0};
      lses[size_t(i)] = s.lse();
      losses[size_t(i)] = truth.loss(i, s);
      zs[size_t(i)] = truth.z(i, s);
      if (!runs_backward()) continue;
      const auto upstream = in.find("dloss");
      const double g = upstream == in.end() ? 1 : upstream->second[spec_.is_reduced() ? 0 : size_t(i)];
      std::vector<double> &dx = out.at(spec_.in_place ? "logits" : "dlogits");
      truth.gradient(i, s, reduced(g), &dx[size_t(i * spec_.classes)]);
    }
  });
  if (!runs_forward()) return;
  auto put = [&](const char *name, const std::vector<double> &of_rows) {
    out.at(name) =
        spec_.is_reduced() ? std::vector{reduced(std::accumulate(of_rows.begin(), of_rows.end(), 0.0))} : of_rows;
  };
  put("loss", losses);
  if (spec_.has_z()) put("z_loss", zs);
  out.at("lse") = lses;
  if (spec_.is_mean()) out.at("total_weight") = {total};
}

} // namespace fla::cross_entropy
