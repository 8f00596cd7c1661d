#include "tests/modules/Truth.h"

#include "modules/common/Compare.h"
#include "modules/common/Convert.h"
#include "modules/common/Inputs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace fla::test {

namespace {

/// The bytes of all tensors of a case: inputs rounded, everything else NaN.
class Memory {
public:
  Memory(const std::vector<TensorDesc> &tensors, const Doubles &in) {
    for (const TensorDesc &tensor : tensors) {
      std::vector<std::byte> &bytes = bytes_[tensor.name];
      bytes.assign(tensor.bytes() + 1, std::byte(0xFF));
      if (tensor.is_read()) from_double(tensor.dtype, in.at(tensor.name), bytes.data());
      addresses_[tensor.name] = bytes.data();
    }
  }
  const std::map<std::string, void *> &addresses() const { return addresses_; }
  const void *operator[](const std::string &name) const { return addresses_.at(name); }

private:
  std::map<std::string, std::vector<std::byte>> bytes_;
  std::map<std::string, void *> addresses_;
};

} // namespace

Doubles truth(const Problem &problem, const Doubles &in) {
  Doubles out;
  for (const TensorDesc &tensor : problem.tensors())
    if (tensor.is_written()) out[tensor.name].assign(size_t(tensor.elements()), NAN);
  problem.oracle(in, out);
  return out;
}

void expect_host_reference_is_right(const Problem &problem, uint64_t seed) {
  const Doubles in = make_inputs(problem, seed);
  const Doubles expected = truth(problem, in);
  const HostReference reference = problem.host_reference();
  std::vector<TensorDesc> all = problem.tensors();
  all.insert(all.end(), reference.workspace.begin(), reference.workspace.end());
  const Memory memory(all, in);
  for (const auto &step : reference.steps) step(memory.addresses());
  for (const TensorDesc &tensor : problem.tensors())
    if (tensor.is_written()) {
      const auto &want = expected.at(tensor.name);
      const Comparison c = compare(tensor.dtype, memory[tensor.name], want, problem.tolerance(tensor.name));
      EXPECT_TRUE(c.ok()) << tensor.name << ": " << c.str(tensor.elements());
    }
}

void expect_gradients(const Problem &problem, const std::map<std::string, std::string> &incoming,
                      const std::map<std::string, std::string> &gradients) {
  Doubles in = make_inputs(problem, 11);
  const Doubles analytic = truth(problem, in);
  auto loss = [&] {
    const Doubles out = truth(problem, in);
    double total = 0;
    for (const auto &[name, gradient] : incoming) {
      if (!in.contains(gradient)) continue;
      const std::vector<double> &values = (out.contains(name) ? out : in).at(name);
      for (size_t i = 0; i < values.size(); ++i) total += values[i] * in.at(gradient)[i];
    }
    return total;
  };
  size_t checked = 0;
  for (const auto &[input, gradient] : gradients) {
    if (!in.contains(input) || !analytic.contains(gradient)) continue;
    for (size_t i = 0; i < in.at(input).size(); ++i, ++checked) {
      double &element = in.at(input)[i];
      const double original = element, step = 1e-5;
      element = original + step;
      const double above = loss();
      element = original - step;
      const double below = loss();
      element = original;
      const double numeric = (above - below) / (2 * step);
      ASSERT_NEAR(analytic.at(gradient)[i], numeric, 2e-6 * (1 + std::fabs(numeric))) << gradient << ' ' << i;
    }
  }
  EXPECT_GT(checked, 0u);
}

void expect_cuda_steps_are_sound(const Problem &problem) {
  const CudaReference reference = problem.cuda_reference();
  std::set<std::string> known, written;
  bool is_empty = false; // steps over no elements are left out
  for (const TensorDesc &tensor : problem.tensors()) {
    known.insert(tensor.name);
    is_empty |= tensor.elements() == 0;
    if (tensor.is_read()) written.insert(tensor.name);
  }
  for (const TensorDesc &tensor : reference.workspace) EXPECT_TRUE(known.insert(tensor.name).second) << tensor.name;
  for (const CudaStep &step : reference.steps) {
    EXPECT_NE(reference.source.find("void " + step.kernel + "("), std::string::npos) << step.kernel;
    EXPECT_GT(step.grid.programs(), 0) << step.kernel;
    EXPECT_LE(step.grid.y, 65535u) << step.kernel;
    // The last tensor of every kernel is its output; the others must have been made before.
    std::vector<std::string> names;
    for (const ArgValue &arg : step.args)
      if (const auto *name = std::get_if<std::string>(&arg)) names.push_back(*name);
    for (const std::string &name : names) EXPECT_TRUE(known.contains(name)) << name;
    for (size_t i = 0; i + 1 < names.size(); ++i)
      EXPECT_TRUE(is_empty || written.contains(names[i])) << step.kernel << " reads " << names[i];
    written.insert(names.back());
  }
  for (const TensorDesc &tensor : problem.tensors())
    EXPECT_TRUE(tensor.elements() == 0 || written.contains(tensor.name)) << tensor.name;
}

} // namespace fla::test
