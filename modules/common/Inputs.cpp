#include "modules/common/Inputs.h"

#include "modules/common/Convert.h"
#include "modules/common/Random.h"

namespace fla {

std::map<std::string, std::vector<double>> make_inputs(const Problem &problem, uint64_t seed) {
  std::map<std::string, std::vector<double>> inputs;
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

} // namespace fla
