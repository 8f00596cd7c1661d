// The elementary steps of cross-entropy as CUDA C++, one kernel each, the way an eager framework runs log_softmax and a
// gather that are written out in tensor operations: intermediates in f32, the logarithms of the softmax kept for the
// backward, every step over all elements in place where it can be. Options are numbers and null pointers.
#include "modules/cross_entropy/cuda_kernels.h"

namespace fla::cross_entropy {

const char *const kCudaKernels = R"cuda(
// ---- Element by element ---------------------------------------------------------------------------------------------

// y = scale * x
extern "C" __global__ void scale_logits(const T *x, float *y, i64 rows, i64 cols, float scale) {
  elements(vectors_fit(cols, x, y), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    store<V>(y, at, each<V>([&](int i) { return a.f[i] * scale; }));
  });
}
// y = cap * tanh(y / cap)
extern "C" __global__ void cap_logits(float *y, i64 rows, i64 cols, float cap) {
  elements(vectors_fit(cols, y), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(y, at);
    store<V>(y, at, each<V>([&](int i) { return cap * tanhf(a.f[i] / cap); }));
  });
}
// out = x - of_rows[row]
template <class E> __device__ inline void subtract(const E *x, const float *of_rows, float *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, out), rows, cols, [=](auto width, i64 row, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    const float m = of_rows[row];
    store<V>(out, at, each<V>([&](int i) { return a.f[i] - m; }));
  });
}
extern "C" __global__ void subtract_rows_t(const T *x, const float *of_rows, float *out, i64 rows, i64 cols) {
  subtract(x, of_rows, out, rows, cols);
}
extern "C" __global__ void subtract_rows_f32(const float *x, const float *of_rows, float *out, i64 rows, i64 cols) {
  subtract(x, of_rows, out, rows, cols);
}
extern "C" __global__ void exponential(float *x, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    store<V>(x, at, each<V>([&](int i) { return __expf(a.f[i]); }));
  });
}
// x *= of_rows[row]
extern "C" __global__ void scale_rows(const float *of_rows, float *x, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x), rows, cols, [=](auto width, i64 row, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    const float s = of_rows[row];
    store<V>(x, at, each<V>([&](int i) { return a.f[i] * s; }));
  });
}
// x -= share * w[column]
extern "C" __global__ void subtract_weights(const float *w, float *x, i64 rows, i64 cols, float share) {
  elements(vectors_fit(cols, x, w), rows, cols, [=](auto width, i64, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), b = load<V>(w, col);
    store<V>(x, at, each<V>([&](int i) { return a.f[i] - share * b.f[i]; }));
  });
}
extern "C" __global__ void subtract_constant(float *x, i64 rows, i64 cols, float share) {
  elements(vectors_fit(cols, x), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    store<V>(x, at, each<V>([&](int i) { return a.f[i] - share; }));
  });
}
// x *= 1 - (y / cap)^2
extern "C" __global__ void slope_of_cap(const float *y, float *x, i64 rows, i64 cols, float cap) {
  elements(vectors_fit(cols, x, y), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), b = load<V>(y, at);
    store<V>(x, at, each<V>([&](int i) { return a.f[i] * (1 - b.f[i] / cap * (b.f[i] / cap)); }));
  });
}
// dx = x * upstream[row], or what `other[row]` says where that is not 1
extern "C" __global__ void finish_gradient(const float *x, const float *upstream, const float *other, T *dx, i64 rows,
                                           i64 cols) {
  elements(vectors_fit(cols, x, dx), rows, cols, [=](auto width, i64 row, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    const float g = upstream[row], o = other[row];
    store<V>(dx, at, each<V>([&](int i) { return o == 1 ? a.f[i] * g : o; }));
  });
}

// ---- Rows -----------------------------------------------------------------------------------------------------------

struct Sum {
  static constexpr float start = 0;
  __device__ static float of(float a, float b) { return a + b; }
};
struct Max {
  static constexpr float start = -3.402823466e38f;
  __device__ static float of(float a, float b) { return fmaxf(a, b); }
};

