// Times of providers with cold caches. Between two measured runs the last-level cache is flushed. On a GPU a provider's
// launches are recorded as one graph, and the runs of some rounds are queued before the first of them may start:
// neither the host's time nor a GPU that has run dry can show. Providers take turns round by round: whatever drifts
// (clocks, neighbours on the machine) drifts for all of them alike.
#pragma once

#include "bench/Provider.h"
#include "bench/Statistics.h"

#include <memory>
#include <span>
#include <vector>

namespace fla::bench {

/// When enough has been measured.
struct StopRule {
  int exact = 0; ///< not 0: this many rounds and no other rule
  int least = 7, most = 400;
  double noise = 0.005;   ///< of every provider's median
  double budget_ms = 400; ///< of wall-clock time, after `least` rounds
};

class Timer {
public:
  Timer(tile::runtime::Device &, tile::runtime::Stream &);
  /// One summary for each of `providers`.
  std::vector<Summary> measure(std::span<Provider *const> providers, const StopRule &);
  /// Microseconds the host spends on one launch of `provider`: the median over many, while the device need not keep up.
  double host_us_per_launch(Provider &provider);

private:
  struct Runner;
  struct Run;
  Runner runner(Provider &);
  void enqueue_cold(Run &);
  /// Runs that follow each other at once, of which the first `uncounted` leave no sample.
  void queue(std::span<Runner *const> order, size_t uncounted);
  void alone(Runner &);
  void together(std::vector<Runner *> order);
  void flush();

  tile::runtime::Device &device_;
  tile::runtime::Stream &stream_;
  tile::runtime::Buffer flushed_;
};

} // namespace fla::bench
