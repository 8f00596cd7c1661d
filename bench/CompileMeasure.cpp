#include "bench/CompileMeasure.h"

#include "bench/Statistics.h"
#include "compiler/support/Error.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <limits>
#include <sys/wait.h>
#include <thread>
#include <type_traits>
#include <unistd.h>

namespace fla::bench {
namespace {

double wall_now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) * 1e3 + double(t.tv_nsec) * 1e-6;
}

double median_of(const std::vector<CompileTime> &all, auto of) {
  std::vector<double> values;
  for (const CompileTime &t : all) values.push_back(of(t));
  return summarize(std::move(values)).median;
}

} // namespace

CompileTime time_compilation(const tile::Kernel &kernel, const tile::Target &target) {
  const double wall = wall_now(), cpu = cpu_now();
  const tile::Artifact made = tile::compile(kernel, target);
  return {wall_now() - wall, cpu_now() - cpu, made.times, made.code.size()};
}

CompileTime time_warm(const tile::Kernel &kernel, const tile::Target &target, int reps) {
  const size_t code_bytes = time_compilation(kernel, target).code_bytes;
  std::vector<CompileTime> all;
  for (int rep = 0; rep < reps; ++rep) all.push_back(time_compilation(kernel, target));
  CompileTime t;
  t.wall_ms = median_of(all, [](const CompileTime &c) { return c.wall_ms; });
  t.cpu_ms = median_of(all, [](const CompileTime &c) { return c.cpu_ms; });
  t.parts = {median_of(all, [](const CompileTime &c) { return c.parts.passes; }),
             median_of(all, [](const CompileTime &c) { return c.parts.translate; }),
             median_of(all, [](const CompileTime &c) { return c.parts.optimize; }),
             median_of(all, [](const CompileTime &c) { return c.parts.codegen; })};
  t.code_bytes = code_bytes;
  return t;
}

CompileTime time_cold(const tile::Kernel &kernel, const tile::Target &target) {
  static_assert(std::is_trivially_copyable_v<CompileTime>);
  int ends[2];
  if (pipe(ends) != 0) throw tile::InternalError("no pipe for a cold compilation");
  const pid_t child = fork();
  if (child == 0) { // it leaves without the destructors and buffers of the process that it copies
    try {
      const CompileTime t = time_compilation(kernel, target);
      _exit(write(ends[1], &t, sizeof t) == ssize_t(sizeof t) ? 0 : 1);
    } catch (...) {
      _exit(1);
    }
  }
  close(ends[1]);
  CompileTime t;
  const bool arrived = child > 0 && read(ends[0], &t, sizeof t) == ssize_t(sizeof t);
  close(ends[0]);
  int status = 0;
  const bool ended = child > 0 && waitpid(child, &status, 0) == child && status == 0;
  if (!arrived || !ended) throw tile::InternalError("a cold compilation of kernel '" + kernel.name() + "' failed");
  return t;
}

double time_all(const std::vector<tile::Kernel> &kernels, const tile::Target &target, int threads) {
  constexpr int kRounds = 3;
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<size_t> next = 0;
    auto work = [&] {
      for (size_t i; (i = next++) < kernels.size();) tile::compile(kernels[i], target);
    };
    const double start = wall_now();
    {
      std::vector<std::jthread> others;
      for (int i = 1; i < threads; ++i) others.emplace_back(work);
      work();
    }
    best = std::min(best, wall_now() - start);
  }
  return best;
}

} // namespace fla::bench
