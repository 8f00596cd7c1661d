// The elementary steps of a causal convolution as CUDA C++, one kernel each, the way an eager framework runs the layer:
// the convolution, then bias, activation and residual; intermediates in f32, the last step's result in the dtype T.
#include "modules/conv/cuda_kernels.h"

namespace fla::conv {

const char *const kCudaKernels = R"cuda(
// ---- causal_conv1d --------------------------------------------------------------------------------------------------

typedef WEIGHT W;

// Token `row` of sequence s: from its state where it lies before the sequence, or 0.
template <int V>
__device__ inline Floats<V> token(const T *x, const T *state, const Sequence &s, i64 row, i64 cols, i64 col) {
  if (row >= s.first) return load<V>(x, row * cols + col);
#ifdef STATE
  const T *at = state + (s.number * cols + col) * WIDTH + (WIDTH + row - s.first);
  return each<V>([&](int i) { return widen(at[i * WIDTH]); });
#else
  return {};
#endif
}

// Tap w of V columns.
template <int V> __device__ inline Floats<V> taps(const W *w, i64 col, int tap) {
  return each<V>([&](int i) { return widen(w[(col + i) * WIDTH + tap]); });
}

// The sum over a window.
template <class Out>
__device__ inline void convolve(const T *x, const W *w, const T *state, const Boundary *cu, const i64 *numbers, Out *out,
                                i64 rows, i64 cols, i64 tokens) {
  elements(vectors_fit(cols, x, out), rows, cols, [=](auto width, i64 row, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const Sequence s = sequence_of(row, cu, numbers, tokens);
    Floats<V> sum = {};
#pragma unroll
    for (int tap = 0; tap < WIDTH; ++tap) {
      const auto v = token<V>(x, state, s, row - WIDTH + 1 + tap, cols, col), k = taps<V>(w, col, tap);
#pragma unroll
      for (int i = 0; i < V; ++i) sum.f[i] += v.f[i] * k.f[i];
    }
    store<V>(out, at, sum);
  });
}
extern "C" __global__ void convolve_f32(const T *x, const W *w, const T *state, const Boundary *cu, const i64 *numbers,
                                        float *out, i64 rows, i64 cols, i64 tokens) {
  convolve(x, w, state, cu, numbers, out, rows, cols, tokens);
}
extern "C" __global__ void convolve_t(const T *x, const W *w, const T *state, const Boundary *cu, const i64 *numbers,
                                      T *out, i64 rows, i64 cols, i64 tokens) {
  convolve(x, w, state, cu, numbers, out, rows, cols, tokens);
}

template <class Out> __device__ inline void add_bias(const float *x, const W *b, Out *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, b, out), rows, cols, [=](auto width, i64, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), c = load<V>(b, col);
    store<V>(out, at, each<V>([&](int i) { return a.f[i] + c.f[i]; }));
  });
}
extern "C" __global__ void add_bias_f32(const float *x, const W *b, float *out, i64 rows, i64 cols) {
  add_bias(x, b, out, rows, cols);
}
extern "C" __global__ void add_bias_t(const float *x, const W *b, T *out, i64 rows, i64 cols) {
  add_bias(x, b, out, rows, cols);
}

template <class Out> __device__ inline void silu(const float *x, Out *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, out), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at);
    store<V>(out, at, each<V>([&](int i) { return a.f[i] / (1 + __expf(-a.f[i])); }));
  });
}
extern "C" __global__ void silu_f32(const float *x, float *out, i64 rows, i64 cols) { silu(x, out, rows, cols); }
extern "C" __global__ void silu_t(const float *x, T *out, i64 rows, i64 cols) { silu(x, out, rows, cols); }

extern "C" __global__ void add_residual_t(const float *x, const T *residual, T *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, residual, out), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto a = load<V>(x, at), c = load<V>(residual, at);
    store<V>(out, at, each<V>([&](int i) { return a.f[i] + c.f[i]; }));
  });
}

extern "C" __global__ void narrow_t(const float *x, T *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, x, out), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    store<V>(out, at, load<V>(x, at));
  });
}

// dy * silu'(x)
extern "C" __global__ void silu_gradient(const T *dy, const float *x, float *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, dy, x, out), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    const auto d = load<V>(dy, at), a = load<V>(x, at);
    store<V>(out, at, each<V>([&](int i) {
      const float s = 1 / (1 + __expf(-a.f[i]));
      return d.f[i] * s * (1 + a.f[i] * (1 - s));
    }));
  });
}
extern "C" __global__ void widen_gradient(const T *dy, float *out, i64 rows, i64 cols) {
  elements(vectors_fit(cols, dy, out), rows, cols, [=](auto width, i64, i64, i64 at) {
    constexpr int V = decltype(width)::value;
    store<V>(out, at, load<V>(dy, at));
  });
}

// The sum over the tokens that saw this one, and what the final state adds.
extern "C" __global__ void input_gradient(const float *g, const W *w, const T *dfinal, const Boundary *cu,
                                          const i64 *numbers, T *dx, i64 rows, i64 cols, i64 tokens, i64 has_final) {
  elements(vectors_fit(cols, g, dx), rows, cols, [=](auto width, i64 row, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    const Sequence s = sequence_of(row, cu, numbers, tokens);
    Floats<V> sum = {};
#pragma unroll
    for (int j = 0; j < WIDTH; ++j) {
      if (row + j >= s.last) break;
      const auto v = load<V>(g, at + j * cols), k = taps<V>(w, col, WIDTH - 1 - j);
#pragma unroll
      for (int i = 0; i < V; ++i) sum.f[i] += v.f[i] * k.f[i];
    }
    const i64 element = WIDTH + row - s.last;
    if (has_final && element >= 0)
#pragma unroll
      for (int i = 0; i < V; ++i) sum.f[i] += widen(dfinal[(s.number * cols + col + i) * WIDTH + element]);
    store<V>(dx, at, sum);
  });
}

