// The elementary steps of a norm as CUDA C++, one kernel each, the way an eager framework runs a norm that is written
// out in tensor operations: statistics and intermediates in f32 (x.float() is how eager code computes norms of 16-bit
// inputs, and the step that widens is folded into its consumer), the result in the input's dtype T. Each kernel is what
// a good library would have for that step: 16-byte accesses where rows and addresses permit, a warp or a block per row
// for reductions, column sums in two stages, 64-bit offsets, any N and D.
#include "modules/layernorm/cuda_kernels.h"

namespace fla::layernorm {

const char *const kCudaKernels = R"cuda(
#include <cuda_bf16.h>
#include <cuda_fp16.h>

typedef ELEMENT T;
typedef long long i64;

// ---- Memory ---------------------------------------------------------------------------------------------------------

// V elements side by side, moved 16 bytes at a time.
template <class E, int V> struct alignas(sizeof(E) * V < 16 ? sizeof(E) * V : 16) Pack {
  E e[V];
};

__device__ inline float widen(float x) { return x; }
__device__ inline float widen(__half x) { return __half2float(x); }
__device__ inline float widen(__nv_bfloat16 x) { return __bfloat162float(x); }
__device__ inline void narrow(float &to, float x) { to = x; }
__device__ inline void narrow(__half &to, float x) { to = __float2half_rn(x); }
__device__ inline void narrow(__nv_bfloat16 &to, float x) { to = __float2bfloat16_rn(x); }

template <int V> struct Floats {
  float f[V];
};
template <int V, class E> __device__ inline Floats<V> load(const E *p, i64 at) {
  const Pack<E, V> pack = *reinterpret_cast<const Pack<E, V> *>(p + at);
  Floats<V> out;
#pragma unroll
  for (int i = 0; i < V; ++i) out.f[i] = widen(pack.e[i]);
  return out;
}
template <int V, class E> __device__ inline void store(E *p, i64 at, Floats<V> x) {
  Pack<E, V> pack;
#pragma unroll
  for (int i = 0; i < V; ++i) narrow(pack.e[i], x.f[i]);
  *reinterpret_cast<Pack<E, V> *>(p + at) = pack;
}

// Elements of one access to T, and a constant that a generic lambda can take as its width.
constexpr int kVector = 16 / sizeof(T);
template <int V> struct Width {
  static constexpr int value = V;
};

template <class... P> __device__ inline bool vectors_fit(i64 cols, P... pointers) {
  return cols % kVector == 0 && ((reinterpret_cast<unsigned long long>(pointers) | ...) & 15) == 0;
}

// ---- Element by element ---------------------------------------------------------------------------------------------

// body(width, row, column, offset) for every group of `width` elements.
template <int V, class Body> __device__ inline void over_elements(i64 rows, i64 cols, Body body) {
  const i64 packs = cols / V, total = rows * packs;
  const i64 stride = i64(gridDim.x) * blockDim.x;
  for (i64 i = i64(blockIdx.x) * blockDim.x + threadIdx.x; i < total; i += stride) {
    const i64 row = total <= 0xFFFFFFFFll ? i64(unsigned(i) / unsigned(packs)) : i / packs;
    body(Width<V>(), row, (i - row * packs) * V, i * V);
  }
}
template <class Body> __device__ inline void elements(bool vectors, i64 rows, i64 cols, Body body) {
  if (vectors)
    over_elements<kVector>(rows, cols, body);
  else
    over_elements<1>(rows, cols, body);
}

template <int V, class F> __device__ inline Floats<V> each(F f) {
  Floats<V> out;
#pragma unroll
  for (int i = 0; i < V; ++i) out.f[i] = f(i);
  return out;
}

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

// ---- Sums of columns ------------------------------------------------------------------------------------------------

// Block (x, y) of 32 by 8 threads: 32 * V columns from x, every gridDim.y-th group of 8 rows from y. One row of partial
// sums for each y.
template <int V, class E> __device__ inline void column_partials(const E *x, float *parts, i64 rows, i64 cols) {
  const int lane = threadIdx.x % 32, team = threadIdx.x / 32;
  __shared__ float sums[8][32 * V];
  for (i64 first = i64(blockIdx.x) * 32 * V; first < cols; first += i64(gridDim.x) * 32 * V) {
    const i64 col = first + lane * V;
    Floats<V> total = {};
    if (col < cols)
#pragma unroll 4
      for (i64 row = i64(blockIdx.y) * 8 + team; row < rows; row += i64(gridDim.y) * 8) {
        const auto a = load<V>(x, row * cols + col);
#pragma unroll
        for (int i = 0; i < V; ++i) total.f[i] += a.f[i];
      }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < V; ++i) sums[team][i * 32 + lane] = total.f[i];
    __syncthreads();
    for (int at = threadIdx.x; at < 32 * V; at += blockDim.x) {
      float sum = 0;
#pragma unroll
      for (int t = 0; t < 8; ++t) sum += sums[t][at];
      const i64 out = first + at % 32 * V + at / 32;
      if (out < cols) parts[i64(blockIdx.y) * cols + out] = sum;
    }
  }
}
template <class E> __device__ inline void partials(const E *x, float *parts, i64 rows, i64 cols) {
  constexpr int V = 16 / sizeof(E);
  if (cols % V == 0 && (reinterpret_cast<unsigned long long>(x) & 15) == 0)
    column_partials<V>(x, parts, rows, cols);
  else
    column_partials<1>(x, parts, rows, cols);
}
extern "C" __global__ void column_sums_t(const T *x, float *parts, i64 rows, i64 cols) {
  partials(x, parts, rows, cols);
}
extern "C" __global__ void column_sums_f32(const float *x, float *parts, i64 rows, i64 cols) {
  partials(x, parts, rows, cols);
}

// The rows of `parts` added up, 32 columns a block.
extern "C" __global__ void finish_columns(const float *parts, T *out, i64 count, i64 cols) {
  const int lane = threadIdx.x % 32, team = threadIdx.x / 32;
  __shared__ float sums[8][32];
  for (i64 first = i64(blockIdx.x) * 32; first < cols; first += i64(gridDim.x) * 32) {
    const i64 col = first + lane;
    float total = 0;
    if (col < cols)
#pragma unroll 4
      for (i64 part = team; part < count; part += 8) total += parts[part * cols + col];
    __syncthreads();
    sums[team][lane] = total;
    __syncthreads();
    if (team == 0 && col < cols) {
      float sum = 0;
#pragma unroll
      for (int t = 0; t < 8; ++t) sum += sums[t][lane];
      narrow(out[col], sum);
    }
  }
}
)cuda";

} // namespace fla::layernorm
