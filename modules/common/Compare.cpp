#include "modules/common/Compare.h"

#include "modules/common/Convert.h"
#include "runtime/Parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>

namespace fla {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void add(Comparison &c, int64_t index, double got, double expected, double ratio) {
  c.wrong += !(ratio <= 1);
  if (c.index < 0 || ratio > c.worst) {
    c.worst = ratio;
    c.index = index;
    c.got = got;
    c.expected = expected;
  }
}

} // namespace

void merge(Comparison &a, const Comparison &b) {
  const int64_t wrong = a.wrong + b.wrong;
  if (b.index >= 0 && (a.index < 0 || b.worst > a.worst || (b.worst == a.worst && b.index < a.index))) a = b;
  a.wrong = wrong;
}

double error_ratio(DType dtype, double got, double expected, Tolerance tolerance) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got) ? 0 : kInfinity;
  if (got == expected) return 0;
  if (std::isinf(expected)) return kInfinity;
  const double allowed = tolerance.atol + tolerance.rtol * std::fabs(expected);
  if (std::isinf(got)) return rounded_to(dtype, expected + std::copysign(allowed, got)) == got ? 1 : kInfinity;
  const double error = std::fabs(got - expected);
  return allowed > 0 ? error / allowed : kInfinity;
}

Comparison compare_values(DType dtype, std::span<const double> got, std::span<const double> expected, Tolerance t) {
  constexpr size_t kBlock = 64;
  Comparison c;
  for (size_t begin = 0; begin < expected.size(); begin += kBlock) {
    const size_t end = std::min(begin + kBlock, expected.size());
    // A block without an element that is wrong or worse than those before is the rule, and vector code. NaNs and
    // infinities fail here.
    const double least = c.index < 0 ? -1 : std::min(c.worst, 1.0);
    int noteworthy = 0;
    for (size_t i = begin; i < end; ++i) {
      const double allowed = t.atol + t.rtol * std::fabs(expected[i]);
      noteworthy |= int(!(std::fabs(got[i] - expected[i]) <= least * allowed));
    }
    if (!noteworthy) continue;
    for (size_t i = begin; i < end; ++i)
      add(c, int64_t(i), got[i], expected[i], error_ratio(dtype, got[i], expected[i], t));
  }
  return c;
}

Comparison compare(DType dtype, const void *got, std::span<const double> expected, Tolerance tolerance) {
  constexpr int64_t kBlock = 2048; // elements converted at a time, to stay in the first cache
  const int64_t n = int64_t(expected.size());
  Comparison result;
  std::mutex mutex;
  tile::runtime::parallel_for((n + kBlock - 1) / kBlock, [&](int64_t first, int64_t last) {
    Comparison local;
    std::array<double, kBlock> values;
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = block * kBlock, count = std::min(kBlock, n - begin);
      const auto *from = static_cast<const std::byte *>(got) + begin * tile::size_of(dtype);
      to_double(dtype, from, std::span(values.data(), size_t(count)));
      const auto number = size_t(count);
      Comparison of_block =
          compare_values(dtype, std::span(values.data(), number), expected.subspan(size_t(begin), number), tolerance);
      of_block.index += begin;
      merge(local, of_block);
    }
    std::lock_guard lock(mutex);
    merge(result, local);
  });
  return result;
}

std::string Comparison::str(int64_t elements) const {
  if (index < 0) return "no elements";
  return fmt::format(
      "{} of {} elements wrong, worst at {}: got {:.9g}, expected {:.9g}, error {:.3g} times the tolerance", wrong,
      elements, index, got, expected, worst);
}

} // namespace fla
