// Times of providers with cold caches. Between two measured runs the last-level cache is flushed; on a GPU everything
// of one run is queued before the first of it may start, so that the host's launch time cannot show. Providers take
// turns round by round: whatever drifts (clocks, neighbours on the machine) drifts for all of them alike.
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
  double cold_ms(Provider &);
  void flush();

  tile::runtime::Device &device_;
  tile::runtime::Stream &stream_;
  tile::runtime::Buffer flushed_;
  std::unique_ptr<tile::runtime::Event> start_, stop_;
};

} // namespace fla::bench
