#include "modules/common/Judge.h"

#include "modules/common/Convert.h"
#include "modules/common/Inputs.h"

#include <mutex>

namespace fla {

namespace {

constexpr int64_t kKept = int64_t(1) << 22; ///< elements of a problem whose truth is kept

Runs whole_of(const TensorDesc &t) {
  return {0, 1, t.elements(), 0};
}

} // namespace

Judge::Judge(const Problem &problem, const Memory &inputs)
    : problem_(problem), inputs_(inputs), parts_(problem), tensors_(problem.tensors()) {}

Values Judge::values_of(const Problem &part, int64_t first, const Values &small) const {
  const std::vector<TensorDesc> of_part = part.tensors();
  Values in;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const TensorDesc &t = tensors_[i];
    if (!t.is_read()) continue;
    const std::optional<Runs> runs = runs_of(t, of_part[i], problem_.items(), first);
    if (!runs && small.contains(t.name))
      in.insert(*small.find(t.name));
    else
      gather(t.dtype, inputs_.at(t.name).data(), runs.value_or(whole_of(t)), in[t.name]);
  }
  return in;
}

Values Judge::no_outputs(const Problem &part) const {
  Values out;
  for (const TensorDesc &t : part.tensors())
    if (t.is_written()) out[t.name].resize(size_t(t.elements()));
  return out;
}

void Judge::compare_whole(std::span<const Memory *const> results, const Values &expected, Comparisons &all) const {
  for (const TensorDesc &t : tensors_)
    if (auto truth = expected.find(t.name); t.is_written() && truth != expected.end())
      for (size_t r = 0; r < results.size(); ++r)
        all[r][t.name] =
            fla::compare(t.dtype, results[r]->at(t.name).data(), truth->second, problem_.tolerance(t.name));
}

std::vector<std::map<std::string, Comparison>> Judge::compare(std::span<const Memory *const> results) {
  Comparisons all(results.size());
  if (expected_) {
    compare_whole(results, *expected_, all);
    return all;
  }
  const Values small = small_inputs(problem_, inputs_);
  if (!parts_.is_cut()) {
    Values expected = no_outputs(problem_);
    problem_.oracle(values_of(problem_, 0, small), expected);
    compare_whole(results, expected, all);
    if (parts_.elements() <= kKept) expected_ = std::move(expected);
    return all;
  }

  Values sums; // of the outputs that belong to all items
  std::mutex mutex;
  parts_.for_each(small, [&](const Problem &part, int64_t first) {
    const std::vector<TensorDesc> of_part = part.tensors();
    Values out = no_outputs(part);
    part.oracle(values_of(part, first, small), out);
    std::vector<double> got;
    for (size_t i = 0; i < tensors_.size(); ++i) {
      const TensorDesc &t = tensors_[i];
      if (!t.is_written()) continue;
      const std::vector<double> &expected = out.at(t.name);
      const std::optional<Runs> runs = runs_of(t, of_part[i], problem_.items(), first);
      if (!runs) {
        std::lock_guard lock(mutex);
        std::vector<double> &sum = sums[t.name];
        sum.resize(expected.size());
        for (size_t j = 0; j < expected.size(); ++j) sum[j] += expected[j];
        continue;
      }
      const Tolerance tolerance = problem_.tolerance(t.name);
      for (size_t r = 0; r < results.size(); ++r) {
        gather(t.dtype, results[r]->at(t.name).data(), *runs, got);
        Comparison c = compare_values(t.dtype, got, expected, tolerance);
        if (c.index >= 0) c.index = runs->whole(c.index);
        std::lock_guard lock(mutex);
        merge(all[r][t.name], c);
      }
    }
  });
  compare_whole(results, sums, all);
  return all;
}

} // namespace fla
