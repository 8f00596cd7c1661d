// A fixed pool of threads that runs one index range at a time, cut into contiguous ranges, one a thread, each of a few
// chunks; a thread that has finished its own range takes chunks of the others'. The caller works too.
//
// A job is over when all its chunks are done, not when all threads have looked at it: every claim carries the job's
// number, so a thread that wakes late finds nothing to claim and touches nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace tile::runtime {

/// CPUs this process may run on (its affinity mask), at least 1.
int usable_cpus();

class Workers {
public:
  /// `threads` counts the caller; 0: usable_cpus().
  explicit Workers(int threads = 0);
  ~Workers();
  Workers(const Workers &) = delete;
  Workers &operator=(const Workers &) = delete;

  int size() const { return int(ranges_.size()); }

  /// Calls `body(begin, end)` for ranges that cover 0..n-1 and returns when all are done. Callers on several threads
  /// take turns; from inside a body it runs inline. Rethrows the first exception of a body.
  template <class Body> void run(int64_t n, Body &&body) {
    using Plain = std::remove_reference_t<Body>;
    run_erased(
        n,
        [](const void *b, int64_t begin, int64_t end) { (*static_cast<Plain *>(const_cast<void *>(b)))(begin, end); },
        &body);
  }

  /// The process's pool, of usable_cpus() threads; started on first use.
  static const std::shared_ptr<Workers> &shared();

private:
  using Call = void (*)(const void *body, int64_t begin, int64_t end);
  struct alignas(64) Range {
    std::atomic<uint64_t> claims = 0; ///< job number << 32 | chunks not yet claimed
  };
  struct Job {
    Call call = nullptr;
    const void *body = nullptr;
    int64_t n = 0;
    uint32_t chunks = 0;
  };

  void run_erased(int64_t n, Call, const void *body);
  void start(uint32_t number);
  void work(size_t self, uint32_t number);
  bool claim(size_t range, uint32_t number, uint32_t &chunk);
  void run_chunk(uint32_t chunk);
  void finish(uint32_t chunks);
  void await_chunks();
  void loop(size_t self);

  uint32_t first_chunk(size_t range) const { return uint32_t(uint64_t(job_.chunks) * range / ranges_.size()); }

  std::mutex one_job_; ///< held by the thread whose job runs
  Job job_;            ///< stable while a chunk of the job is unfinished
  std::atomic<bool> failed_ = false;
  std::exception_ptr error_;
  alignas(64) std::atomic<uint32_t> number_ = 0;     ///< of the latest job
  alignas(64) std::atomic<uint32_t> unfinished_ = 0; ///< chunks
  std::atomic<bool> stop_ = false;
  std::vector<Range> ranges_;
  std::vector<std::thread> threads_;
};

} // namespace tile::runtime
