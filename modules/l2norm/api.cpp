// Calls of l2norm: checked, then run by shape, dtypes and alignment.
#include "modules/l2norm/api.h"

#include "modules/common/PlanKey.h"
#include "modules/common/TensorChecks.h"
#include "modules/l2norm/problem.h"

#include <algorithm>
#include <cmath>

namespace fla {

using l2norm::L2NormProblem;
using l2norm::L2Spec;

namespace {

/// A spec whose rows, of x or dy, lie like those.
L2Spec spec_of(DType dtype, DType out_dtype, const RowsOfTensor &r, int align) {
  L2Spec spec{.dtype = dtype, .out_dtype = out_dtype, .cols = r.cols, .align = align};
  if (!r.is_dense()) spec.stride_divisor = std::min<int64_t>(r.stride & -r.stride, 64);
  return spec;
}

DType float_or(const TensorChecks &check, std::string_view option, std::optional<DType> given, DType otherwise) {
  const DType dtype = given.value_or(otherwise);
  check.require(is_float(dtype), fmt::format("{} is {}; accepted: bf16, f16, f32", option, tile::name_of(dtype)));
  return dtype;
}

} // namespace

L2NormForward l2norm_forward(Stream &stream, const Tensor &x, const L2NormOptions &options, L2NormForward into) {
  const TensorChecks check(stream, "l2norm_forward");
  check.input("x", x, TensorChecks::kFloats, 1);
  const RowsOfTensor r = check.rows_of("x", x);
  check.require(std::isfinite(options.eps) && options.eps >= 0,
                fmt::format("eps is {}; accepted: finite numbers from 0 up", options.eps));
  const DType out_dtype = float_or(check, "out_dtype", options.out_dtype, x.dtype);
  into.y = check.output("y", into.y, out_dtype, x.shape);
  into.rstd = check.output("rstd", into.rstd, tile::f32, TensorChecks::leading(x));
  check.apart({{"y", &into.y}, {"rstd", &into.rstd}}, {{"x", &x}});

  const L2Spec spec = spec_of(x.dtype, out_dtype, r, TensorChecks::alignment({&x, &into.y, &into.rstd}));
  stream.run(plan_key(check.op(), spec.dtype, spec.out_dtype, r.rows, r.cols, r.stride, spec.align, options.eps),
             [&] { return std::make_unique<L2NormProblem>(spec, Pass::Fwd, r.rows, options.eps, r.stride); },
             {{"x", x.data}, {"y", into.y.data}, {"rstd", into.rstd.data}});
  return into;
}

L2NormBackward l2norm_backward(Stream &stream, const Tensor &y, const Tensor &rstd, const Tensor &dy,
                               std::optional<DType> x_dtype, L2NormBackward into) {
  const TensorChecks check(stream, "l2norm_backward");
  check.input("y", y, TensorChecks::kFloats, 1);
  check.contiguous("y", y);
  check.dense_input("rstd", rstd, tile::f32, TensorChecks::leading(y));
  check.input_of_rows("dy", dy, y.dtype, y.shape);
  const RowsOfTensor r = check.rows_of("dy", dy);
  const DType dtype = float_or(check, "x_dtype", x_dtype, y.dtype);
  into.dx = check.output("dx", into.dx, dtype, y.shape);
  check.apart({{"dx", &into.dx}}, {{"y", &y}, {"rstd", &rstd}, {"dy", &dy}});

  const L2Spec spec = spec_of(dtype, y.dtype, r, TensorChecks::alignment({&y, &rstd, &dy, &into.dx}));
  stream.run(plan_key(check.op(), spec.dtype, spec.out_dtype, r.rows, r.cols, r.stride, spec.align),
             [&] { return std::make_unique<L2NormProblem>(spec, Pass::Bwd, r.rows, 1e-6, r.stride); },
             {{"y", y.data}, {"rstd", rstd.data}, {"dy", dy.data}, {"dx", into.dx.data}});
  return into;
}

} // namespace fla
