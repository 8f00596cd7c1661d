// The elementary steps of a norm as CUDA C++, one kernel each, the way an eager framework runs a norm that is written
// out in tensor operations: statistics and intermediates in f32 (x.float() is how eager code computes norms of 16-bit
// inputs, and the step that widens is folded into its consumer), the result in the input's dtype T. Each kernel is what
// a good library would have for that step: 16-byte accesses where rows and addresses permit, a warp or a block per row
// for reductions, column sums in two stages, 64-bit offsets, any N and D.
#include "modules/layernorm/cuda_kernels.h"

namespace fla::layernorm {

const char *const kCudaKernels = R"cuda(
// x - mean[row]
extern "C" __global__ void subtract_mean(const T *x, const float *mean, float *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, out), rows, cols, [=](auto width, i64 row, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    const float m = mean[row];
    store<V>(out, at, each<V>([&](int i) { return a.f[i] - m; }));
  });
}

// x * scale[row]
template <class E> __device__ inline void scale_rows(const E *x, const float *scale, float *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, out), rows, cols, [=](auto width, i64 row, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    const float s = scale[row];
    store<V>(out, at, each<V>([&](int i) { return a.f[i] * s; }));
  });
}
extern "C" __global__ void scale_rows_f32(const float *x, const float *scale, float *out, i64 rows, i64 cols) {
  scale_rows(x, scale, out, rows, cols);
}
extern "C" __global__ void scale_rows_t(const T *x, const float *scale, float *out, i64 rows, i64 cols) {
  scale_rows(x, scale, out, rows, cols);
}

// (x - mean[row]) * rstd[row]
extern "C" __global__ void normalize(const T *x, const float *mean, const float *rstd, float *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, out), rows, cols, [=](auto width, i64 row, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    const float m = mean[row], s = rstd[row];
    store<V>(out, at, each<V>([&](int i) { return (a.f[i] - m) * s; }));
  });
}

// x * w[column]
template <class E, class Out>
__device__ inline void scale_columns(const E *x, const T *w, Out *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, w, out), rows, cols, [=](auto width, i64, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), b = load<V>(w, col);
    store<V>(out, at, each<V>([&](int i) { return a.f[i] * b.f[i]; }));
  });
}
extern "C" __global__ void scale_columns_f32(const float *x, const T *w, float *out, i64 rows, i64 cols) {
  scale_columns(x, w, out, rows, cols);
}
extern "C" __global__ void scale_columns_to_t(const float *x, const T *w, T *out, i64 rows, i64 cols) {
  scale_columns(x, w, out, rows, cols);
}
extern "C" __global__ void scale_columns_of_t(const T *x, const T *w, float *out, i64 rows, i64 cols) {
  scale_columns(x, w, out, rows, cols);
}

// x + b[column]
extern "C" __global__ void add_columns(const float *x, const T *b, T *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, b, out), rows, cols, [=](auto width, i64, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), c = load<V>(b, col);
    store<V>(out, at, each<V>([&](int i) { return a.f[i] + c.f[i]; }));
  });
}

// x * y
extern "C" __global__ void multiply(const T *x, const float *y, float *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, y, out), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), b = load<V>(y, at);
    store<V>(out, at, each<V>([&](int i) { return a.f[i] * b.f[i]; }));
  });
}

// (g - xhat * along[row] - mean_g[row]) * rstd[row]
extern "C" __global__ void input_gradient(const float *g, const float *xhat, const float *along, const float *mean_g,
                                          const float *rstd, T *dx, i64 rows, i64 cols) {
  elements(vectors_fit(cols, g, xhat, dx), rows, cols, [=](auto width, i64 row, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(g, at), h = load<V>(xhat, at);
    const float p = along[row], m = mean_g[row], s = rstd[row];
    store<V>(dx, at, each<V>([&](int i) { return (a.f[i] - h.f[i] * p - m) * s; }));
  });
}
// (g - xhat * along[row]) * rstd[row]
extern "C" __global__ void input_gradient_rms(const float *g, const float *xhat, const float *along, const float *rstd,
                                              T *dx, i64 rows, i64 cols) {
  elements(vectors_fit(cols, g, xhat, dx), rows, cols, [=](auto width, i64 row, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(g, at), h = load<V>(xhat, at);
    const float p = along[row], s = rstd[row];
    store<V>(dx, at, each<V>([&](int i) { return (a.f[i] - h.f[i] * p) * s; }));
  });
}

