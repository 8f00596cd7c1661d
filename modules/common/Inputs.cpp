// Random numbers are drawn, rounded and stored a block at a time. What is derived from them is derived part by part.
#include "modules/common/Inputs.h"

#include "modules/common/Convert.h"
#include "modules/common/Random.h"
#include "modules/common/Rows.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <array>

namespace fla {

Values make_inputs(const Problem &problem, uint64_t seed) {
  Values inputs;
  const std::vector<TensorDesc> tensors = problem.tensors();
  for (bool derived : {false, true})
    for (const TensorDesc &tensor : tensors) {
      if (!tensor.is_read() || bool(tensor.derive) != derived) continue;
      std::vector<double> values(size_t(tensor.elements()));
      fill_normal(random_key(seed, tensor.name), tensor.mean, tensor.stddev, values);
      if (derived) tensor.derive(inputs, values);
      round_to(tensor.dtype, values);
      inputs.emplace(tensor.name, std::move(values));
    }
  return inputs;
}

namespace {

void draw(const TensorDesc &tensor, uint64_t seed, std::byte *to) {
  constexpr int64_t kBlock = 2048;
  const uint64_t key = random_key(seed, tensor.name);
  const int64_t n = tensor.elements();
  tile::runtime::parallel_for(ceil_div(n, kBlock), [&](int64_t begin, int64_t end) {
    std::array<double, kBlock> block;
    for (int64_t b = begin; b < end; ++b) {
      const std::span values(block.data(), size_t(std::min(kBlock, n - b * kBlock)));
      fill_normal(key, tensor.mean, tensor.stddev, values, b * kBlock);
      from_double(tensor.dtype, values, to + b * kBlock * tile::size_of(tensor.dtype));
    }
  });
}

/// The derived tensors of one part, from what `memory` has of the inputs before them.
class Deriver {
public:
  Deriver(const Problem &problem, uint64_t seed, Memory &memory)
      : tensors_(problem.tensors()), items_(problem.items()), seed_(seed), memory_(memory) {}

  void derive(const Problem &part, int64_t first, const Values &small) const {
    const std::vector<TensorDesc> of_part = part.tensors();
    Values in;
    for (bool derived : {false, true})
      for (size_t i = 0; i < tensors_.size(); ++i) {
        const TensorDesc &whole = tensors_[i], &tensor = of_part[i];
        if (!whole.is_read() || bool(whole.derive) != derived) continue;
        const std::optional<Runs> runs = runs_of(whole, tensor, items_, first);
        std::byte *memory = memory_.at(whole.name).data();
        if (!runs) {
          // Of all items: read, if it is known already. What is derived for all comes after the parts.
          if (small.contains(whole.name)) in.insert(*small.find(whole.name));
          continue;
        }
        std::vector<double> &values = in[whole.name];
        if (derived) {
          values.resize(size_t(tensor.elements()));
          for (int64_t run = 0; run < runs->count; ++run)
            fill_normal(random_key(seed_, whole.name), whole.mean, whole.stddev,
                        std::span(values).subspan(size_t(run * runs->length), size_t(runs->length)),
                        runs->begin + run * runs->stride);
          tensor.derive(in, values);
          scatter(whole.dtype, values, *runs, memory);
        }
        gather(whole.dtype, memory, *runs, values);
      }
  }

  /// Those of all items, from the small inputs.
  void derive_whole(const Problem &any_part, Values small) const {
    const std::vector<TensorDesc> of_part = any_part.tensors();
    for (size_t i = 0; i < tensors_.size(); ++i) {
      const TensorDesc &whole = tensors_[i];
      if (!whole.derive || runs_of(whole, of_part[i], items_, 0)) continue;
      std::vector<double> values(size_t(whole.elements()));
      fill_normal(random_key(seed_, whole.name), whole.mean, whole.stddev, values);
      whole.derive(small, values);
      from_double(whole.dtype, values, memory_.at(whole.name).data());
      round_to(whole.dtype, values);
      small.insert_or_assign(whole.name, std::move(values)); // for those after it
    }
  }

private:
  std::vector<TensorDesc> tensors_;
  int64_t items_;
  uint64_t seed_;
  Memory &memory_;
};

} // namespace

Values small_inputs(const Problem &problem, const Memory &inputs, Inputs which) {
  Values small;
  for (const TensorDesc &t : problem.tensors())
    if (t.is_read() && t.shape.size() <= 1 && (which == Inputs::All || !t.derive)) {
      std::vector<double> &values = small[t.name];
      values.resize(size_t(t.elements()));
      to_double(t.dtype, inputs.at(t.name).data(), values);
    }
  return small;
}

Memory make_input_memory(const Problem &problem, uint64_t seed) {
  const std::vector<TensorDesc> tensors = problem.tensors();
  const Parts parts(problem);
  Memory memory;
  for (const TensorDesc &t : tensors)
    if (t.is_read()) memory.emplace(t.name, Bytes(t.bytes()));
  const bool derives = std::ranges::any_of(tensors, [](const TensorDesc &t) { return bool(t.derive); });
  if (derives && !parts.is_cut()) {
    for (const auto &[name, values] : make_inputs(problem, seed)) {
      const auto t = std::ranges::find(tensors, name, &TensorDesc::name);
      from_double(t->dtype, values, memory.at(name).data());
    }
    return memory;
  }
  for (const TensorDesc &t : tensors)
    if (t.is_read() && !t.derive) draw(t, seed, memory.at(t.name).data());
  if (!derives) return memory;

  const Deriver deriver(problem, seed, memory);
  const Values drawn = small_inputs(problem, memory, Inputs::Drawn);
  parts.for_each(drawn, [&](const Problem &part, int64_t first) { deriver.derive(part, first, drawn); });
  deriver.derive_whole(*problem.part(1, drawn), small_inputs(problem, memory, Inputs::All));
  return memory;
}

} // namespace fla
