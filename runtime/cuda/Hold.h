// Holds streams back: a one-thread kernel waits until the host raises a number in memory both can see. It gives up
// after two seconds by itself, so a token that is never destroyed delays a stream but cannot hang it.
#pragma once

#include "runtime/cuda/CudaContext.h"

#include <array>
#include <mutex>

namespace tile::runtime {

class Holder : public std::enable_shared_from_this<Holder> {
public:
  explicit Holder(std::shared_ptr<CudaContext>);
  ~Holder();
  Holder(const Holder &) = delete;
  Holder &operator=(const Holder &) = delete;

  /// Thread-safe. UserError when too many tokens are alive. The driver's queue is finite: a held stream takes some
  /// hundred launches before the next one waits for the release (or for the two seconds).
  std::shared_ptr<void> hold(CUstream);

private:
  static constexpr size_t kFlags = 64;

  struct Token;
  size_t take_flag();
  void release(size_t flag, uint32_t ticket) noexcept;

  CudaModule module_;
  CUfunction wait_;
  std::mutex mutex_;
  /// A flag's waiter goes on once the flag has reached its ticket. Flags only grow: one can be used again while the
  /// kernel of its last holder still looks at it.
  volatile uint32_t *flags_ = nullptr;
  CUdeviceptr device_flags_ = 0;
  std::array<uint32_t, kFlags> tickets_ = {}; ///< last one given out
  std::array<bool, kFlags> is_taken_ = {};
};

} // namespace tile::runtime