// Over all threads of a block; the result is thread 0's.
template <class Fold> __device__ inline float fold_block(float x) {
  __shared__ float of_warp[32];
#pragma unroll
  for (int distance = 16; distance; distance /= 2) x = Fold::of(x, __shfl_xor_sync(~0u, x, distance));
  __syncthreads(); // of_warp may still be read for the row before
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = x;
  __syncthreads();
  x = threadIdx.x < blockDim.x / 32 ? of_warp[threadIdx.x] : Fold::start;
  if (threadIdx.x < 32)
#pragma unroll
    for (int distance = 16; distance; distance /= 2) x = Fold::of(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}

// out[row] = the fold of term(width, column, offset) over the row; a block a row.
template <class Fold, int V, class Term> __device__ inline void fold_rows(float *out, i64 rows, i64 cols, Term term) {
  for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
    float total = Fold::start;
#pragma unroll 4
    for (i64 col = i64(threadIdx.x) * V; col < cols; col += i64(blockDim.x) * V) {
      const Floats<V> x = term(Width<V>(), col, row * cols + col);
#pragma unroll
      for (int i = 0; i < V; ++i) total = Fold::of(total, x.f[i]);
    }
    total = fold_block<Fold>(total);
    if (threadIdx.x == 0) out[row] = total;
  }
}
template <class Fold, class Term>
__device__ inline void folds(bool vectors, float *out, i64 rows, i64 cols, Term term) {
  if (vectors)
    fold_rows<Fold, kVector>(out, rows, cols, term);
  else
    fold_rows<Fold, 1>(out, rows, cols, term);
}
extern "C" __global__ void row_max_t(const T *x, float *out, i64 rows, i64 cols) {
  folds<Max>(vectors_fit(cols, x), out, rows, cols,
             [=](auto width, i64, i64 at) { return load<decltype(width)::value>(x, at); });
}
extern "C" __global__ void row_max_f32(const float *x, float *out, i64 rows, i64 cols) {
  folds<Max>(vectors_fit(cols, x), out, rows, cols,
             [=](auto width, i64, i64 at) { return load<decltype(width)::value>(x, at); });
}
extern "C" __global__ void row_sum_exp(const float *x, float *out, i64 rows, i64 cols) {
  folds<Sum>(vectors_fit(cols, x), out, rows, cols, [=](auto width, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    return each<V>([&](int i) { return __expf(a.f[i]); });
  });
}
extern "C" __global__ void row_sum(const float *x, float *out, i64 rows, i64 cols) {
  folds<Sum>(vectors_fit(cols, x), out, rows, cols,
             [=](auto width, i64, i64 at) { return load<decltype(width)::value>(x, at); });
}
extern "C" __global__ void row_sum_weighted(const float *x, const float *w, float *out, i64 rows, i64 cols) {
  folds<Sum>(vectors_fit(cols, x, w), out, rows, cols, [=](auto width, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), b = load<V>(w, col);
    return each<V>([&](int i) { return a.f[i] * b.f[i]; });
  });
}

// ---- One number a row -----------------------------------------------------------------------------------------------

template <class Body> __device__ inline void each_row(i64 rows, Body body) {
  const i64 stride = i64(gridDim.x) * blockDim.x;
  for (i64 row = i64(blockIdx.x) * blockDim.x + threadIdx.x; row < rows; row += stride) body(row);
}

