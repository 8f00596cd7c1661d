// What the CUDA C++ of references is written in: the dtype's memory accesses, loops over elements, and sums of columns.
// 16-byte accesses where rows and addresses permit, 64-bit offsets, any number of rows and columns.
#include "modules/common/CudaSteps.h"

namespace fla::cuda {

const char *const kElements = R"cuda(
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
)cuda";

const char *const kColumnSums = R"cuda(
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

} // namespace fla::cuda
