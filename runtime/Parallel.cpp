// parallel_for is the shared pool under a std::function, so that its users need no thread header.
#include "runtime/Parallel.h"

#include "runtime/host/Workers.h"

namespace tile::runtime {

void parallel_for(int64_t n, const std::function<void(int64_t begin, int64_t end)> &body) {
  Workers::shared()->run(n, body);
}

} // namespace tile::runtime
