// ptxas, where the CUDA toolkit is installed: it needs no GPU.
#pragma once

#include "compiler/dsl/Kernel.h"

#include <string>

namespace fla::test {

bool has_ptxas();

/// What ptxas says against the kernel's code for `arch`: its errors, or that registers are spilled. "" is nothing.
std::string complaints_of_ptxas(const tile::Kernel &kernel, const std::string &arch);

} // namespace fla::test
