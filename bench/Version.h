// The program's own version.
#pragma once

#include <string>

namespace fla::bench {

inline std::string version() {
  return FLABENCH_VERSION;
}

} // namespace fla::bench
