// Calls of l2norm: checked, then run by shape, dtypes and alignment.
#include "modules/l2norm/api.h"

#include "modules/common/PlanKey.h"
#include "modules/common/TensorChecks.h"
#include "modules/l2norm/problem.h"

#include <cmath>

namespace fla {

using l2norm::L2NormProblem;
using l2norm::L2Spec;

namespace {

/// A whole tensor of rows.
RowsOfTensor dense_rows(const TensorChecks &check, std::string_view name, const Tensor &t) {
  check.input(name, t, TensorChecks::kFloats, 1);
  check.contiguous(name, t);
  return check.rows_of(name, t);
}

DType float_or(const TensorChecks &check, std::string_view option, std::optional<DType> given, DType otherwise) {
  const DType dtype = given.value_or(otherwise);
  check.require(is_float(dtype), fmt::format("{} is {}; accepted: bf16, f16, f32", option, tile::name_of(dtype)));
  return dtype;
}

} // namespace

L2NormForward l2norm_forward(Stream &stream, const Tensor &x, const L2NormOptions &options, L2NormForward into) {
  const TensorChecks check(stream, "l2norm_forward");
  const RowsOfTensor r = dense_rows(check, "x", x);
  check.require(std::isfinite(options.eps) && options.eps >= 0,
                fmt::format("eps is {}; accepted: finite numbers from 0 up", options.eps));
  const DType out_dtype = float_or(check, "out_dtype", options.out_dtype, x.dtype);
  into.y = check.output("y", into.y, out_dtype, x.shape);
  into.rstd = check.output("rstd", into.rstd, tile::f32, TensorChecks::leading(x));
  check.apart({{"y", &into.y}, {"rstd", &into.rstd}}, {{"x", &x}});

  const L2Spec spec{.dtype = x.dtype,
                    .out_dtype = out_dtype,
                    .cols = r.cols,
                    .align = TensorChecks::alignment({&x, &into.y, &into.rstd})};
  stream.run(plan_key(check.op(), spec.dtype, spec.out_dtype, r.rows, r.cols, spec.align, options.eps),
             [&] { return std::make_unique<L2NormProblem>(spec, Pass::Fwd, r.rows, options.eps); },
             {{"x", x.data}, {"y", into.y.data}, {"rstd", into.rstd.data}});
  return into;
}

L2NormBackward l2norm_backward(Stream &stream, const Tensor &y, const Tensor &rstd, const Tensor &dy,
                               std::optional<DType> x_dtype, L2NormBackward into) {
  const TensorChecks check(stream, "l2norm_backward");
  const RowsOfTensor r = dense_rows(check, "y", y);
  check.dense_input("rstd", rstd, tile::f32, TensorChecks::leading(y));
  check.dense_input("dy", dy, y.dtype, y.shape);
  const DType dtype = float_or(check, "x_dtype", x_dtype, y.dtype);
  into.dx = check.output("dx", into.dx, dtype, y.shape);
  check.apart({{"dx", &into.dx}}, {{"y", &y}, {"rstd", &rstd}, {"dy", &dy}});

  const L2Spec spec{.dtype = dtype,
                    .out_dtype = y.dtype,
                    .cols = r.cols,
                    .align = TensorChecks::alignment({&y, &rstd, &dy, &into.dx})};
  stream.run(plan_key(check.op(), spec.dtype, spec.out_dtype, r.rows, r.cols, spec.align),
             [&] { return std::make_unique<L2NormProblem>(spec, Pass::Bwd, r.rows); },
             {{"y", y.data}, {"rstd", rstd.data}, {"dy", dy.data}, {"dx", into.dx.data}});
  return into;
}

} // namespace fla