// 1 / sqrt(x + eps)
extern "C" __global__ void reciprocal_root(const float *x, float *out, i64 n, float eps) {
  const i64 stride = i64(gridDim.x) * blockDim.x;
  for (i64 i = i64(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride) out[i] = rsqrtf(x[i] + eps);
}

// ---- Means of rows --------------------------------------------------------------------------------------------------

__device__ inline float warp_sum(float x) {
#pragma unroll
  for (int distance = 16; distance; distance /= 2) x += __shfl_xor_sync(~0u, x, distance);
  return x;
}

// Of every thread's `x`; the result is thread 0's.
__device__ inline float block_sum(float x) {
  __shared__ float of_warp[32];
  x = warp_sum(x);
  __syncthreads(); // of_warp may still be read for the row before
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = x;
  __syncthreads();
  return threadIdx.x < 32 ? warp_sum(threadIdx.x < blockDim.x / 32 ? of_warp[threadIdx.x] : 0) : 0;
}

// out[row] = the mean of term(width, offset) over the row: a warp a row up to 2048 columns, a block a row beyond.
template <int V, class Term> __device__ inline void row_means(float *out, i64 rows, i64 cols, Term term) {
  const bool whole_block = cols > 2048;
  const int threads = whole_block ? blockDim.x : 32, thread = threadIdx.x % threads;
  const int teams = blockDim.x / threads;
  for (i64 row = i64(blockIdx.x) * teams + threadIdx.x / threads; row < rows; row += i64(gridDim.x) * teams) {
    float total = 0;
#pragma unroll 4
    for (i64 col = i64(thread) * V; col < cols; col += i64(threads) * V) {
      const Floats<V> x = term(Width<V>(), row * cols + col);
#pragma unroll
      for (int i = 0; i < V; ++i) total += x.f[i];
    }
    total = whole_block ? block_sum(total) : warp_sum(total);
    if (thread == 0) out[row] = total / float(cols);
  }
}
template <class Term> __device__ inline void means(bool vectors, float *out, i64 rows, i64 cols, Term term) {
  if (vectors)
    row_means<kVector>(out, rows, cols, term);
  else
    row_means<1>(out, rows, cols, term);
}

template <class E> __device__ inline void mean_of(const E *x, float *out, i64 rows, i64 cols) {
  means(vectors_fit(cols, x), out, rows, cols, [=](auto width, i64 at) { return load<decltype(width)::value>(x, at); });
}
template <class E> __device__ inline void mean_of_squares(const E *x, float *out, i64 rows, i64 cols) {
  means(vectors_fit(cols, x), out, rows, cols, [=](auto width, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    return each<V>([&](int i) { return a.f[i] * a.f[i]; });
  });
}
extern "C" __global__ void row_mean_t(const T *x, float *out, i64 rows, i64 cols) { mean_of(x, out, rows, cols); }
extern "C" __global__ void row_mean_f32(const float *x, float *out, i64 rows, i64 cols) { mean_of(x, out, rows, cols); }
extern "C" __global__ void row_mean_square_t(const T *x, float *out, i64 rows, i64 cols) {
  mean_of_squares(x, out, rows, cols);
}
extern "C" __global__ void row_mean_square_f32(const float *x, float *out, i64 rows, i64 cols) {
  mean_of_squares(x, out, rows, cols);
}
extern "C" __global__ void row_mean_product(const float *x, const float *y, float *out, i64 rows, i64 cols) {
  means(vectors_fit(cols, x, y), out, rows, cols, [=](auto width, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), b = load<V>(y, at);
    return each<V>([&](int i) { return a.f[i] * b.f[i]; });
  });
}
)cuda";

} // namespace fla::layernorm
