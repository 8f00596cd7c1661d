// Where the sequences of a case begin: B of T tokens each, or packed, of any lengths one behind the other.
#pragma once

#include "modules/common/Problem.h"

#include <optional>
#include <string_view>
#include <vector>

namespace fla {

/// Rows first, first + 1, ... of a [B * T, D] tensor.
struct Sequence {
  int64_t first = 0, tokens = 0;
};

class Sequences {
public:
  /// `batch` sequences of `tokens` each.
  Sequences(int64_t batch, int64_t tokens) : batch_(batch), tokens_(tokens) {}
  /// One behind the other. `boundaries` begins with 0, never falls and ends with the number of tokens; else UserError.
  Sequences(std::vector<int64_t> boundaries, DType dtype);
  /// `tokens` cut into `count` sequences at positions that depend on these two numbers alone.
  static Sequences cut(int64_t tokens, int64_t count, DType dtype);

  std::optional<DType> packed() const { return packed_; } ///< the dtype of cu_seqlens
  int64_t batch() const { return batch_; }
  int64_t tokens() const { return tokens_; } ///< of a sequence, or all packed ones together
  int64_t rows() const { return batch_ * tokens_; }
  int64_t count() const { return packed_ ? int64_t(boundaries_.size()) - 1 : batch_; }
  Sequence operator[](int64_t number) const;
  const std::vector<int64_t> &boundaries() const { return boundaries_; }
  /// The shape of a tensor with `gap` unused elements behind each token and, if any, an unused token behind each
  /// sequence of the batch; and where row `row` of [B * T, D] begins in it.
  std::vector<int64_t> strided_shape(int64_t cols, int64_t gap) const;
  int64_t strided_offset(int64_t row, int64_t cols, int64_t gap) const;
  /// cu_seqlens as an input of a problem.
  TensorDesc tensor() const;

private:
  int64_t batch_ = 1, tokens_ = 0;
  std::optional<DType> packed_;
  std::vector<int64_t> boundaries_;
};

/// The sequences of a case with the keys B, T, D and seqs (0: not packed); UserError where it is out of range.
Sequences sequences_of(std::string_view op, const Case &);

} // namespace fla
