// Problems without a device: their truth, checked by finite differences, and what is held against it.
#pragma once

#include "modules/common/Problem.h"

#include <map>
#include <string>
#include <vector>

namespace fla::test {

using Doubles = std::map<std::string, std::vector<double>>;

/// What the oracle makes of `in`.
Doubles truth(const Problem &, const Doubles &in);

/// The steps of the host's reference, run on inputs of that seed, are within tolerance. Adds failures otherwise.
void expect_host_reference_is_right(const Problem &, uint64_t seed);

/// The gradients of a problem of both passes are those of the sum over all tensors that have an incoming gradient
/// ("y" -> "dy"), by central differences in every element of each input ("x" -> "dx").
void expect_gradients(const Problem &, const std::map<std::string, std::string> &incoming,
                      const std::map<std::string, std::string> &gradients);

/// The steps of the GPU's reference name kernels and tensors that exist, read nothing that was not written before, and
/// write every output.
void expect_cuda_steps_are_sound(const Problem &);

} // namespace fla::test
