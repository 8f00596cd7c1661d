// The roof: how long a plain copy of a problem's footprint takes on the same machine in the same run. Half of the bytes
// are read and half are written.
#pragma once

#include "bench/Measure.h"
#include "bench/Provider.h"

#include <memory>
#include <string>
#include <vector>

namespace fla::bench {

/// A copy of a fixed number of bytes between two buffers of its own, by the fastest of several ways.
class Roof {
public:
  /// Compiles the ways once for the device.
  Roof(tile::runtime::Device &, tile::runtime::Stream &);
  ~Roof();

  /// Checks every way of copying on this size, then keeps the one that is fastest here. The provider lives until
  /// `release`. InternalError when a way copies wrongly.
  Provider &of(int64_t bytes, Timer &);
  void release(); ///< the buffers

  struct Way;

private:
  struct Copy;
  tile::runtime::Device &device_;
  tile::runtime::Stream &stream_;
  std::vector<std::unique_ptr<Way>> ways_;
  std::unique_ptr<Copy> copy_; ///< the buffers of the current size
  std::vector<std::unique_ptr<Provider>> providers_;
};

} // namespace fla::bench
