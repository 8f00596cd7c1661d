#include "modules/common/CudaRows.h"

namespace fla::cuda {

const char *const kRows = R"cuda(
typedef unsigned long long u64;

// ---- Operands -------------------------------------------------------------------------------------------------------

template <class E> struct All {
  const E *p;
  __device__ u64 address() const { return u64(p); }
  template <int V> __device__ Floats<V> get(i64, i64, i64 at) const { return load<V>(p, at); }
};
template <class E> __device__ inline All<E> all(const E *p) { return {p}; }

struct PerRow {
  const float *p;
  __device__ u64 address() const { return 0; }
  template <int V> __device__ Floats<V> get(i64 row, i64, i64) const {
    Floats<V> out;
    const float x = p[row];
#pragma unroll
    for (int i = 0; i < V; ++i) out.f[i] = x;
    return out;
  }
};
__device__ inline PerRow per_row(const float *p) { return {p}; }

template <class E> struct PerColumn {
  const E *p;
  i64 cols;
  unsigned groups;
  __device__ u64 address() const { return u64(p); }
  template <int V> __device__ Floats<V> get(i64 row, i64 col, i64) const {
    return load<V>(p, groups == 1 ? col : i64(unsigned(row) % groups) * cols + col);
  }
};
template <class E> __device__ inline PerColumn<E> per_column(const E *p, i64 cols, i64 groups = 1) {
  return {p, cols, unsigned(groups)};
}

// Whether addresses and the rows' lengths permit accesses of kVector elements.
template <class... In> __device__ inline bool operands_fit(i64 cols, u64 out, In... in) {
  return cols % kVector == 0 && ((out | ... | in.address()) & 15) == 0;
}

template <int V, class F, class... A> __device__ inline Floats<V> apply(F f, A... a) {
  Floats<V> out;
#pragma unroll
  for (int i = 0; i < V; ++i) out.f[i] = f(a.f[i]...);
  return out;
}

// ---- Steps ----------------------------------------------------------------------------------------------------------

template <class Out, class F, class... In>
__device__ inline void map(Out *out, i64 rows, i64 cols, F f, In... in) {
  elements(operands_fit(cols, u64(out), in...), rows, cols, [=](auto width, i64 row, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    store<V>(out, at, apply<V>(f, in.template get<V>(row, col, at)...));
  });
}

template <class F, class... In> __device__ inline void map_rows(float *out, i64 rows, F f, const In *...in) {
  const i64 stride = i64(gridDim.x) * blockDim.x;
  for (i64 i = i64(blockIdx.x) * blockDim.x + threadIdx.x; i < rows; i += stride) out[i] = f(in[i]...);
}

// ---- Reductions of rows ---------------------------------------------------------------------------------------------

struct Sum {
  static __device__ float identity() { return 0; }
  static __device__ float combine(float a, float b) { return a + b; }
};
struct Max {
  static __device__ float identity() { return __int_as_float(0xFF800000); }
  static __device__ float combine(float a, float b) { return a != a || a > b ? a : b; }
};

template <class R> __device__ inline float warp_reduce(float x) {
#pragma unroll
  for (int distance = 16; distance; distance /= 2) x = R::combine(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}

// Of every thread's `x`; the result is thread 0's.
template <class R> __device__ inline float block_reduce(float x) {
  __shared__ float of_warp[32];
  x = warp_reduce<R>(x);
  __syncthreads(); // of_warp may still be read for the row before
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = x;
  __syncthreads();
  if (threadIdx.x >= 32) return x;
  return warp_reduce<R>(threadIdx.x < blockDim.x / 32 ? of_warp[threadIdx.x] : R::identity());
}

// out[row] = finish(the reduction of f over the row): a warp a row up to 2048 columns, a block a row beyond.
template <class R, int V, class Finish, class F, class... In>
__device__ inline void reduce_rows_by(float *out, i64 rows, i64 cols, Finish finish, F f, In... in) {
  const bool whole_block = cols > 2048;
  const int threads = whole_block ? blockDim.x : 32, thread = threadIdx.x % threads;
  const int teams = blockDim.x / threads;
  for (i64 row = i64(blockIdx.x) * teams + threadIdx.x / threads; row < rows; row += i64(gridDim.x) * teams) {
    float total = R::identity();
#pragma unroll 4
    for (i64 col = i64(thread) * V; col < cols; col += i64(threads) * V) {
      const Floats<V> x = apply<V>(f, in.template get<V>(row, col, row * cols + col)...);
#pragma unroll
      for (int i = 0; i < V; ++i) total = R::combine(total, x.f[i]);
    }
    total = whole_block ? block_reduce<R>(total) : warp_reduce<R>(total);
    if (thread == 0) out[row] = finish(total);
  }
}
template <class R, class Finish, class F, class... In>
__device__ inline void reduce_rows(float *out, i64 rows, i64 cols, Finish finish, F f, In... in) {
  if (operands_fit(cols, 0, in...))
    reduce_rows_by<R, kVector>(out, rows, cols, finish, f, in...);
  else
    reduce_rows_by<R, 1>(out, rows, cols, finish, f, in...);
}
template <class F, class... In> __device__ inline void row_sum(float *out, i64 rows, i64 cols, F f, In... in) {
  reduce_rows<Sum>(out, rows, cols, [](float x) { return x; }, f, in...);
}
template <class F, class... In> __device__ inline void row_mean(float *out, i64 rows, i64 cols, F f, In... in) {
  const float count = float(cols);
  reduce_rows<Sum>(out, rows, cols, [=](float x) { return x / count; }, f, in...);
}
template <class F, class... In> __device__ inline void row_max(float *out, i64 rows, i64 cols, F f, In... in) {
  reduce_rows<Max>(out, rows, cols, [](float x) { return x; }, f, in...);
}
)cuda";

CudaReference reference(DType dtype, const char *kernels) {
  CudaReference made;
  made.source = std::string(kElements) + kRows + kernels;
  made.options = options(dtype);
  return made;
}

void RowSteps::rows(const char *kernel, std::vector<std::string> tensors, std::vector<ArgValue> more) {
  more.insert(more.begin(), {rows_, cols_});
  add(kernel, {grid(cols_ > 2048 ? rows_ : ceil_div(rows_, kThreads / 32))}, std::move(tensors), std::move(more));
}

void RowSteps::map_rows(const char *kernel, std::vector<std::string> tensors, std::vector<ArgValue> more) {
  more.insert(more.begin(), rows_);
  add(kernel, {grid(ceil_div(rows_, kThreads))}, std::move(tensors), std::move(more));
}

} // namespace fla::cuda
