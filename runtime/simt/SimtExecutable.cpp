#include "runtime/simt/SimtExecutable.h"

#include "compiler/support/Error.h"
#include "runtime/host/HostDevice.h"
#include "runtime/simt/Program.h"

#include <fmt/format.h>
#include <numeric>

namespace tile::runtime {
namespace {

// What CUDA allows.
constexpr uint32_t kMostX = 0x7FFFFFFF, kMostYZ = 65535;

void check_grid(Grid g, const std::string &entry) {
  if (g.x > kMostX || g.y > kMostYZ || g.z > kMostYZ)
    throw UserError(fmt::format("kernel '{}': a grid of {} x {} x {} programs is too large; at most {} x {} x {}",
                                entry, g.x, g.y, g.z, kMostX, kMostYZ, kMostYZ));
}

/// i -> (i * step + start) mod n: every program once.
struct Order {
  uint64_t n, step, start;
  Order(int64_t programs, uint64_t seed) : n(uint64_t(programs)), step(seed * 0x9E3779B97F4A7C15 % n), start(seed % n) {
    while (std::gcd(step, n) != 1) step = (step + 1) % n;
  }
  int64_t operator()(int64_t i) const { return int64_t((static_cast<unsigned __int128>(i) * step + start) % n); }
};

} // namespace

SimtExecutable::SimtExecutable(Artifact a, ObjectLoader &loader, std::shared_ptr<Workers> workers,
                               std::shared_ptr<simt::Memory> memory, uint64_t seed)
    : Executable(std::move(a)), workers_(std::move(workers)), memory_(std::move(memory)), seed_(seed),
      object_(loader.load(artifact_)) {}

void SimtExecutable::launch(Stream &stream, Grid grid, const void *args) {
  require_host_stream(stream);
  check_grid(grid, artifact_.entry);
  if (grid.programs() == 0) return;
  const uint64_t seed = (seed_ << 32) + launches_.fetch_add(1, std::memory_order_relaxed);
  const simt::Launch launch{.artifact = artifact_,
                            .entry = reinterpret_cast<tile::simt::Entry>(reinterpret_cast<void *>(object_->entry)),
                            .args = args,
                            .grid = grid,
                            .memory = memory_->map(),
                            .seed = seed};
  const Order order(grid.programs(), seed);
  workers_->run(grid.programs(), [&](int64_t begin, int64_t end) {
    static thread_local simt::ProgramRunner runner;
    for (int64_t i = begin; i < end; ++i) runner.run(launch, order(i));
  });
}

} // namespace tile::runtime
