// How long a part of a compilation takes: the processor's time of the thread, which others on the machine do not
// change.
#pragma once

#include <ctime>

namespace tile {

/// Adds the milliseconds until its end to `ms`.
class StageTimer {
public:
  explicit StageTimer(double &ms) : ms_(ms), start_(now()) {}
  ~StageTimer() { ms_ += now() - start_; }
  StageTimer(const StageTimer &) = delete;

private:
  static double now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) * 1e3 + double(t.tv_nsec) * 1e-6;
  }
  double &ms_;
  double start_;
};

} // namespace tile
