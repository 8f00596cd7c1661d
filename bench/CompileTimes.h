// How long the compiler takes, kernel by kernel. Needs no GPU.
#pragma once

#include "bench/Options.h"

#include <iosfwd>

namespace fla::bench {

/// Compiles every kernel of the selection's first candidates `reps` times after a first time, and reports both.
int time_compiler(const CompileOptions &, std::ostream &out);

} // namespace fla::bench
