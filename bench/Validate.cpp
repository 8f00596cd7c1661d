// The verdict keeps the worst element of all outputs, and the first complaint.
#include "bench/Validate.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace fla::bench {
namespace {

/// 17 of shape [3, 8] -> "2,1".
std::string position(int64_t index, const std::vector<int64_t> &shape) {
  std::string out;
  for (size_t d = shape.size(); d-- > 0; index /= shape[d])
    out = std::to_string(index % shape[d]) + (out.empty() ? "" : "," + out);
  return out;
}

void include(Verdict &verdict, const TensorDesc &output, const Comparison &c, const Tolerance &tolerance) {
  if (c.index >= 0 && (c.worst > verdict.ratio || verdict.tolerance == 0)) {
    verdict.ratio = c.worst;
    verdict.error = std::abs(c.got - c.expected);
    verdict.tolerance = tolerance.atol + tolerance.rtol * std::abs(c.expected);
  }
  if (c.ok()) return;
  verdict.ok = false;
  if (!verdict.detail.empty()) return;
  verdict.detail =
      fmt::format("{}[{}] is {:.6g}, expected {:.6g} +- {:.2g}; {} of {} elements of '{}' are wrong", output.name,
                  position(c.index, output.shape), c.got, c.expected,
                  tolerance.atol + tolerance.rtol * std::abs(c.expected), c.wrong, output.elements(), output.name);
}

} // namespace

namespace {

/// Each on memory that is whole again.
std::vector<Verdict> validate_one_by_one(Session &session, const Problem &problem,
                                         std::span<Provider *const> providers) {
  std::vector<Verdict> verdicts;
  for (Provider *provider : providers) {
    session.repair();
    verdicts.push_back(validate(session, problem, *provider));
  }
  return verdicts;
}

} // namespace

Verdict validate(Session &session, const Problem &problem, Provider &provider) {
  Provider *const one[] = {&provider};
  return validate(session, problem, one).front();
}

std::vector<Verdict> validate(Session &session, const Problem &problem, std::span<Provider *const> providers) {
  // All results are held until they are compared: those of large problems two by two.
  constexpr size_t kHeld = size_t(4) << 30;
  size_t bytes = 1;
  for (const TensorDesc &output : session.outputs()) bytes += output.bytes();
  if (const size_t most = std::max<size_t>(2, kHeld / bytes); providers.size() > most) {
    std::vector<Verdict> all = validate(session, problem, providers.first(most));
    const std::vector<Verdict> others = validate(session, problem, providers.subspan(most));
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }

  std::vector<Memory> results;
  std::string damage;
  for (Provider *provider : providers) {
    session.poison();
    if (provider->workspace()) provider->workspace()->poison();
    provider->enqueue(session.stream());
    session.stream().synchronize();
    results.push_back(session.download_outputs());
    if (damage.empty() && provider->workspace()) damage = provider->workspace()->damage();
  }
  // Once for all, for inputs may be large. Who did it is found out only when something was done.
  if (damage.empty()) damage = session.damage();
  if (!damage.empty() && providers.size() > 1) return validate_one_by_one(session, problem, providers);
  std::vector<const Memory *> all;
  for (const Memory &result : results) all.push_back(&result);
  std::vector<std::map<std::string, Comparison>> comparisons = session.judge().compare(all);

  std::vector<Verdict> verdicts(providers.size());
  for (size_t i = 0; i < providers.size(); ++i) {
    Verdict &verdict = verdicts[i];
    for (const TensorDesc &output : session.outputs())
      include(verdict, output, comparisons[i][output.name], problem.tolerance(output.name));
    if (damage.empty()) continue;
    verdict.ok = false;
    verdict.detail += (verdict.detail.empty() ? "" : "; ") + damage;
  }
  return verdicts;
}

} // namespace fla::bench
