// The pool: every index once, in contiguous ranges, under stress, with exceptions, nesting and several callers.
#include "runtime/Parallel.h"
#include "Expect.h"
#include "runtime/host/Workers.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <sched.h>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tile::runtime::test {
namespace {

/// How often each of 0..n-1 was visited.
std::vector<int> visits(Workers &workers, int64_t n) {
  std::vector<std::atomic<int>> counts(static_cast<size_t>(n));
  workers.run(n, [&](int64_t begin, int64_t end) {
    EXPECT_LT(begin, end);
    for (int64_t i = begin; i < end; ++i) counts[size_t(i)].fetch_add(1, std::memory_order_relaxed);
  });
  return {counts.begin(), counts.end()};
}

TEST(Workers, VisitsEveryIndexOnce) {
  for (int threads : {1, 2, 3, 8})
    for (int64_t n : {0, 1, 2, 3, 7, 31, 32, 33, 1000, 65537}) {
      Workers workers(threads);
      EXPECT_EQ(visits(workers, n), std::vector<int>(size_t(n), 1)) << threads << " threads, " << n;
    }
}

TEST(Workers, RangesOfHugeCountsDoNotOverflow) {
  Workers workers(3);
  const int64_t n = std::numeric_limits<int64_t>::max();
  std::mutex mutex;
  std::set<std::pair<int64_t, int64_t>> ranges;
  workers.run(n, [&](int64_t begin, int64_t end) {
    std::lock_guard lock(mutex);
    ranges.emplace(begin, end);
  });
  int64_t at = 0;
  for (auto [begin, end] : ranges) {
    EXPECT_EQ(begin, at);
    at = end;
  }
  EXPECT_EQ(at, n);
}

TEST(Workers, NegativeCountDoesNothing) {
  Workers workers(2);
  workers.run(-5, [](int64_t, int64_t) { ADD_FAILURE(); });
}

TEST(Workers, UsesItsThreads) {
  Workers workers(4);
  EXPECT_EQ(workers.size(), 4);
  // Two threads meet inside one job: it cannot end if a single thread runs all of it.
  std::atomic<int> inside = 0;
  std::atomic<bool> met = false;
  workers.run(4, [&](int64_t, int64_t) {
    ++inside;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!met && std::chrono::steady_clock::now() < limit)
      if (inside >= 2)
        met = true;
      else
        std::this_thread::yield();
  });
  EXPECT_TRUE(met);
}

TEST(Workers, ManySmallJobsInARow) {
  Workers workers(4);
  int64_t expected = 0;
  std::atomic<int64_t> sum = 0;
  for (int64_t job = 0; job < 20'000; ++job) {
    const int64_t n = job % 37;
    workers.run(n, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) sum.fetch_add(i + job, std::memory_order_relaxed);
    });
    expected += n * (n - 1) / 2 + n * job;
    ASSERT_EQ(sum.load(), expected) << "job " << job; // complete when run() returns
  }
}

TEST(Workers, JobsAfterThePoolFellAsleep) {
  Workers workers(4);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(visits(workers, 100), std::vector<int>(100, 1));
  }
}

TEST(Workers, CallersOnSeveralThreadsTakeTurns) {
  Workers workers(3);
  std::atomic<int64_t> sum = 0;
  std::vector<std::thread> callers;
  for (int c = 0; c < 6; ++c)
    callers.emplace_back([&] {
      for (int job = 0; job < 500; ++job) workers.run(11, [&](int64_t begin, int64_t end) { sum += end - begin; });
    });
  for (std::thread &t : callers) t.join();
  EXPECT_EQ(sum.load(), 6 * 500 * 11);
}

TEST(Workers, RethrowsAndGoesOn) {
  Workers workers(4);
  for (int i = 0; i < 200; ++i) {
    try {
      workers.run(64, [](int64_t begin, int64_t end) {
        if (begin <= 40 && 40 < end) throw std::runtime_error("forty");
      });
      ADD_FAILURE() << "no exception";
    } catch (const std::runtime_error &e) {
      EXPECT_STREQ(e.what(), "forty");
    }
    EXPECT_EQ(visits(workers, 64), std::vector<int>(64, 1));
  }
}

TEST(Workers, NestedLoopsRunInline) {
  Workers workers(4);
  std::atomic<int64_t> sum = 0;
  workers.run(16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      workers.run(10, [&](int64_t b, int64_t e) {
        EXPECT_EQ(b, 0);
        EXPECT_EQ(e, 10);
        sum += e - b;
      });
  });
  EXPECT_EQ(sum.load(), 160);
}

TEST(Workers, CountsTheCpusOfTheAffinityMask) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  EXPECT_EQ(usable_cpus(), CPU_COUNT(&before));
  EXPECT_EQ(Workers::shared()->size(), usable_cpus());
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &before)) {
      CPU_SET(cpu, &one);
      break;
    }
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(usable_cpus(), 1);
  EXPECT_EQ(Workers().size(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
}

TEST(ParallelFor, CoversTheRange) {
  std::vector<int> counts(12345);
  parallel_for(int64_t(counts.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++counts[size_t(i)];
  });
  EXPECT_EQ(counts, std::vector<int>(counts.size(), 1));
}

TEST(ParallelFor, RethrowsUserErrors) {
  expect_error<UserError>([] { parallel_for(10, [](int64_t, int64_t) { throw UserError("no"); }); }, {"no"});
}

} // namespace
} // namespace tile::runtime::test
