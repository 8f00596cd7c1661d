// What the unfused references of layers along time share: where the sequence of a row lies, and dense copies of strided
// inputs, which eager code makes first.
#pragma once

#include "modules/common/CudaSteps.h"
#include "modules/common/HostSteps.h"
#include "modules/common/Sequences.h"

#include <algorithm>

namespace fla {

/// The number of the sequence of each row: workspace of references over packed sequences.
inline constexpr const char *kSequenceNumbers = "unfused_sequence";

namespace cuda {

/// Source that goes behind kElements: `sequence_of(row, cu, numbers, tokens)`, the kernels of TokenSteps.
extern const char *const kTokens;

class TokenSteps : public Steps {
public:
  /// Begins with the step that finds the sequences, if they are packed, and adds what the source needs to know of them
  /// to the options. `any` is a tensor to give where kernels take one that this case does not have.
  TokenSteps(CudaReference &to, const Sequences &sequences, DType dtype, int64_t cols, std::string any);

  /// A kernel over all elements that takes `tensors`, two that tell where sequences lie and the output; then rows,
  /// cols, the tokens of a sequence and `more`.
  void tokens(const char *kernel, std::vector<std::string> tensors, std::string out, std::vector<ArgValue> more = {});
  /// The same over [n, D].
  void sequences(const char *kernel, std::vector<std::string> tensors, std::string out,
                 std::vector<ArgValue> more = {});
  /// A dense copy of a tensor with `gap` elements behind each row and a row behind each sequence.
  void make_dense(std::string in, std::string out, int64_t gap);

protected:
  std::vector<std::string> with_whereabouts(std::vector<std::string> tensors, std::string out) const;
  const Sequences &sequences_;

private:
  std::string any_;
};

} // namespace cuda

namespace host {

/// Where the rows of a case's sequences lie.
struct Whereabouts {
  bool packed;
  bool wide; ///< cu_seqlens of i64
  int64_t per_sequence;

  explicit Whereabouts(const Sequences &s)
      : packed(s.packed().has_value()), wide(s.packed() == tile::i64), per_sequence(s.tokens()) {}

  struct Range {
    int64_t number, first, last;
  };
  Range of_sequence(const HostReference::Tensors &t, int64_t number) const {
    if (!packed) return {number, number * per_sequence, (number + 1) * per_sequence};
    return {number, boundary(t, number), boundary(t, number + 1)};
  }
  Range of_row(const HostReference::Tensors &t, int64_t row) const {
    return of_sequence(t, packed ? get<int64_t>(t, kSequenceNumbers)[row] : row / per_sequence);
  }
  int64_t boundary(const HostReference::Tensors &t, int64_t i) const {
    return wide ? get<int64_t>(t, "cu_seqlens")[i] : get<int32_t>(t, "cu_seqlens")[i];
  }
};

/// The step that finds the sequence of every row, if they are packed.
void find_sequences(HostReference &to, const Sequences &sequences);
/// A dense copy of a tensor with `gap` elements behind each row and a row behind each sequence.
template <class E>
void make_dense(HostReference &to, const Sequences &s, int64_t cols, std::string in, std::string out, int64_t gap) {
  to.steps.push_back([=, rows = s.rows(), tokens = s.tokens()](const HostReference::Tensors &t) {
    const E *x = get<const E>(t, in);
    E *y = get<E>(t, out);
    tile::runtime::parallel_for(rows, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        std::copy_n(x + (row + row / tokens) * (cols + gap), cols, y + row * cols);
    });
  });
}

} // namespace host

/// A tensor of `dtype` that a reference needs between its steps.
TensorDesc scratch_of(DType dtype, std::string name, std::vector<int64_t> shape);

} // namespace fla
