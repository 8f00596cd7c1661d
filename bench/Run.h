// The main job: validate and time every problem of a selection, and report.
#pragma once

#include "bench/Options.h"

#include <iosfwd>

namespace fla::bench {

/// Exit code 0, or 1 when a result was wrong. Nothing is written to `out` before all the words of the options are known
/// to make sense.
int run(const RunOptions &, std::ostream &out);

} // namespace fla::bench
