#include "modules/common/TokenSteps.h"

#include "modules/common/Rows.h"

namespace fla {

TensorDesc scratch_of(DType dtype, std::string name, std::vector<int64_t> shape) {
  TensorDesc desc = scratch(std::move(name), std::move(shape));
  desc.dtype = dtype;
  return desc;
}

namespace cuda {

const char *const kTokens = R"cuda(
// ---- Sequences ------------------------------------------------------------------------------------------------------

#ifdef BOUNDARY
typedef BOUNDARY Boundary;
#else
typedef i64 Boundary;
#endif

struct Sequence {
  i64 number, first, last;
};
__device__ inline Sequence sequence_at(i64 number, const Boundary *cu, i64 tokens) {
#ifdef BOUNDARY
  return {number, cu[number], cu[number + 1]};
#else
  return {number, number * tokens, (number + 1) * tokens};
#endif
}
__device__ inline Sequence sequence_of(i64 row, const Boundary *cu, const i64 *numbers, i64 tokens) {
#ifdef BOUNDARY
  return sequence_at(numbers[row], cu, tokens);
#else
  return sequence_at(row / tokens, cu, tokens);
#endif
}

// The last sequence that begins at or before each row: of those that begin there, the one that is not empty.
extern "C" __global__ void find_sequences(const Boundary *cu, i64 *numbers, i64 rows, i64 count) {
  const i64 stride = i64(gridDim.x) * blockDim.x;
  for (i64 row = i64(blockIdx.x) * blockDim.x + threadIdx.x; row < rows; row += stride) {
    i64 low = 0, high = count; // the answer is in [low, high)
    while (high - low > 1) {
      const i64 middle = (low + high) / 2;
      if (cu[middle] <= row)
        low = middle;
      else
        high = middle;
    }
    numbers[row] = low;
  }
}

extern "C" __global__ void make_dense(const T *x, T *out, i64 rows, i64 cols, i64 tokens, i64 pitch) {
  elements(pitch % kVector == 0 && vectors_fit(cols, x, out), rows, cols, [=](auto width, i64 row, i64 col, i64 at) {
    constexpr int V = decltype(width)::value;
    store<V>(out, at, load<V>(x, (row + row / tokens) * pitch + col));
  });
}
)cuda";

TokenSteps::TokenSteps(CudaReference &to, const Sequences &sequences, DType dtype, int64_t cols, std::string any)
    : Steps(to, dtype, sequences.rows(), cols), sequences_(sequences), any_(std::move(any)) {
  if (!sequences.packed()) return;
  to.options.push_back(sequences.packed() == tile::i64 ? "-DBOUNDARY=i64" : "-DBOUNDARY=int");
  if (rows_ == 0) return;
  to.workspace.push_back(scratch_of(tile::i64, kSequenceNumbers, {rows_}));
  add("find_sequences", {grid(ceil_div(rows_, kThreads))}, {"cu_seqlens", kSequenceNumbers},
      {rows_, sequences.count()});
}

std::vector<std::string> TokenSteps::with_whereabouts(std::vector<std::string> tensors, std::string out) const {
  const bool packed = sequences_.packed().has_value();
  tensors.push_back(packed ? "cu_seqlens" : any_);
  tensors.push_back(packed && rows_ > 0 ? kSequenceNumbers : any_);
  tensors.push_back(std::move(out));
  return tensors;
}

void TokenSteps::tokens(const char *kernel, std::vector<std::string> tensors, std::string out,
                        std::vector<ArgValue> more) {
  more.insert(more.begin(), sequences_.tokens());
  elements(kernel, with_whereabouts(std::move(tensors), std::move(out)), std::move(more));
}

void TokenSteps::sequences(const char *kernel, std::vector<std::string> tensors, std::string out,
                           std::vector<ArgValue> more) {
  const int64_t count = sequences_.count();
  more.insert(more.begin(), {count, cols_, sequences_.tokens()});
  add(kernel, {grid(ceil_div(count * cols_, kThreads))}, with_whereabouts(std::move(tensors), std::move(out)),
      std::move(more));
}

void TokenSteps::make_dense(std::string in, std::string out, int64_t gap) {
  elements("make_dense", {std::move(in), std::move(out)}, {sequences_.tokens(), cols_ + gap});
}

} // namespace cuda

namespace host {

void find_sequences(HostReference &to, const Sequences &sequences) {
  if (!sequences.packed()) return;
  to.workspace.push_back(scratch_of(tile::i64, kSequenceNumbers, {sequences.rows()}));
  to.steps.push_back([w = Whereabouts(sequences), count = sequences.count(),
                      rows = sequences.rows()](const HostReference::Tensors &t) {
    int64_t *numbers = get<int64_t>(t, kSequenceNumbers);
    tile::runtime::parallel_for(rows, [&](int64_t begin, int64_t end) {
      int64_t low = 0, high = count;
      while (high - low > 1) {
        const int64_t middle = (low + high) / 2;
        (w.boundary(t, middle) <= begin ? low : high) = middle;
      }
      for (int64_t row = begin; row < end; ++row) {
        while (w.boundary(t, low + 1) <= row) ++low;
        numbers[row] = low;
      }
    });
  });
}

} // namespace host

} // namespace fla
