#include "modules/common/CudaSteps.h"

#include "modules/common/Rows.h"

#include <algorithm>

namespace fla::cuda {

using tile::runtime::Grid;

const char *cpp_type(DType dtype) {
  switch (dtype) {
  case tile::f16:
    return "__half";
  case tile::bf16:
    return "__nv_bfloat16";
  default:
    return "float";
  }
}

std::vector<std::string> options(DType dtype) {
  // NVRTC takes the source's generic lambdas for host code unless told otherwise.
  return {std::string("-DELEMENT=") + cpp_type(dtype), "-default-device"};
}

void Steps::elements(const char *kernel, std::vector<std::string> tensors, std::vector<ArgValue> more) {
  const int64_t per_thread = cols_ % vector_ == 0 ? vector_ : 1;
  more.insert(more.begin(), {rows_, cols_});
  add(kernel, {grid(ceil_div(rows_ * cols_, per_thread * kThreads))}, std::move(tensors), std::move(more));
}

void Steps::columns(DType of, const std::string &in, const std::string &out) {
  const int64_t blocks = ceil_div(cols_, 32 * 16 / tile::size_of(of));
  // Enough blocks to fill a GPU, but not so many that the second stage has much to read.
  const int64_t parts = std::clamp<int64_t>(ceil_div(2048, blocks), 1, std::clamp<int64_t>(rows_ / 32, 1, 256));
  const std::string between = "unfused_parts_" + out;
  to_.workspace.push_back(scratch(between, {parts, cols_}));
  add(of == tile::f32 ? "column_sums_f32" : "column_sums_t", {grid(blocks), uint32_t(parts)}, {in, between},
      {rows_, cols_});
  add("finish_columns", {grid(ceil_div(cols_, 32))}, {between, out}, {parts, cols_});
}

uint32_t Steps::grid(int64_t blocks) {
  return uint32_t(std::min<int64_t>(blocks, 1 << 24));
}

void Steps::add(const char *kernel, Grid grid, std::vector<std::string> tensors, std::vector<ArgValue> values) {
  if (grid.programs() == 0) return;
  CudaStep step{kernel, grid, uint32_t(kThreads), {}};
  for (std::string &tensor : tensors) step.args.push_back(std::move(tensor));
  for (ArgValue &value : values) step.args.push_back(std::move(value));
  to_.steps.push_back(std::move(step));
}

} // namespace fla::cuda
