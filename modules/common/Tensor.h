// A tensor in the memory of a device, as callers of the ops pass it. It may own its memory or just point to it.
#pragma once

#include "compiler/support/DType.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fla {

using tile::DType;

struct Tensor {
  void *data = nullptr; ///< an address of the device; null: no tensor
  DType dtype = tile::f32;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides = {};            ///< elements, per dimension; empty: contiguous, row-major
  std::shared_ptr<const void> memory = nullptr; ///< keeps owned memory alive; null: the caller's memory

  explicit operator bool() const { return data != nullptr; }
  int rank() const { return int(shape.size()); }
  /// 1 for a tensor of rank 0.
  int64_t elements() const;
  /// Whether extents and strides are such that every element has an address: extents from 0 up, a stride for each or
  /// none, and less than 2^62 bytes from the first element to the last. What is not, has no meaningful elements().
  bool is_sound() const;
  size_t bytes() const { return size_t(elements()) * size_t(tile::size_of(dtype)); } ///< of its elements
  /// Whether its elements lie one after the other, row-major; dimensions of extent 1 have any stride.
  bool is_contiguous() const;
  std::string str() const; ///< "bf16[4096, 1024]", with strides where they are not contiguous
};

/// The left and the right half of the last dimension, in the same memory. UserError unless its extent is even.
std::pair<Tensor, Tensor> halves(const Tensor &);

/// Whether the two have memory in common. Columns side by side of rows as far apart, such as halves, have none.
bool overlap(const Tensor &, const Tensor &);

} // namespace fla
