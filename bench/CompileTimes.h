// How long the compiler takes, kernel by kernel. Needs no GPU.
#pragma once

#include "bench/Options.h"

#include <iosfwd>

namespace fla::bench {

/// Compiles every kernel of the selection's first candidates as the first of a process, then `reps` times more, and all
/// of them by several threads; reports all three.
int time_compiler(const CompileOptions &, std::ostream &out);

} // namespace fla::bench
