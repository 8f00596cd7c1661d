// A launch that takes less time than it takes to hand work to other threads runs on the caller's thread.
#include "runtime/host/HostExecutable.h"

#include "compiler/support/Error.h"
#include "runtime/host/HostDevice.h"

#include <chrono>
#include <fmt/format.h>

namespace tile::runtime {
namespace {

/// About what it costs to start the pool's threads and to wait for them.
constexpr double kPoolNs = 8000;

int64_t checked_programs(Grid g, const std::string &entry) {
  int64_t plane = 0, programs = 0;
  if (__builtin_mul_overflow(int64_t(g.x), int64_t(g.y), &plane) ||
      __builtin_mul_overflow(plane, int64_t(g.z), &programs))
    throw UserError(fmt::format("kernel '{}': a grid of {} x {} x {} programs is too large; at most 2^63 - 1 programs",
                                entry, g.x, g.y, g.z));
  return programs;
}

double ns_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

HostExecutable::HostExecutable(Artifact a, ObjectLoader &loader, std::shared_ptr<Workers> workers)
    : Executable(std::move(a)), workers_(std::move(workers)), object_(loader.load(artifact_)) {}

void HostExecutable::launch(Stream &stream, Grid grid, const void *args) {
  require_host_stream(stream);
  const int64_t programs = checked_programs(grid, artifact_.entry);
  if (programs == 0) return;
  const double program_ns = program_ns_.load(std::memory_order_relaxed);
  const bool is_small = program_ns > 0 && double(programs) * program_ns < kPoolNs;
  if (programs == 1 || is_small || workers_->size() == 1)
    run_inline(programs, grid, args);
  else
    run_on_pool(programs, grid, args);
}

void HostExecutable::run_programs(const void *args, int64_t begin, int64_t end, Grid g) {
  object_->entry(args, begin, end, g.x, g.y, g.z);
  if (std::string failure = take_failure(); !failure.empty())
    throw DeviceError(
        fmt::format("host: {}, in programs {} to {} of kernel '{}'", failure, begin, end - 1, artifact_.entry));
}

void HostExecutable::run_inline(int64_t programs, Grid g, const void *args) {
  const auto start = std::chrono::steady_clock::now();
  run_programs(args, 0, programs, g);
  program_ns_.store(ns_since(start) / double(programs), std::memory_order_relaxed);
}

void HostExecutable::run_on_pool(int64_t programs, Grid g, const void *args) {
  workers_->run(programs, [&](int64_t begin, int64_t end) {
    const auto start = std::chrono::steady_clock::now();
    run_programs(args, begin, end, g);
    if (begin == 0) program_ns_.store(ns_since(start) / double(end), std::memory_order_relaxed);
  });
}

} // namespace tile::runtime
