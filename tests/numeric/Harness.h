// Runs problems on a machine and holds every implementation of them against the oracle: all fused candidates and the
// unfused reference, with poisoned outputs, guarded memory, unchanged inputs, and twice for the same bits.
#pragma once

#include "bench/Fused.h"
#include "bench/Validate.h"
#include "modules/common/Problem.h"

#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fla::test {

enum class Which { First, All };

/// A device and the kernels compiled for it so far: problems that differ in run-time arguments only share them.
class Machine {
public:
  /// "host", "simt" or "cuda"; nullptr where this computer has no such device, and `why_not` says why.
  static Machine *named(const std::string &name, std::string *why_not);

  explicit Machine(std::unique_ptr<tile::runtime::Device>);
  tile::runtime::Device &device() { return *device_; }
  tile::runtime::Stream &stream() { return *stream_; }
  bench::TimedLoader loader();
  /// Why the unfused reference cannot run here; empty when it can.
  const std::string &no_reference() const { return no_reference_; }

private:
  std::unique_ptr<tile::runtime::Device> device_;
  std::unique_ptr<tile::runtime::Stream> stream_;
  std::string no_reference_;
  bench::TimedLoader loader_;
};

/// Adds a GoogleTest failure, with `what` in it, for everything that is not right.
void expect_right(Machine &, const Problem &, const std::string &what, Which candidates = Which::All);

/// The same of the first fused candidate alone: for inputs that the unfused reference is not made for.
void expect_fused_right(Machine &, const Problem &, const std::string &what);

/// The same of one implementation of a problem whose session is at hand.
void expect_right(bench::Session &, const Problem &, bench::Provider &, const std::string &what);

} // namespace fla::test

/// Skips a test, aloud, on a computer without the device; otherwise defines `machine`.
#define MACHINE_OR_SKIP(name)                                                                                          \
  std::string why_not;                                                                                                 \
  fla::test::Machine *const found = fla::test::Machine::named(name, &why_not);                                         \
  if (!found) GTEST_SKIP() << why_not;                                                                                 \
  [[maybe_unused]] fla::test::Machine &machine = *found
