// Kernels from text or from the language on a virtual GPU, and what it says of them.
#pragma once

#include "compiler/dsl/Kernel.h"
#include "runtime/Backends.h"
#include "tests/codegen/Lower.h"

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tile::test {

using runtime::Buffer;
using runtime::Grid;

class VirtualGpu {
public:
  explicit VirtualGpu(uint64_t seed = 1, int threads = 0);
  runtime::Device &device() { return *device_; }

  template <class T> Buffer buffer(const std::vector<T> &values) {
    Buffer b = device_->allocate(values.size() * sizeof(T));
    device_->upload(b.data(), values.data(), b.bytes());
    return b;
  }
  template <class T> std::vector<T> values(const Buffer &b) {
    std::vector<T> v(b.bytes() / sizeof(T));
    device_->download(v.data(), b.data(), b.bytes());
    return v;
  }

  using Pointers = std::map<std::string, const void *>;
  using Indices = std::map<std::string, int64_t>;
  void run(const Artifact &, const Pointers &, Grid = {}, const Indices & = {});
  /// The words of the DeviceError that the launch ends in; empty if it does not.
  std::string fault(const Artifact &, const Pointers &, Grid = {}, const Indices & = {});

private:
  std::unique_ptr<runtime::Device> device_;
  std::unique_ptr<runtime::Stream> stream_;
};

/// A kernel of lane IR: `warps` warps, `scratch` bytes, arguments x and y (pointers to f32), %id and %w given, and
/// `body`.
Artifact lane_kernel(int warps, int scratch, const std::string &body, const std::string &type = "f32");

/// A kernel of the language, with all passes but those that insert and verify barriers.
Artifact without_barriers(const Kernel &);

} // namespace tile::test
