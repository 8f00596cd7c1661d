#include "modules/cross_entropy/oracle.h"

#include "modules/common/DoubleMath.h"
#include "modules/cross_entropy/problem.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <array>
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

Oracle::Kind Oracle::kind(const Spec &spec, double target) {
  if (target == double(spec.ignore_index)) return Kind::Ignored;
  return target >= 0 && target < double(spec.classes) ? Kind::Valid : Kind::OutOfRange;
}

double Oracle::y(double x) const {
  const double scaled = x * spec_.logit_scale;
  return spec_.softcap != 0 ? spec_.softcap * std::tanh(scaled / spec_.softcap) : scaled;
}

Oracle::LogSum Oracle::log_sum(int64_t row) const {
  if (kind(row) == Kind::Ignored) return {};
  const double *x = logits(row);
  // Lanes, so that the loops become vector code.
  constexpr int64_t kLanes = 32;
  std::array<double, kLanes> lanes;
  std::vector<double> ys;
  if (spec_.softcap != 0) {
    for (int64_t j = 0; j < spec_.classes; ++j) ys.push_back(y(x[j]));
    x = ys.data();
  }
  const double scale = spec_.softcap != 0 ? 1 : spec_.logit_scale;
  const int64_t whole = spec_.classes / kLanes * kLanes;
  lanes.fill(-kInfinity);
  for (int64_t j = 0; j < whole; j += kLanes)
    for (int64_t l = 0; l < kLanes; ++l) {
      const double v = x[j + l] * scale;
      lanes[size_t(l)] = v > lanes[size_t(l)] ? v : lanes[size_t(l)];
    }
  double most = *std::ranges::max_element(lanes);
  for (int64_t j = whole; j < spec_.classes; ++j) most = std::fmax(most, x[j] * scale); // a NaN shows in the sum
  if (most == -kInfinity) most = 0;
  lanes.fill(0);
  for (int64_t j = 0; j < whole; j += kLanes)
    for (int64_t l = 0; l < kLanes; ++l) lanes[size_t(l)] += fast_exp(x[j + l] * scale - most);
  double sum = std::accumulate(lanes.begin(), lanes.end(), 0.0);
  for (int64_t j = whole; j < spec_.classes; ++j) sum += fast_exp(x[j] * scale - most);
  return {most, std::log(sum)};
}

double Oracle::z(int64_t row, LogSum s) const {
  if (kind(row) != Kind::Valid) return kind(row) == Kind::Ignored ? 0 : kNan;
  return spec_.lse_square_scale * s.lse() * s.lse();
}

double Oracle::loss(int64_t row, LogSum s) const {
  if (kind(row) != Kind::Valid) return kind(row) == Kind::Ignored ? 0 : kNan;
  // lse - y, where the distance from the largest y must not be lost in a large lse.
  auto distance = [&](int64_t j) { return s.most - y(logits(row)[j]) + s.log; };
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
  if (kind(row) != Kind::Valid) {
    std::fill_n(dx, spec_.classes, kind(row) == Kind::Ignored ? 0 : kNan);
    return;
  }
  const double *x = logits(row);
  const double e = spec_.label_smoothing, share = e / double(spec_.classes), factor = g * spec_.logit_scale;
  const double at_target = (1 - e) * weight(target(row));
  double along = at_target + share * weight_sum_;
  if (spec_.has_z()) along += 2 * spec_.lse_square_scale * s.lse();
  // p, whose loop is vector code; then what few elements or few specs have.
  const bool capped = spec_.softcap != 0;
  for (int64_t j = 0; j < spec_.classes; ++j) dx[j] = capped ? y(x[j]) : x[j] * spec_.logit_scale;
  for (int64_t j = 0; j < spec_.classes; ++j) dx[j] = fast_exp(dx[j] - s.most - s.log) * along;
  dx[target(row)] -= at_target;
  for (int64_t j = 0; j < spec_.classes && spec_.smooths(); ++j) dx[j] -= share * weight(j);
  for (int64_t j = 0; j < spec_.classes && capped; ++j) {
    const double slope = y(x[j]) / spec_.softcap;
    dx[j] *= 1 - slope * slope;
  }
  for (int64_t j = 0; j < spec_.classes; ++j) dx[j] *= factor;
}

double total_weight(const Spec &spec, const Tensors &in) {
  const std::vector<double> *weights = spec.class_weights ? &in.at("weight") : nullptr;
  double total = 0;
  for (const double target : in.at("targets"))
    if (Oracle::kind(spec, target) == Oracle::Kind::Valid) total += weights ? (*weights)[size_t(target)] : 1;
  return total;
}

void CrossEntropyProblem::oracle(const Tensors &in, Tensors &out) const {
  const Oracle truth(spec_, in);
  // A backward pass alone is a function of the numbers it was given.
  std::vector<double> losses(static_cast<size_t>(rows_)), zs = losses;
  std::vector<double> lses = losses;
  double total = 1;
  if (spec_.is_mean())
    total = !runs_forward() ? in.at("total_weight")[0] : total_weight_ ? *total_weight_ : total_weight(spec_, in);
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
  if (spec_.is_mean()) out.at("total_weight") = {total_weight(spec_, in)}; // of these rows
}

} // namespace fla::cross_entropy
