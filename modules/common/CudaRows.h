// Steps of unfused row ops on a GPU, a line or two of CUDA C++ each: element by element over operands of different
// shapes, and reductions of rows. Every kernel takes its tensors, the output last, then rows and cols:
//
//   extern "C" __global__ void row_sum_square(const T *x, float *out, i64 rows, i64 cols) {
//     row_sum(out, rows, cols, [](float x) { return x * x; }, all(x));
//   }
//   extern "C" __global__ void scale(const T *x, const float *s, T *out, i64 rows, i64 cols) {
//     map(out, rows, cols, [](float x, float s) { return x * s; }, all(x), per_row(s));
//   }
//
// map(out, rows, cols, f, operand...)     out[row][col] = f(operands)
// row_sum, row_mean, row_max(out, ...)    out[row] = that of f(operands) over the row; out is f32
// map_rows(out, rows, f, pointer...)      out[row] = f(numbers of the row), all f32
//
// An operand is all(x), every element; per_row(s), one f32 a row; per_column(w, cols), one row of numbers for all rows;
// or per_column(w, cols, groups), `groups` rows of numbers in turn.
#pragma once

#include "modules/common/CudaSteps.h"
#include "modules/common/Rows.h"

#include <string>
#include <vector>

namespace fla::cuda {

/// The source of all that; goes behind kElements.
extern const char *const kRows;

/// A reference whose source is kElements, kRows and `kernels`, for elements of `dtype`; no steps yet.
CudaReference reference(DType dtype, const char *kernels);

/// Steps over rows by columns. Kernels get `tensors`, the sizes, then `more`.
class RowSteps : public Steps {
public:
  using Steps::Steps;

  /// A kernel that reduces every row.
  void rows(const char *kernel, std::vector<std::string> tensors, std::vector<ArgValue> more = {});
  /// A kernel of map_rows: it takes only the number of rows.
  void map_rows(const char *kernel, std::vector<std::string> tensors, std::vector<ArgValue> more = {});
};

} // namespace fla::cuda
