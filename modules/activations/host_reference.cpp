// The unfused activation on the host: each step a loop over all elements on all cores, in pieces that stay in a core's
// first cache while they are widened, computed and narrowed.
#include "modules/activations/reference.h"
#include "modules/common/HostSteps.h"
#include "modules/common/Rows.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <array>

namespace fla::activations {

using Tensors = HostReference::Tensors;
using tile::runtime::parallel_for;

namespace {

constexpr int64_t kPiece = 512;

/// A tensor of a step, with its address.
class Elements {
public:
  Elements(const StepOperand &o, const Tensors &tensors) : operand_(o), data_(tensors.at(o.tensor)) {}

  /// `n` elements of a row as f32: where they lie, or in `piece`.
  const float *read(int64_t row, int64_t col, int64_t n, float *piece) const {
    const int64_t at = row * operand_.stride + operand_.offset + col;
    if (operand_.dtype == tile::f32) return static_cast<const float *>(data_) + at;
    host::with_type(operand_.dtype, [&](auto element) {
      const auto *__restrict from = static_cast<const decltype(element) *>(data_) + at;
      for (int64_t i = 0; i < n; ++i) piece[i] = host::load(from[i]);
    });
    return piece;
  }
  /// Where f32 results can go at once; else `piece`, to be stored by `write`.
  float *target(int64_t row, int64_t col, float *piece) const {
    if (operand_.dtype != tile::f32) return piece;
    return static_cast<float *>(data_) + row * operand_.stride + operand_.offset + col;
  }
  void write(int64_t row, int64_t col, int64_t n, const float *__restrict piece) const {
    if (operand_.dtype == tile::f32) return;
    host::with_type(operand_.dtype, [&](auto element) {
      auto *__restrict to = static_cast<decltype(element) *>(data_) + row * operand_.stride + operand_.offset + col;
      for (int64_t i = 0; i < n; ++i) host::store(to[i], piece[i]);
    });
  }

private:
  StepOperand operand_;
  void *data_;
};

void run(const ReferenceStep &step, const Tensors &tensors, int64_t rows, int64_t cols) {
  std::vector<Elements> in;
  for (const StepOperand &o : step.in) in.emplace_back(o, tensors);
  const Elements out(step.out, tensors);
  const int64_t pieces = ceil_div(cols, kPiece);
  parallel_for(rows * pieces, [&](int64_t begin, int64_t end) {
    std::array<std::array<float, kPiece>, 5> memory;
    std::array<const float *, 4> from{};
    for (int64_t p = begin; p < end; ++p) {
      const int64_t row = p / pieces, col = p % pieces * kPiece, n = std::min(kPiece, cols - col);
      for (size_t i = 0; i < in.size(); ++i) from[i] = in[i].read(row, col, n, memory[i].data());
      float *to = out.target(row, col, memory[4].data());
      step.function->host(from.data(), float(step.constant), to, int(n));
      out.write(row, col, n, to);
    }
  });
}

/// Contiguous tensors are rows of whole pieces, whatever D is; the last is shorter.
bool is_contiguous(const ReferenceStep &step, int64_t cols) {
  auto is_whole = [&](const StepOperand &o) { return o.stride == cols && o.offset == 0; };
  return std::all_of(step.in.begin(), step.in.end(), is_whole) && is_whole(step.out);
}

} // namespace

HostReference ActivationProblem::host_reference() const {
  ReferencePlan plan = reference_plan(*this, runs_forward(), runs_backward());
  HostReference reference;
  reference.workspace = std::move(plan.workspace);
  for (const ReferenceStep &step : plan.steps) {
    const bool flat = is_contiguous(step, spec_.cols);
    const int64_t rows = flat ? 1 : rows_, cols = flat ? rows_ * spec_.cols : spec_.cols;
    reference.steps.push_back([=](const Tensors &tensors) { run(step, tensors, rows, cols); });
  }
  if (plan.sums_columns)
    host::with_type(spec_.dtype, [&](auto element) {
      host::Steps<decltype(element)>(reference, rows_, spec_.cols).template columns<float>(kSummed, "db");
    });
  return reference;
}

} // namespace fla::activations
