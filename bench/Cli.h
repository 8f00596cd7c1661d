// The command line of flabench: from arguments to options, and from failures to messages and exit codes.
#pragma once

#include <iosfwd>

namespace fla::bench {

/// The whole program. Exit codes: 0; 1 a result was wrong; 2 bad input; 3 the device failed; 70 a bug of ours;
/// 74 `out` could not be written to.
int run_cli(int argc, const char *const *argv, std::ostream &out, std::ostream &err);

} // namespace fla::bench
