// What the ops of the C++ API ask of the tensors they are given: a wrong one is a UserError that names the op, the
// tensor, what was given and what is accepted.
#pragma once

#include "modules/common/Stream.h"

#include <initializer_list>
#include <string_view>
#include <vector>

namespace fla {

struct NamedTensor {
  std::string_view name;
  const Tensor *tensor;
};

/// A tensor seen as rows of its last dimension, `stride` elements apart.
struct RowsOfTensor {
  int64_t rows = 0, cols = 0, stride = 0;
  bool is_dense() const { return stride == cols; }
};

/// The tensors of one call of the op `op`.
class TensorChecks {
public:
  static constexpr std::initializer_list<DType> kFloats = {tile::bf16, tile::f16, tile::f32};

  TensorChecks(Stream &stream, std::string_view op) : stream_(stream), op_(op) {}

  /// There, of sane extents (and strides, as many), of one of `dtypes`, of `rank` dimensions or more.
  void input(std::string_view name, const Tensor &t, std::initializer_list<DType> dtypes, int least_rank = 0) const;
  void shape(std::string_view name, const Tensor &t, const std::vector<int64_t> &shape) const;
  void contiguous(std::string_view name, const Tensor &t) const;

  /// The distance of the rows of a tensor seen as [rows, last extent]: UserError unless all dimensions before the last
  /// collapse into one and the last is contiguous.
  int64_t row_stride(std::string_view name, const Tensor &t) const;

  /// Rows as kernels over rows take them: at most 2^31 - 1 of them, of 1 to 2^24 columns, 2^40 elements in all.
  RowsOfTensor rows_of(std::string_view name, const Tensor &t) const;
  /// An input of this dtype and shape, of which the rows may be apart; how far they are.
  int64_t input_of_rows(std::string_view name, const Tensor &t, DType dtype, const std::vector<int64_t> &shape) const;
  /// The same, contiguous.
  void dense_input(std::string_view name, const Tensor &t, DType dtype, const std::vector<int64_t> &shape) const;

  /// The tensor to write to: `given`, checked, or a new one where there is none.
  Tensor output(std::string_view name, const Tensor &given, DType dtype, const std::vector<int64_t> &shape) const;
  /// The same, of which the rows may be apart.
  Tensor output_of_rows(std::string_view name, const Tensor &given, DType dtype,
                        const std::vector<int64_t> &shape) const;
  /// The same of an output that is not always wanted; one that is given though not wanted is refused.
  Tensor output_if(bool wanted, std::string_view name, const Tensor &given, DType dtype,
                   const std::vector<int64_t> &shape) const;
  /// No output has memory in common with an input or with another output.
  void apart(std::initializer_list<NamedTensor> outputs, std::initializer_list<NamedTensor> inputs) const;

  /// An option that is not in order: `words` say what was given and what is accepted.
  void require(bool is_right, std::string_view words) const;

  /// Bytes, a power of two up to 64, that divide the addresses of all of them.
  static int alignment(std::initializer_list<const Tensor *> tensors);
  static int alignment(std::initializer_list<NamedTensor> tensors);
  /// The product of all extents but the last.
  static int64_t rows(const Tensor &t);
  /// Whether an optional tensor was named: it has an address, or at least a shape.
  static bool is_given(const Tensor &t) { return t || !t.shape.empty(); }
  /// All extents but the last.
  static std::vector<int64_t> leading(const Tensor &t) { return {t.shape.begin(), t.shape.end() - 1}; }
  Stream &stream() const { return stream_; }
  std::string_view op() const { return op_; }

  /// "op: tensor 'x' is bf16[4, 8]; accepted: ..."
  [[noreturn]] void refuse(std::string_view name, const Tensor &t, std::string_view accepted) const;

private:
  Stream &stream_;
  std::string_view op_;
};

} // namespace fla
