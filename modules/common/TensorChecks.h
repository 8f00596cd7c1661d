// What the ops of the C++ API ask of the tensors they are given: a wrong one is a UserError that names the op, the
// tensor, what was given and what is accepted.
#pragma once

#include "modules/common/Stream.h"

#include <initializer_list>
#include <string_view>

namespace fla {

/// The tensors of one call of the op `op`.
class TensorChecks {
public:
  TensorChecks(Stream &stream, std::string_view op) : stream_(stream), op_(op) {}

  /// There, of sane extents (and strides, as many), of one of `dtypes`, of `rank` dimensions or more.
  void input(std::string_view name, const Tensor &t, std::initializer_list<DType> dtypes, int least_rank = 0) const;
  void shape(std::string_view name, const Tensor &t, const std::vector<int64_t> &shape) const;
  void contiguous(std::string_view name, const Tensor &t) const;

  /// The distance of the rows of a tensor seen as [rows, last extent]: UserError unless all dimensions before the last
  /// collapse into one and the last is contiguous.
  int64_t row_stride(std::string_view name, const Tensor &t) const;

  /// The tensor to write to: `given`, checked, or a new one where there is none.
  Tensor output(std::string_view name, const Tensor &given, DType dtype, const std::vector<int64_t> &shape) const;

  /// Bytes, a power of two up to 64, that divide the addresses of all of them.
  static int alignment(std::initializer_list<const Tensor *> tensors);
  /// The product of all extents but the last.
  static int64_t rows(const Tensor &t);

private:
  [[noreturn]] void fail(std::string_view name, const Tensor &t, std::string_view accepted) const;
  Stream &stream_;
  std::string_view op_;
};

} // namespace fla
