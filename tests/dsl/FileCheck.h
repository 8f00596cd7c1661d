// FileCheck inside the process: patterns beside the code that builds the IR.
#pragma once

#include "compiler/dsl/Kernel.h"

#include <gtest/gtest.h>

#include <string_view>

namespace tile {

/// Whether the IR of `kernel` matches `patterns` (CHECK:, CHECK-NEXT:, CHECK-NOT:, ...).
testing::AssertionResult matches(const Kernel &kernel, std::string_view patterns);

} // namespace tile