// 1 for a class, 0 for an ignored row, NaN for what is neither.
extern "C" __global__ void kinds(const i64 *targets, float *out, i64 rows, i64 classes, i64 ignore_index) {
  each_row(rows, [=](i64 row) {
    const i64 t = targets[row];
    out[row] = t == ignore_index ? 0 : t >= 0 && t < classes ? 1 : __int_as_float(0x7fffffff);
  });
}
// The weights of classes that are targets, else 0.
extern "C" __global__ void gather_weights(const i64 *targets, const float *kind, const float *weights, float *out,
                                          i64 rows) {
  each_row(rows, [=](i64 row) { out[row] = kind[row] == 1 ? weights[targets[row]] : 0; });
}
extern "C" __global__ void count_targets(const float *kind, float *out, i64 rows) {
  each_row(rows, [=](i64 row) { out[row] = kind[row] == 1; });
}
extern "C" __global__ void logarithm(const float *x, float *out, i64 rows) {
  each_row(rows, [=](i64 row) { out[row] = logf(x[row]); });
}
extern "C" __global__ void add_unless_ignored(const float *a, const float *b, const float *kind, float *out, i64 rows) {
  each_row(rows, [=](i64 row) { out[row] = kind[row] == 0 ? 0 : a[row] + b[row]; });
}
// -logp of the target times its weight
extern "C" __global__ void gather_losses(const i64 *targets, const float *kind, const float *weight, const float *logp,
                                         float *out, i64 rows, i64 classes, float factor) {
  each_row(rows, [=](i64 row) {
    const float k = kind[row];
    out[row] = k == 1 ? -factor * weight[row] * logp[row * classes + targets[row]] : k;
  });
}
// loss -= factor * all
extern "C" __global__ void add_smoothing(const float *all, const float *kind, float *loss, i64 rows, float factor) {
  each_row(rows, [=](i64 row) {
    if (kind[row] == 1) loss[row] -= factor * all[row];
  });
}
extern "C" __global__ void squares(const float *lse, const float *kind, float *z, i64 rows, float factor) {
  each_row(rows, [=](i64 row) { z[row] = kind[row] == 1 ? factor * lse[row] * lse[row] : kind[row]; });
}
extern "C" __global__ void add(const float *x, float *to, i64 rows) {
  each_row(rows, [=](i64 row) { to[row] += x[row]; });
}
// (1 - e) * weight + e / V * weight_sum + 2 * z_scale * lse; the last two where there is something to add
extern "C" __global__ void factors_of_p(const float *weight, const float *weight_sum, const float *lse, float *out,
                                        i64 rows, float of_weight, float of_sum, float of_lse) {
  each_row(rows, [=](i64 row) {
    float factor = of_weight * weight[row];
    if (of_sum != 0) factor += of_sum * *weight_sum;
    if (of_lse != 0) factor += of_lse * lse[row];
    out[row] = factor;
  });
}
// x[row][target] -= factor * weight
extern "C" __global__ void subtract_at_targets(const i64 *targets, const float *kind, const float *weight, float *x,
                                               i64 rows, i64 classes, float factor) {
  each_row(rows, [=](i64 row) {
    if (kind[row] == 1) x[row * classes + targets[row]] -= factor * weight[row];
  });
}
// Of one row: factor * dloss[row * stride] / total; null pointers stand for 1.
extern "C" __global__ void upstreams(const float *dloss, const float *total, float *out, i64 rows, i64 stride,
                                     i64 has_dloss, i64 has_total, float factor) {
  each_row(rows, [=](i64 row) {
    float g = has_dloss ? dloss[row * stride] * factor : factor;
    if (has_total) g = *total == 0 ? 0 : g / *total;
    out[row] = g;
  });
}
extern "C" __global__ void constant(float *out, i64 n, float value) {
  each_row(n, [=](i64 i) { out[i] = value; });
}

// ---- All rows -------------------------------------------------------------------------------------------------------

// out = the sum of x; one block.
extern "C" __global__ void sum_all(const float *x, float *out, i64 n) {
  float total = 0;
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) total += x[i];
  total = fold_block<Sum>(total);
  if (threadIdx.x == 0) *out = total;
}
extern "C" __global__ void divide(const float *by, float *x, i64 n) {
  if (blockIdx.x == 0 && threadIdx.x == 0) *x = *by == 0 ? *x * 0 : *x / *by;
}
)cuda";

} // namespace fla::cross_entropy
