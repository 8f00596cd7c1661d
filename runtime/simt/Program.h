// Runs programs of a launch one after another: the warps of a program in turns from barrier to barrier, each as a
// fiber, in an order that the seed shuffles. Every access is checked before it is made.
#pragma once

#include "compiler/targets/simt/Abi.h"
#include "runtime/Device.h"
#include "runtime/simt/Fiber.h"
#include "runtime/simt/Memory.h"
#include "runtime/simt/Scratch.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace tile::runtime::simt {

/// What all programs of a launch share.
struct Launch {
  const Artifact &artifact;
  tile::simt::Entry entry;
  const void *args;
  Grid grid;
  std::shared_ptr<const MemoryMap> memory;
  uint64_t seed;
};

/// Of one thread; keeps stacks and scratch from program to program.
class ProgramRunner {
public:
  /// DeviceError where the program does what a GPU would not forgive.
  void run(const Launch &, int64_t program);

private:
  struct Warp : tile::simt::Context {
    Fiber fiber;
    ProgramRunner *runner = nullptr;
    bool waits = false; ///< at the barrier `site`
    uint32_t site = 0;
  };

  static void enter(void *warp);
  static void access(tile::simt::Context *, uint32_t site, uint32_t mask);
  static void barrier(tile::simt::Context *, uint32_t site);

  void prepare(int64_t program);
  void shuffle(uint64_t seed);
  bool run_to_barrier();
  [[noreturn]] void fail(const std::string &what) const;

  // Of an access. False: the program must not go on, and report_ says why.
  bool check_and_run(Warp &, uint32_t site, uint32_t mask);
  bool run_global(const Warp &, const Access &);
  bool run_scratch(const Access &);
  const Range *range_of(const Warp &, uint32_t site);
  bool report(std::string what);
  std::string scratch_fault(const ScratchFault &) const;
  std::string where(uint32_t site) const;
  std::string tensor_name(const void *) const;

  const Launch *launch_ = nullptr;
  std::array<std::unique_ptr<Warp>, 32> warps_;
  std::array<int, 32> order_;
  std::vector<Range> ranges_; ///< of each site, the one its tensor was found in last
  Scratch scratch_;
  std::string report_;
};

} // namespace tile::runtime::simt
