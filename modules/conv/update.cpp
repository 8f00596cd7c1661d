// The tensors of a case, the truth, how exact it must be, and which kernels run it.
#include "modules/conv/update.h"

#include "modules/common/Tolerance.h"
#include "modules/conv/kernels.h"

#include <algorithm>

namespace fla::conv {

using Role = TensorDesc::Role;
using Doubles = std::vector<double>;

std::vector<TensorDesc> UpdateProblem::tensors() const {
  std::vector<TensorDesc> all;
  auto add = [&](const char *name, std::vector<int64_t> shape, Role role) {
    all.push_back({.name = name, .dtype = dtype(), .shape = std::move(shape), .role = role, .derive = {}});
  };
  const std::vector<int64_t> token = {rows_, cols()}, state = {rows_, cols(), spec_.width};
  add("x", token, Role::Input);
  add_weights(all, spec_);
  if (spec_.residual) add("residual", token, Role::Input);
  add("state", state, Role::Input);
  add("y", token, Role::Output);
  add("new_state", state, Role::Output);
  return all;
}

int64_t UpdateProblem::bytes() const {
  int64_t total = 0;
  for (const TensorDesc &tensor : tensors()) total += int64_t(tensor.bytes());
  return total;
}

Tolerance UpdateProblem::tolerance(std::string_view output) const {
  return output == "new_state" ? rounded(dtype(), {}) : output_tolerance(spec_);
}

void UpdateProblem::oracle(const std::map<std::string, Doubles> &in, std::map<std::string, Doubles> &out) const {
  const int64_t width = spec_.width;
  for (int64_t i = 0; i < rows_ * cols(); ++i) {
    const int64_t col = i % cols();
    double sum = spec_.bias ? in.at("b")[size_t(col)] : 0;
    for (int64_t w = 0; w < width; ++w) {
      const double token = w + 1 < width ? in.at("state")[size_t(i * width + w + 1)] : in.at("x")[size_t(i)];
      out.at("new_state")[size_t(i * width + w)] = token;
      sum += token * in.at("w")[size_t(col * width + w)];
    }
    out.at("y")[size_t(i)] = (spec_.silu ? silu(sum) : sum) + (spec_.residual ? in.at("residual")[size_t(i)] : 0);
  }
}

std::vector<Candidate> UpdateProblem::candidates(const tile::Target &target, const tile::runtime::DeviceInfo &) const {
  std::vector<Candidate> all;
  for (int64_t lanes : target.is_gpu() ? std::vector<int64_t>{128, 256, 64} : std::vector<int64_t>{4, 1}) {
    TokenConfig config;
    const int64_t most = target.is_gpu() ? lanes : lanes * target.lanes;
    config.cols = std::min(most, next_power_of_two(cols()));
    config.warps = target.is_gpu() ? int(std::max<int64_t>(1, config.cols / target.lanes)) : 1;
    Candidate candidate{config.str(), {}, {}};
    if (std::ranges::any_of(all, [&](const Candidate &c) { return c.name == candidate.name; })) continue;
    std::vector<Arg> args = {{"rows", rows_}};
    for (const char *name : {"x", "w", "state", "y", "new_state"}) args.push_back({name, name});
    if (spec_.bias) args.push_back({"b", "b"});
    if (spec_.residual) args.push_back({"residual", "residual"});
    const int64_t programs = rows_ * column_blocks(spec_.tokens, config);
    if (programs > 0) candidate.launches.push_back({update(spec_, config), {uint32_t(programs)}, std::move(args)});
    all.push_back(std::move(candidate));
  }
  return all;
}

} // namespace fla::conv
