// What the unfused references of a GPU share: CUDA C++ that their kernels are written in, and how a kernel becomes a
// step with a grid of the right size.
#pragma once

#include "modules/common/Problem.h"

#include <cstdint>
#include <string>
#include <vector>

namespace fla::cuda {

/// Source that every reference begins with: the type T of the dtype's elements, i64, `load` and `store` of V elements
/// as floats, `each`, and `elements`, the loop over all elements of rows by columns. Compiled with `options(dtype)`.
extern const char *const kElements;
/// Source of the kernels of `Steps::columns`; goes behind kElements.
extern const char *const kColumnSums;

/// "__nv_bfloat16"
const char *cpp_type(DType);
std::vector<std::string> options(DType);

/// Collects the steps of a reference over rows by columns; those over no elements are left out.
class Steps {
public:
  static constexpr int64_t kThreads = 256;

  Steps(CudaReference &to, DType dtype, int64_t rows, int64_t cols)
      : rows_(rows), cols_(cols), to_(to), vector_(16 / tile::size_of(dtype)) {}

  /// A kernel over all elements, which takes `tensors`, rows, cols and then `more`.
  void elements(const char *kernel, std::vector<std::string> tensors, std::vector<ArgValue> more = {});
  /// out[col] = the sum over the rows of `in`, a tensor of dtype `of`: either f32 or the reference's own. In two
  /// stages.
  void columns(DType of, const std::string &in, const std::string &out);

protected:
  /// Kernels loop where a grid ends: it need not cover everything.
  static uint32_t grid(int64_t blocks);
  void add(const char *kernel, tile::runtime::Grid grid, std::vector<std::string> tensors,
           std::vector<ArgValue> values);

  int64_t rows_, cols_;

private:
  CudaReference &to_;
  int64_t vector_;
};

} // namespace fla::cuda
