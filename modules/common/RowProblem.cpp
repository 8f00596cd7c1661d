#include "modules/common/RowProblem.h"

#include "modules/common/Pairs.h"

#include <algorithm>

namespace fla {

using Role = TensorDesc::Role;

namespace {

TensorDesc tensor(std::string &&name, DType dtype, std::vector<int64_t> &&shape, Role role) {
  return {.name = std::move(name), .dtype = dtype, .shape = std::move(shape), .role = role, .derive = {}};
}

} // namespace

TensorDesc input(std::string name, DType dtype, std::vector<int64_t> shape, double mean, double stddev) {
  TensorDesc desc = tensor(std::move(name), dtype, std::move(shape), Role::Input);
  desc.mean = mean;
  desc.stddev = stddev;
  return desc;
}

TensorDesc derived(std::string name, DType dtype, std::vector<int64_t> shape, decltype(TensorDesc::derive) derive) {
  TensorDesc desc = tensor(std::move(name), dtype, std::move(shape), Role::Input);
  desc.derive = std::move(derive);
  return desc;
}

TensorDesc output(std::string name, DType dtype, std::vector<int64_t> shape) {
  return tensor(std::move(name), dtype, std::move(shape), Role::Output);
}

// ---- Candidates -----------------------------------------------------------------------------------------------------

std::vector<Arg> tensor_args(std::initializer_list<const char *> names) {
  std::vector<Arg> args;
  for (const char *name : names) args.push_back({name, std::string(name)});
  return args;
}

int64_t row_programs(const Place &p, const RowConfig &config) {
  const int64_t blocks = ceil_div(p.rows, config.rows * config.blocks);
  return config.looped_rows ? std::min(blocks, p.units * kRangesPerUnit) : blocks;
}

std::vector<Candidate> row_candidates(const Place &p, const RowNeeds &needs,
                                      const std::function<tile::Kernel(const RowConfig &)> &kernel,
                                      std::vector<Arg> args,
                                      const std::function<void(std::vector<RowConfig> &)> &order) {
  args.push_back({"rows", p.rows});
  std::vector<RowConfig> configs = row_configs(p.target, needs);
  if (order) order(configs);
  std::vector<Candidate> all;
  for (const RowConfig &config : configs) {
    Candidate &candidate = all.emplace_back(Candidate{config.str(), {}, {}});
    if (p.rows > 0) candidate.launches.push_back({kernel(config), {uint32_t(row_programs(p, config))}, args});
  }
  return all;
}

// ---- Problems -------------------------------------------------------------------------------------------------------

int64_t RowProblem::bytes() const {
  int64_t total = 0;
  for (const TensorDesc &tensor : tensors()) total += int64_t(tensor.bytes());
  return total;
}

std::vector<Candidate> RowProblem::candidates(const tile::Target &target,
                                              const tile::runtime::DeviceInfo &device) const {
  int64_t largest = 0; // of the outputs of one pass
  for (const TensorDesc &tensor : tensors())
    if (tensor.role == Role::Output) largest = std::max(largest, int64_t(tensor.bytes()));
  const bool streaming = !target.is_gpu() && largest > device.cache_bytes / 8;
  const Place place{target, std::max(device.units, 1), rows_, streaming};
  switch (pass_) {
  case Pass::Fwd:
    return forward_candidates(place);
  case Pass::Bwd:
    return backward_candidates(place);
  case Pass::FwdBwd:
    return pairs(forward_candidates(place), backward_candidates(place));
  }
  throw tile::InternalError("a problem of an unknown pass");
}

} // namespace fla