// Products of g and the token a tap saw, summed over rows: block (x, y) takes 32 * V columns and every gridDim.y-th
// group of 8 rows, one tap after the other; partial sums are [parts, WIDTH, cols].
template <int V>
__device__ inline void weight_parts(const float *g, const T *x, const T *state, const Boundary *cu, const i64 *numbers,
                                    float *parts, i64 rows, i64 cols, i64 tokens) {
  const int lane = threadIdx.x % 32, team = threadIdx.x / 32;
  __shared__ float sums[8][32 * V];
  for (i64 first = i64(blockIdx.x) * 32 * V; first < cols; first += i64(gridDim.x) * 32 * V) {
    const i64 col = first + lane * V;
    Floats<V> total[WIDTH] = {};
    if (col < cols)
      for (i64 row = i64(blockIdx.y) * 8 + team; row < rows; row += i64(gridDim.y) * 8) {
        const Sequence s = sequence_of(row, cu, numbers, tokens);
        const auto a = load<V>(g, row * cols + col);
#pragma unroll
        for (int tap = 0; tap < WIDTH; ++tap) {
          const auto v = token<V>(x, state, s, row - WIDTH + 1 + tap, cols, col);
#pragma unroll
          for (int i = 0; i < V; ++i) total[tap].f[i] += a.f[i] * v.f[i];
        }
      }
#pragma unroll
    for (int tap = 0; tap < WIDTH; ++tap) {
      __syncthreads();
#pragma unroll
      for (int i = 0; i < V; ++i) sums[team][i * 32 + lane] = total[tap].f[i];
      __syncthreads();
      for (int at = threadIdx.x; at < 32 * V; at += blockDim.x) {
        float sum = 0;
#pragma unroll
        for (int t = 0; t < 8; ++t) sum += sums[t][at];
        const i64 out = first + at % 32 * V + at / 32;
        if (out < cols) parts[(i64(blockIdx.y) * WIDTH + tap) * cols + out] = sum;
      }
    }
  }
}
extern "C" __global__ void weight_products(const float *g, const T *x, const T *state, const Boundary *cu,
                                           const i64 *numbers, float *parts, i64 rows, i64 cols, i64 tokens) {
  if (cols % 4 == 0 && vectors_fit(kVector, g, x))
    weight_parts<4>(g, x, state, cu, numbers, parts, rows, cols, tokens);
  else
    weight_parts<1>(g, x, state, cu, numbers, parts, rows, cols, tokens);
}
// dw[column][tap] = the sum over the parts.
extern "C" __global__ void finish_weights(const float *parts, W *dw, i64 count, i64 cols) {
  const i64 stride = i64(gridDim.x) * blockDim.x;
  for (i64 i = i64(blockIdx.x) * blockDim.x + threadIdx.x; i < WIDTH * cols; i += stride) {
    float sum = 0;
#pragma unroll 4
    for (i64 part = 0; part < count; ++part) sum += parts[part * WIDTH * cols + i];
    narrow(dw[i % cols * WIDTH + i / cols], sum);
  }
}
// db, from sums of f32 parts.
extern "C" __global__ void finish_bias(const float *parts, W *db, i64 count, i64 cols) {
  const i64 stride = i64(gridDim.x) * blockDim.x;
  for (i64 i = i64(blockIdx.x) * blockDim.x + threadIdx.x; i < cols; i += stride) {
    float sum = 0;
#pragma unroll 4
    for (i64 part = 0; part < count; ++part) sum += parts[part * cols + i];
    narrow(db[i], sum);
  }
}

// The last WIDTH tokens of each sequence, and of its state before.
extern "C" __global__ void final_states(const T *x, const T *state, const Boundary *cu, const i64 *, T *out, i64 count,
                                        i64 cols, i64 tokens) {
  elements(false, count, cols, [=](auto, i64 number, i64 col, i64 at) {
    const Sequence s = sequence_at(number, cu, tokens);
    for (int w = 0; w < WIDTH; ++w)
      narrow(out[at * WIDTH + w], token<1>(x, state, s, s.last - WIDTH + w, cols, col).f[0]);
  });
}

// What the first tokens of a sequence, and its final state, owe to the state before it.
extern "C" __global__ void state_gradients(const float *g, const W *w, const T *dfinal, const Boundary *cu, const i64 *,
                                           T *out, i64 count, i64 cols, i64 tokens, i64 has_final) {
  elements(false, count, cols, [=](auto, i64 number, i64 col, i64 at) {
    const Sequence s = sequence_at(number, cu, tokens);
    for (int i = 0; i < WIDTH; ++i) {
      float sum = 0;
      for (int tap = 0; tap < i; ++tap) {
        const i64 row = s.first + i - 1 - tap;
        if (row < s.last) sum += g[row * cols + col] * widen(w[col * WIDTH + tap]);
      }
      const i64 element = i - (s.last - s.first);
      if (has_final && element >= 0) sum += widen(dfinal[at * WIDTH + element]);
      narrow(out[at * WIDTH + i], sum);
    }
  });
}
)cuda";

} // namespace fla::conv
