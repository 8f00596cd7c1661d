#include "modules/common/Parts.h"

#include "compiler/support/Error.h"
#include "modules/common/Convert.h"
#include "modules/common/Rows.h"
#include "runtime/Parallel.h"

#include <fmt/format.h>

#include <algorithm>

namespace fla {

namespace {

constexpr int64_t kSmall = int64_t(1) << 18;   ///< elements of a problem that is not cut
constexpr int64_t kPerPart = int64_t(1) << 17; ///< of a part: they stay in a core's caches
/// Items of a part where they are columns: whole lines of memory.
constexpr int64_t kLeastItems = 32;
/// Parts there should be, for all cores to have some.
constexpr int64_t kMany = 64;

int64_t elements_of(const Problem &problem) {
  int64_t total = 0;
  for (const TensorDesc &t : problem.tensors()) total += t.elements();
  return total;
}

/// Whether an item is one piece of memory in the largest tensor.
bool are_rows(const Problem &problem, int64_t items) {
  const std::vector<TensorDesc> all = problem.tensors();
  auto largest = std::ranges::max_element(all, {}, &TensorDesc::elements);
  return largest != all.end() && !largest->shape.empty() && largest->shape.front() == items;
}

template <class Element> void for_runs(const Runs &runs, Element per_run) {
  for (int64_t run = 0; run < runs.count; ++run) per_run(runs.begin + run * runs.stride, size_t(run * runs.length));
}

} // namespace

std::optional<Runs> runs_of(const TensorDesc &whole, const TensorDesc &part, int64_t items, int64_t first) {
  if (whole.shape == part.shape) return std::nullopt;
  size_t axis = 0;
  while (axis < whole.shape.size() && whole.shape[axis] == part.shape[axis]) ++axis;
  int64_t outer = 1, inner = 1;
  for (size_t d = 0; d < axis; ++d) outer *= whole.shape[d];
  for (size_t d = axis + 1; d < whole.shape.size(); ++d) inner *= whole.shape[d];
  if (whole.shape.size() != part.shape.size() || whole.shape[axis] != items ||
      part.elements() != outer * part.shape[axis] * inner)
    throw tile::InternalError(fmt::format("a part's tensor '{}' is no slice of the whole one", whole.name));
  return Runs{first * inner, outer, part.shape[axis] * inner, items * inner};
}

Parts::Parts(const Problem &problem) : problem_(problem), items_(problem.items()), size_(items_) {
  elements_ = elements_of(problem);
  if (items_ <= 1 || elements_ <= kSmall) return;
  const int64_t per_item = ceil_div(elements_, items_);
  const int64_t least = are_rows(problem, items_) ? 1 : std::min(kLeastItems, ceil_div(items_, kMany));
  size_ = std::clamp<int64_t>(kPerPart / per_item, least, items_);
  count_ = ceil_div(items_, size_);
  elements_ = size_ * per_item;
}

void Parts::for_each(const Values &whole, const std::function<void(const Problem &, int64_t first)> &body) const {
  if (!is_cut()) return body(problem_, 0);
  const int64_t rest = items_ % size_;
  const std::unique_ptr<Problem> full = problem_.part(size_, whole);
  const std::unique_ptr<Problem> last = rest ? problem_.part(rest, whole) : nullptr;
  tile::runtime::parallel_for(count_, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) body(n == count_ - 1 && last ? *last : *full, n * size_);
  });
}

void gather(DType dtype, const std::byte *from, const Runs &runs, std::vector<double> &to) {
  to.resize(size_t(runs.count * runs.length));
  for_runs(runs, [&](int64_t element, size_t at) {
    to_double(dtype, from + element * tile::size_of(dtype), std::span(to).subspan(at, size_t(runs.length)));
  });
}

void scatter(DType dtype, const std::vector<double> &from, const Runs &runs, std::byte *to) {
  for_runs(runs, [&](int64_t element, size_t at) {
    from_double(dtype, std::span(from).subspan(at, size_t(runs.length)), to + element * tile::size_of(dtype));
  });
}

} // namespace fla
