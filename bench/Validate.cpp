// The verdict keeps the worst element of all outputs, and the first complaint.
#include "bench/Validate.h"

#include "modules/common/Compare.h"

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

void include(Verdict &verdict, const Session::Output &output, const Comparison &c, const Tolerance &tolerance) {
  if (c.index >= 0 && (c.worst > verdict.ratio || verdict.tolerance == 0)) {
    verdict.ratio = c.worst;
    verdict.error = std::abs(c.got - c.expected);
    verdict.tolerance = tolerance.atol + tolerance.rtol * std::abs(c.expected);
  }
  if (c.ok()) return;
  verdict.ok = false;
  if (!verdict.detail.empty()) return;
  verdict.detail = fmt::format("{}[{}] is {:.6g}, expected {:.6g} +- {:.2g}; {} of {} elements of '{}' are wrong",
                               output.desc.name, position(c.index, output.desc.shape), c.got, c.expected,
                               tolerance.atol + tolerance.rtol * std::abs(c.expected), c.wrong, output.desc.elements(),
                               output.desc.name);
}

} // namespace

Verdict validate(Session &session, const Problem &problem, Provider &provider) {
  session.poison();
  if (provider.workspace()) provider.workspace()->poison();
  provider.enqueue(session.stream());
  session.stream().synchronize();

  Verdict verdict;
  for (const Session::Output &output : session.outputs()) {
    const std::vector<std::byte> got = session.download(output.desc.name);
    const Tolerance tolerance = problem.tolerance(output.desc.name);
    include(verdict, output, compare(output.desc.dtype, got.data(), output.expected, tolerance), tolerance);
  }
  std::string damage = session.damage();
  if (damage.empty() && provider.workspace()) damage = provider.workspace()->damage();
  if (!damage.empty()) {
    verdict.ok = false;
    verdict.detail += (verdict.detail.empty() ? "" : "; ") + damage;
  }
  return verdict;
}

} // namespace fla::bench
