// The unfused activation on a GPU: CUDA C++ is made from the plan, one kernel for each kind of step, with 16-byte
// accesses where rows and addresses permit and 64-bit offsets.
#include "modules/activations/reference.h"
#include "modules/common/CudaSteps.h"

#include <fmt/format.h>

#include <set>

namespace fla::activations {

namespace {

/// Tensors whose rows may be apart; a stride of 0 is one row for all.
constexpr const char *kRows = R"cuda(
template <class E> struct Rows {
  E *data;
  i64 stride;
  __device__ inline bool fits() const {
    return (reinterpret_cast<unsigned long long>(data) & 15) == 0 && stride % kVector == 0;
  }
  __device__ inline E *at(i64 row, i64 col) const { return data + row * stride + col; }
};
template <class E> __device__ inline Rows<E> rows_of(E *data, i64 stride, i64 offset) {
  return {data + offset, stride};
}
)cuda";

constexpr const char *kOperands = "abde";

/// Steps of the same function on the same dtypes share a kernel: multiply_tf_t.
std::string kernel_name(const ReferenceStep &step) {
  std::string name(step.function->name);
  name += "_";
  for (const StepOperand &in : step.in) name += in.dtype == tile::f32 ? 'f' : 't';
  return name + (step.out.dtype == tile::f32 ? "_f" : "_t");
}

const char *type(const StepOperand &operand) {
  return operand.dtype == tile::f32 ? "float" : "T";
}

std::string kernel_source(const ReferenceStep &step) {
  std::string parameters, rows, fits, loads, letters;
  auto add = [&](const StepOperand &o, const std::string &name, const char *is_const) {
    parameters += fmt::format("{}{} *{}_data, ", is_const, type(o), name);
    rows += fmt::format("  const auto {0}_rows = rows_of({0}_data, {0}_stride, {0}_offset);\n", name);
    fits += fmt::format(" && {}_rows.fits()", name);
  };
  std::string strides;
  for (size_t i = 0; i < step.in.size(); ++i) {
    const std::string name(1, kOperands[i]);
    add(step.in[i], name, "const ");
    strides += fmt::format(", i64 {0}_stride, i64 {0}_offset", name);
    loads += fmt::format("    const auto {0}_v = load<V>({0}_rows.at(row, col), 0);\n", name);
    letters += fmt::format("const float {0} = {0}_v.f[i]; ", name);
  }
  add(step.out, "out", "");
  strides += ", i64 out_stride, i64 out_offset, float c";
  return fmt::format("extern \"C\" __global__ void {}({}i64 rows, i64 cols{}) {{\n{}"
                     "  elements(cols % kVector == 0{}, rows, cols, [=](auto width, i64 row, i64 col, i64) {{\n"
                     "    constexpr int V = decltype(width)::value;\n{}"
                     "    store<V>(out_rows.at(row, col), 0, each<V>([&](int i) -> float {{ {}return {}; }}));\n"
                     "  }});\n}}\n",
                     kernel_name(step), parameters, strides, rows, fits, loads, letters, step.function->cuda);
}

/// The kernels of every pass of an op, so that all of its cases share one source.
std::string source_of(const ActivationProblem &problem) {
  std::string source = std::string(cuda::kElements) + cuda::kColumnSums + kRows;
  std::set<std::string> known;
  for (bool backward : {false, true})
    for (const ReferenceStep &step : reference_plan(problem, !backward, backward).steps)
      if (known.insert(kernel_name(step)).second) source += kernel_source(step);
  return source;
}

} // namespace

CudaReference ActivationProblem::cuda_reference() const {
  ReferencePlan plan = reference_plan(*this, runs_forward(), runs_backward());
  CudaReference reference;
  reference.source = source_of(*this);
  reference.options = cuda::options(spec_.dtype);
  reference.workspace = std::move(plan.workspace);
  cuda::Steps steps(reference, spec_.dtype, rows_, spec_.cols);
  for (const ReferenceStep &step : plan.steps) {
    std::vector<std::string> tensors;
    std::vector<ArgValue> more;
    auto add = [&](const StepOperand &o) {
      tensors.push_back(o.tensor);
      more.insert(more.end(), {o.stride, o.offset});
    };
    for (const StepOperand &in : step.in) add(in);
    add(step.out);
    more.push_back(step.constant);
    steps.elements(kernel_name(step).c_str(), std::move(tensors), std::move(more));
  }
  if (plan.sums_columns) steps.columns(tile::f32, kSummed, "db");
  return reference;
}

} // namespace fla::activations
