// The flush differs by machine. A GPU's L2 is overwritten, as others who publish such times do. A CPU's caches are
// filled by reading: large fills of memory bypass the caches, and dirty lines would be written back at the next run's
// cost.
#include "bench/Measure.h"

#include "runtime/Parallel.h"

#include <algorithm>
#include <chrono>

namespace fla::bench {
namespace {

using Clock = std::chrono::steady_clock;
using tile::runtime::Device;
using tile::runtime::Stream;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

bool is_host(const Device &device) {
  return device.target().is_on_cpu();
}

/// Runs that are queued at once: few enough that the stream takes them all while it is held back.
constexpr int kMostQueued = 32;

size_t flush_bytes(const Device &device) {
  const auto twice = size_t(2 * std::max<int64_t>(device.info().cache_bytes, 0));
  return is_host(device) ? std::clamp(twice, size_t(16) << 20, size_t(2) << 30) : std::max(twice, size_t(256) << 20);
}

/// Brings `bytes` at `data` into the caches, on all cores.
void read_all(const void *data, size_t bytes) {
  constexpr size_t kLine = 64;
  tile::runtime::parallel_for(int64_t(bytes / kLine), [&](int64_t begin, int64_t end) {
    const auto *at = static_cast<const unsigned char *>(data);
    unsigned sum = 0;
    for (int64_t line = begin; line < end; ++line) sum += at[size_t(line) * kLine];
    [[maybe_unused]] volatile unsigned sink = sum;
  });
}

} // namespace

Timer::Timer(Device &device, Stream &stream)
    : device_(device), stream_(stream), flushed_(device.allocate(flush_bytes(device))) {
  device.fill(stream, flushed_.data(), 0x5A, flushed_.bytes());
  stream.synchronize();
}

void Timer::flush() {
  if (is_host(device_))
    read_all(flushed_.data(), flushed_.bytes());
  else
    device_.fill(stream_, flushed_.data(), 0x5A, flushed_.bytes());
}

/// A provider, ready to run again and again.
struct Timer::Runner {
  Provider *provider;
  std::unique_ptr<tile::runtime::Recording> recording;
  std::vector<double> samples = {};

  bool works_in_place() const {
    Workspace *workspace = provider->workspace();
    return workspace && workspace->works_in_place();
  }
};

/// One run, between two events of a stream.
struct Timer::Run {
  Runner *runner;
  std::unique_ptr<tile::runtime::Event> start, stop;
};

Timer::Runner Timer::runner(Provider &provider) {
  if (Workspace *workspace = provider.workspace()) workspace->restore();
  provider.enqueue(stream_); // warm: first touches, lazy loading
  stream_.synchronize();
  return {&provider, device_.record(stream_, [&provider](Stream &stream) { provider.enqueue(stream); })};
}

void Timer::enqueue_cold(Run &run) {
  flush();
  run.start->record(stream_);
  run.runner->recording->enqueue(stream_);
  run.stop->record(stream_);
}

void Timer::queue(std::span<Runner *const> order, size_t uncounted) {
  std::vector<Run> runs;
  for (Runner *runner : order) runs.push_back({runner, device_.event(), device_.event()});
  std::shared_ptr<void> held = device_.hold(stream_);
  for (Run &run : runs) enqueue_cold(run);
  held.reset();
  stream_.synchronize();
  for (const Run &run : std::span(runs).subspan(uncounted))
    run.runner->samples.push_back(run.stop->elapsed_ms(*run.start));
}

/// Work in place finds what its last run left, so it is restored before each, which cannot be queued.
void Timer::alone(Runner &runner) {
  if (Workspace *workspace = runner.provider->workspace()) workspace->restore();
  Runner *const order[] = {&runner};
  queue(order, 0);
}

/// A GPU that has nothing queued for it takes 0.7 us longer for what comes first, an H100 at least: a run that does not
/// count goes ahead of the others.
void Timer::together(std::vector<Runner *> order) {
  const bool has_one_ahead = !is_host(device_);
  if (has_one_ahead) order.insert(order.begin(), order.front());
  queue(order, has_one_ahead ? 1 : 0);
}

std::vector<Summary> Timer::measure(std::span<Provider *const> providers, const StopRule &rule) {
  std::vector<Runner> runners;
  for (Provider *p : providers) runners.push_back(runner(*p));
  const bool in_place = std::ranges::any_of(runners, &Runner::works_in_place);
  const int queued = in_place || is_host(device_) ? 1 : std::max(1, kMostQueued / int(runners.size()));

  std::vector<Summary> summaries(providers.size());
  const Clock::time_point start = Clock::now();
  for (int done = 0;;) {
    const int least = rule.exact > 0 ? rule.exact : done < rule.least ? rule.least : rule.most;
    std::vector<Runner *> order;
    for (int last = std::min(done + queued, least); done < last; ++done)
      // Each round starts with another provider, so that none is always the one after a certain other.
      for (size_t i = 0; i < runners.size(); ++i) order.push_back(&runners[(i + size_t(done)) % runners.size()]);
    if (in_place)
      for (Runner *r : order) alone(*r);
    else
      together(std::move(order));
    if (rule.exact > 0 ? done < rule.exact : done < rule.least) continue;
    for (size_t p = 0; p < runners.size(); ++p) summaries[p] = summarize(runners[p].samples);
    auto is_stable = [&](const Summary &s) { return s.noise() < rule.noise; };
    if (rule.exact > 0 || done >= rule.most || ms_since(start) >= rule.budget_ms ||
        std::all_of(summaries.begin(), summaries.end(), is_stable))
      return summaries;
  }
}

double Timer::host_us_per_launch(Provider &provider) {
  // Few enough at a time that the device's queue has room and no launch waits for another to finish.
  constexpr int kBatches = 50, kQueued = 64;
  const int launches = std::max(provider.launches(), 1), repeats = std::max(kQueued / launches, 1);
  std::vector<double> us;
  for (int batch = 0; batch < kBatches; ++batch) {
    stream_.synchronize();
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < repeats; ++i) provider.enqueue(stream_);
    us.push_back(ms_since(start) * 1e3 / (repeats * launches));
  }
  stream_.synchronize();
  return summarize(us).median;
}

} // namespace fla::bench
