// What each pass of a compilation changes, as a listing with the lines that went and came marked.
#pragma once

#include "mlir/Pass/PassManager.h"

#include <string>

namespace tile {

/// Appends to `text`, which must outlive the run of `pm`, one section for each pass that changes the module.
void recordDiffs(mlir::PassManager &pm, std::string &text);

} // namespace tile
