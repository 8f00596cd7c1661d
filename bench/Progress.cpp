// The line is cut at 79 columns: one that wraps could not be rewritten.
#include "bench/Progress.h"

#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace fla::bench {

Progress::Progress(size_t items) : is_shown_(isatty(STDERR_FILENO) != 0), items_(items) {}

void Progress::next(std::string what) {
  ++item_;
  what_ = std::move(what);
}

void Progress::step(std::string_view doing) {
  if (is_shown_) fmt::print(stderr, "\r\x1b[K{:.79}", fmt::format("[{}/{}] {}: {}", item_, items_, what_, doing));
}

void Progress::clear() {
  if (is_shown_) fmt::print(stderr, "\r\x1b[K");
}

} // namespace fla::bench
