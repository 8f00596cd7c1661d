// What there is to run.
#pragma once

#include "bench/Options.h"

#include <iosfwd>

namespace fla::bench {

/// Modules, ops, passes, dtypes, case keys and cases of the grids.
int list(const ListOptions &, std::ostream &out);

} // namespace fla::bench
