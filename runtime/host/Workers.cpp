// The pool's protocol. Threads spin for a moment before they sleep: kernels follow one another within microseconds, a
// wake-up through the kernel takes tens of them.
#include "runtime/host/Workers.h"

#include <algorithm>
#include <chrono>
#include <sched.h>
#include <system_error>
#include <utility>

namespace tile::runtime {
namespace {

constexpr uint32_t kChunksPerThread = 4;
constexpr std::chrono::microseconds kSpin{30};

thread_local bool inside_body = false;

struct InsideBody {
  InsideBody() { inside_body = true; }
  ~InsideBody() { inside_body = false; }
};

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until `done()` or until the moment is over; true if done.
template <class Done> bool spin_until(Done done) {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 32; ++i) {
      if (done()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return done();
}

} // namespace

int usable_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0 && CPU_COUNT(&mask) > 0) return CPU_COUNT(&mask);
  return std::max(1, int(std::thread::hardware_concurrency()));
}

Workers::Workers(int threads) : ranges_(size_t(std::max(1, threads > 0 ? threads : usable_cpus()))) {
  try {
    for (size_t self = 1; self < ranges_.size(); ++self) threads_.emplace_back([this, self] { loop(self); });
  } catch (const std::system_error &) {
    // The system gives no more threads: those there are take the missing ones' chunks.
  }
}

Workers::~Workers() {
  stop_.store(true, std::memory_order_relaxed);
  number_.fetch_add(1, std::memory_order_release);
  number_.notify_all();
  for (std::thread &t : threads_) t.join();
}

const std::shared_ptr<Workers> &Workers::shared() {
  static const std::shared_ptr<Workers> pool = std::make_shared<Workers>();
  return pool;
}

void Workers::run_erased(int64_t n, Call call, const void *body) {
  if (n <= 0) return;
  if (n == 1 || threads_.empty() || inside_body) return call(body, 0, n);
  std::lock_guard lock(one_job_);
  const uint32_t number = number_.load(std::memory_order_relaxed) + 1;
  job_ = {call, body, n, uint32_t(std::min<int64_t>(n, int64_t(ranges_.size()) * kChunksPerThread))};
  failed_.store(false, std::memory_order_relaxed);
  start(number);
  work(0, number);
  await_chunks();
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Workers::start(uint32_t number) {
  unfinished_.store(job_.chunks, std::memory_order_relaxed);
  for (size_t r = 0; r < ranges_.size(); ++r)
    ranges_[r].claims.store(uint64_t(number) << 32 | (first_chunk(r + 1) - first_chunk(r)), std::memory_order_release);
  number_.store(number, std::memory_order_release);
  number_.notify_all();
}

void Workers::work(size_t self, uint32_t number) {
  InsideBody guard;
  uint32_t done = 0, chunk = 0;
  for (size_t i = 0; i < ranges_.size(); ++i) {
    const size_t range = (self + i) % ranges_.size();
    for (; claim(range, number, chunk); ++done) run_chunk(chunk);
  }
  if (done != 0) finish(done);
}

/// Only a successful claim makes job_ safe to read: the job cannot end before the claimed chunk is finished.
bool Workers::claim(size_t range, uint32_t number, uint32_t &chunk) {
  std::atomic<uint64_t> &claims = ranges_[range].claims;
  uint64_t seen = claims.load(std::memory_order_acquire);
  do {
    if (uint32_t(seen >> 32) != number || uint32_t(seen) == 0) return false;
  } while (!claims.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel, std::memory_order_acquire));
  chunk = first_chunk(range + 1) - uint32_t(seen);
  return true;
}

void Workers::run_chunk(uint32_t chunk) {
  if (failed_.load(std::memory_order_relaxed)) return;
  const int64_t share = job_.n / job_.chunks, longer = job_.n % job_.chunks;
  const int64_t begin = chunk * share + std::min<int64_t>(chunk, longer);
  const int64_t end = begin + share + (chunk < longer ? 1 : 0);
  try {
    job_.call(job_.body, begin, end);
  } catch (...) {
    if (!failed_.exchange(true)) error_ = std::current_exception();
  }
}

void Workers::finish(uint32_t chunks) {
  if (unfinished_.fetch_sub(chunks, std::memory_order_acq_rel) == chunks) unfinished_.notify_one();
}

void Workers::await_chunks() {
  if (spin_until([&] { return unfinished_.load(std::memory_order_acquire) == 0; })) return;
  while (uint32_t left = unfinished_.load(std::memory_order_acquire)) unfinished_.wait(left, std::memory_order_acquire);
}

void Workers::loop(size_t self) {
  uint32_t seen = 0;
  while (true) {
    auto fresh = [&] { return number_.load(std::memory_order_acquire) != seen; };
    if (!spin_until(fresh)) number_.wait(seen, std::memory_order_acquire);
    seen = number_.load(std::memory_order_acquire);
    if (stop_.load(std::memory_order_relaxed)) return;
    work(self, seen);
  }
}

} // namespace tile::runtime
