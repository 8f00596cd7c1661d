// Tensors as they lie in memory, on this computer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace fla {

/// Bytes without a value until they are written: what is large is touched first by the threads that fill it.
class Bytes {
public:
  Bytes() = default;
  explicit Bytes(size_t size);
  std::byte *data() const { return data_.get(); }
  size_t size() const { return size_; }

private:
  struct Free {
    void operator()(std::byte *) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

/// By name.
using Memory = std::map<std::string, Bytes, std::less<>>;

/// The first byte in which two ranges differ; `size` where none does. On all cores.
size_t first_difference(const std::byte *a, const std::byte *b, size_t size);

} // namespace fla
