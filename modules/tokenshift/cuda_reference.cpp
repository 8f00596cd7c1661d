// The unfused token_shift on a GPU, as eager code writes it: the tokens moved by one, then a difference.
#include "modules/tokenshift/problem.h"

namespace fla::tokenshift {

namespace {

const char *const kKernels = R"cuda(
// ---- token_shift ----------------------------------------------------------------------------------------------------

// The row of `given` that belongs to a sequence; 0 where nothing is given.
template <int V> __device__ inline Floats<V> other(bool is_given, const T *given, i64 at) {
  return is_given ? load<V>(given, at) : Floats<V>{};
}

// The token before each one; before a sequence's first, the row of `given`.
extern "C" __global__ void tokens_before(const T *x, const T *given, const Boundary *cu, const i64 *numbers, T *out,
                                         i64 rows, i64 cols, i64 tokens, i64 is_given) {
  elements(vectors_fit(cols, x, given, out), rows, cols, [=](auto width, i64 row, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const Sequence s = sequence_of(row, cu, numbers, tokens);
    store<V>(out, at, row > s.first ? load<V>(x, at - cols) : other<V>(is_given, given, s.number * cols + col));
  });
}

// The token behind each one; behind a sequence's last, the row of `given`.
extern "C" __global__ void tokens_behind(const T *x, const T *given, const Boundary *cu, const i64 *numbers, T *out,
                                         i64 rows, i64 cols, i64 tokens, i64 is_given) {
  elements(vectors_fit(cols, x, given, out), rows, cols, [=](auto width, i64 row, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const Sequence s = sequence_of(row, cu, numbers, tokens);
    store<V>(out, at, row + 1 < s.last ? load<V>(x, at + cols) : other<V>(is_given, given, s.number * cols + col));
  });
}

extern "C" __global__ void subtract(const T *a, const T *b, T *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, a, b, out), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto x = load<V>(a, at), y = load<V>(b, at);
    store<V>(out, at, each<V>([&](int i) { return x.f[i] - y.f[i]; }));
  });
}

// One token of each sequence; of an empty one, the row of `given`.
template <bool kLast>
__device__ inline void pick(const T *x, const T *given, const Boundary *cu, T *out, i64 count, i64 cols, i64 tokens,
                            bool is_given) {
  elements(false, count, cols, [=](auto width, i64 number, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const Sequence s = sequence_at(number, cu, tokens);
    const i64 row = kLast ? s.last - 1 : s.first;
    store<V>(out, at, s.first < s.last ? load<V>(x, row * cols + col) : other<V>(is_given, given, at));
  });
}
extern "C" __global__ void last_tokens(const T *x, const T *given, const Boundary *cu, const i64 *, T *out, i64 count,
                                       i64 cols, i64 tokens, i64 is_given) {
  pick<true>(x, given, cu, out, count, cols, tokens, is_given);
}
extern "C" __global__ void first_tokens(const T *x, const T *given, const Boundary *cu, const i64 *, T *out, i64 count,
                                        i64 cols, i64 tokens, i64 is_given) {
  pick<false>(x, given, cu, out, count, cols, tokens, is_given);
}
)cuda";

} // namespace

CudaReference ShiftProblem::cuda_reference() const {
  CudaReference reference;
  reference.options = cuda::options(dtype());
  const char *const any = runs_forward() ? "x" : "dy";
  cuda::TokenSteps steps(reference, sequences_, dtype(), cols(), any);
  auto whole = [&](const char *name) {
    reference.workspace.push_back(scratch_of(dtype(), name, {sequences_.rows(), cols()}));
    return name;
  };
  auto dense = [&](const char *name, const char *copy) {
    if (gap_ == 0) return name;
    steps.make_dense(name, whole(copy), gap_);
    return copy;
  };

  // Kernels that may be given a row for each sequence take any tensor where they are not.
  auto with = [&](const char *in, const char *given) { return std::vector<std::string>{in, given ? given : any}; };
  if (runs_forward()) {
    const char *x = dense("x", "unfused_x"), *cache = spec_.cache ? "cache" : nullptr;
    steps.tokens("tokens_before", with(x, cache), whole("unfused_before"), {int64_t(spec_.cache)});
    steps.elements("subtract", {"unfused_before", x, "y"});
    if (spec_.next_cache) steps.sequences("last_tokens", with(x, cache), "next_cache", {int64_t(spec_.cache)});
  }
  if (runs_backward()) {
    const char *dy = dense("dy", "unfused_dy"), *dnext = spec_.next_cache ? "dnext_cache" : nullptr;
    steps.tokens("tokens_behind", with(dy, dnext), whole("unfused_behind"), {int64_t(spec_.next_cache)});
    steps.elements("subtract", {"unfused_behind", dy, "dx"});
    if (spec_.cache) steps.sequences("first_tokens", with(dy, dnext), "dcache", {int64_t(spec_.next_cache)});
  }
  reference.source = std::string(cuda::kElements) + cuda::kTokens + kKernels;
  return reference;
}

} // namespace fla::tokenshift
