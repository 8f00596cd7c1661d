// The unfused token_shift on the host: the steps of the GPU's reference.
#include "modules/tokenshift/problem.h"

namespace fla::tokenshift {

using host::get;
using host::load;
using host::Whereabouts;
using Tensors = HostReference::Tensors;

namespace {

/// The row that belongs to a sequence in `given`; nullptr where there is none.
template <class E> const E *row_of(const Tensors &t, const char *given, int64_t number, int64_t cols) {
  return given ? get<const E>(t, given) + number * cols : nullptr;
}

/// Every row's neighbour, the one before it or behind it in its sequence, or the row of `given`.
template <class E>
void move(host::Steps<E> &steps, Whereabouts where, int64_t cols, const char *in, const char *given, const char *out,
          bool is_before) {
  steps.template elements<E, E>(in, out, [=](const Tensors &t, int64_t row) {
    const auto s = where.of_row(t, row);
    const bool has_neighbour = is_before ? row > s.first : row + 1 < s.last;
    const E *from = has_neighbour ? get<const E>(t, in) + (is_before ? row - 1 : row + 1) * cols
                                  : row_of<E>(t, given, s.number, cols);
    return [from](float, int64_t col) { return from ? load(from[col]) : 0; };
  });
}

template <class E> void subtract(host::Steps<E> &steps, int64_t cols, const char *a, const char *b, const char *out) {
  steps.template elements<E, E>(a, out, [=](const Tensors &t, int64_t row) {
    return [y = get<const E>(t, b) + row * cols](float x, int64_t col) { return x - load(y[col]); };
  });
}

/// One token of each sequence; of an empty one, the row of `given`.
template <class E>
void pick(HostReference &to, const Sequences &sequences, int64_t cols, const char *in, const char *given,
          const char *out, bool is_last) {
  to.steps.push_back([=, where = Whereabouts(sequences), count = sequences.count()](const Tensors &t) {
    for (int64_t i = 0; i < count; ++i) {
      const auto s = where.of_sequence(t, i);
      const E *from = s.first < s.last ? get<const E>(t, in) + (is_last ? s.last - 1 : s.first) * cols
                                       : row_of<E>(t, given, i, cols);
      E *row = get<E>(t, out) + i * cols;
      for (int64_t col = 0; col < cols; ++col) row[col] = from ? from[col] : E();
    }
  });
}

} // namespace

HostReference ShiftProblem::host_reference() const {
  HostReference reference;
  host::find_sequences(reference, sequences_);
  auto whole = [&](const char *name) {
    reference.workspace.push_back(scratch_of(dtype(), name, {sequences_.rows(), cols()}));
    return name;
  };
  host::with_type(dtype(), [&](auto element) {
    using E = decltype(element);
    host::Steps<E> steps(reference, sequences_.rows(), cols());
    const Whereabouts where(sequences_);
    auto dense = [&](const char *name, const char *copy) {
      if (gap_ == 0) return name;
      host::make_dense<E>(reference, sequences_, cols(), name, whole(copy), gap_);
      return copy;
    };
    const char *const cache = spec_.cache ? "cache" : nullptr;
    const char *const dnext = spec_.next_cache ? "dnext_cache" : nullptr;
    if (runs_forward()) {
      const char *x = dense("x", "unfused_x");
      move(steps, where, cols(), x, cache, whole("unfused_before"), true);
      subtract(steps, cols(), "unfused_before", x, "y");
      if (spec_.next_cache) pick<E>(reference, sequences_, cols(), x, cache, "next_cache", true);
    }
    if (runs_backward()) {
      const char *dy = dense("dy", "unfused_dy");
      move(steps, where, cols(), dy, dnext, whole("unfused_behind"), false);
      subtract(steps, cols(), "unfused_behind", dy, "dx");
      if (spec_.cache) pick<E>(reference, sequences_, cols(), dy, dnext, "dcache", false);
    }
  });
  return reference;
}

} // namespace fla::tokenshift
