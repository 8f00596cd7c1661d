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
    : device_(device), stream_(stream), flushed_(device.allocate(flush_bytes(device))), start_(device.event()),
      stop_(device.event()) {
  device.fill(stream, flushed_.data(), 0x5A, flushed_.bytes());
  stream.synchronize();
}

void Timer::flush() {
  if (is_host(device_))
    read_all(flushed_.data(), flushed_.bytes());
  else
    device_.fill(stream_, flushed_.data(), 0x5A, flushed_.bytes());
}

double Timer::cold_ms(Provider &provider) {
  if (Workspace *workspace = provider.workspace()) workspace->restore(); // its last run may have worked in place
  std::shared_ptr<void> held = device_.hold(stream_);
  flush();
  start_->record(stream_);
  provider.enqueue(stream_);
  stop_->record(stream_);
  held.reset();
  stop_->synchronize();
  return stop_->elapsed_ms(*start_);
}

std::vector<Summary> Timer::measure(std::span<Provider *const> providers, const StopRule &rule) {
  std::vector<std::vector<double>> samples(providers.size());
  std::vector<Summary> summaries(providers.size());
  for (Provider *p : providers) cold_ms(*p); // warm: first touches, lazy loading
  const Clock::time_point start = Clock::now();
  for (int round = 0;; ++round) {
    // Each round starts with another provider, so that none is always the one after a certain other.
    for (size_t i = 0; i < providers.size(); ++i) {
      const size_t p = (i + size_t(round)) % providers.size();
      samples[p].push_back(cold_ms(*providers[p]));
    }
    const int done = round + 1;
    if (rule.exact > 0 ? done < rule.exact : done < rule.least) continue;
    for (size_t p = 0; p < providers.size(); ++p) summaries[p] = summarize(samples[p]);
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
