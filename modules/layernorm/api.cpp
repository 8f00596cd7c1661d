// Calls of norms: checked, then run by options, shape, strides and alignment.
#include "modules/layernorm/api.h"

#include "modules/common/PlanKey.h"
#include "modules/common/TensorChecks.h"
#include "modules/layernorm/problem.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace fla {

using layernorm::NormProblem;
using layernorm::NormSpec;

namespace {

/// A call whose inputs but x are in order: what both passes share.
class NormCall {
public:
  NormCall(const TensorChecks &check, bool centered, const Tensor &x, const Tensor &weight, const Tensor &bias,
           const NormOptions &options)
      : check_(check), options_(options), x_(x), weight_(weight), bias_(bias) {
    spec_.centered = centered;
    spec_.dtype = x.dtype;
    spec_.weight = TensorChecks::is_given(weight);
    spec_.bias = TensorChecks::is_given(bias);
    spec_.weight_offset = options.weight_offset;
    if (TensorChecks::is_given(options.gate)) spec_.gate = gate_of(options.activation);
    spec_.gate_first = options.gate_first;
    spec_.residual = TensorChecks::is_given(options.residual);
    spec_.prenorm = options.prenorm;
    spec_.residual_in_fp32 = options.residual_in_fp32;
    spec_.out_dtype = options.out_dtype;
    spec_.groups = options.groups;
    check.require(std::isfinite(options.eps) && options.eps >= 0,
                  fmt::format("eps is {}; accepted: finite numbers from 0 up", options.eps));
  }

  const NormSpec &spec() const { return spec_; }
  const std::vector<int64_t> &statistics() const { return statistics_; }

  /// What rows are made of: x, or the sum that stands for it.
  void take_rows(std::string_view name, const Tensor &t, DType dtype) {
    check_.input(name, t, TensorChecks::kFloats, 1);
    check_.input(name, t, {dtype});
    const RowsOfTensor r = check_.rows_of(name, t);
    rows_ = r.rows;
    spec_.cols = r.cols;
    spec_.check();
    constexpr int64_t kMostPrograms = (int64_t(1) << 31) - 1;
    check_.require(rows_ <= kMostPrograms / spec_.groups,
                   fmt::format("{} rows of {} groups; accepted: {} groups in all", rows_, spec_.groups, kMostPrograms));
    strides_.x = check_.row_stride(name, t);
    statistics_ = TensorChecks::leading(t);
    if (spec_.groups > 1) statistics_.push_back(spec_.groups);
    if (spec_.weight) check_.dense_input("weight", weight_, spec_.dtype, {spec_.cols});
    if (spec_.bias) check_.dense_input("bias", bias_, spec_.dtype, {spec_.cols});
    if (spec_.gate != layernorm::Gate::None)
      strides_.g = check_.input_of_rows("gate", options_.gate, spec_.dtype, t.shape);
  }
  void take_dy(const Tensor &dy) { strides_.dy = check_.input_of_rows("dy", dy, spec_.y_dtype(), x_.shape); }

  /// Runs on these tensors, of which the first `outputs` are written.
  void run(Pass pass, std::initializer_list<NamedTensor> outputs, std::initializer_list<NamedTensor> inputs) {
    check_.apart(outputs, inputs);
    spec_.align = std::min(TensorChecks::alignment(outputs), TensorChecks::alignment(inputs));
    const int64_t strides = strides_.x | strides_.g | strides_.dy; // 0: there is no such tensor
    const bool apart = std::ranges::any_of(std::array{strides_.x, strides_.g, strides_.dy},
                                           [&](int64_t stride) { return stride != 0 && stride != spec_.cols; });
    if (apart) spec_.stride_divisor = std::min<int64_t>(strides & -strides, 64);

    const NormSpec &s = spec_;
    const std::string key = plan_key(check_.op(), s.dtype, s.y_dtype(), rows_, s.cols, s.groups, s.align, strides_.x,
                                     strides_.g, strides_.dy, options_.eps, s.weight, s.bias, s.weight_offset,
                                     int(s.gate), s.gate_first, s.residual, s.prenorm, s.residual_in_fp32);
    auto at = [&](std::string_view name) -> const void * {
      for (const auto &list : {outputs, inputs})
        for (const NamedTensor &t : list)
          if (t.name == name) return t.tensor->data;
      return nullptr;
    };
    check_.stream().run(key, [&] { return std::make_unique<NormProblem>(s, pass, rows_, options_.eps, strides_); },
                        {{"x", at("x")},
                         {"residual", at("residual")},
                         {"sum", at("sum")},
                         {"w", at("weight")},
                         {"b", at("bias")},
                         {"g", at("gate")},
                         {"mean", at("mean")},
                         {"rstd", at("rstd")},
                         {"y", at("y")},
                         {"dy", at("dy")},
                         {"dsum", at("dsum")},
                         {"dx", at("dx")},
                         {"dresidual", at("dresidual")},
                         {"dg", at("dgate")},
                         {"dw", at("dweight")},
                         {"db", at("dbias")}});
  }

private:
  layernorm::Gate gate_of(GateActivation activation) const {
    check_.require(activation == GateActivation::silu || activation == GateActivation::sigmoid,
                   fmt::format("{} is no GateActivation; accepted: silu, sigmoid", int(activation)));
    return activation == GateActivation::silu ? layernorm::Gate::Silu : layernorm::Gate::Sigmoid;
  }
  const TensorChecks &check_;
  const NormOptions &options_;
  const Tensor &x_, &weight_, &bias_;
  NormSpec spec_;
  int64_t rows_ = 0;
  layernorm::RowStrides strides_;
  std::vector<int64_t> statistics_;
};

NormForward forward(Stream &stream, std::string_view op, bool centered, const Tensor &x, const Tensor &weight,
                    const Tensor &bias, const NormOptions &options, NormForward into) {
  const TensorChecks check(stream, op);
  NormCall call(check, centered, x, weight, bias, options);
  call.take_rows("x", x, x.dtype);
  const NormSpec &spec = call.spec();
  if (spec.residual) check.dense_input("residual", options.residual, spec.sum_dtype(), x.shape);
  into.y = check.output("y", into.y, spec.y_dtype(), x.shape);
  into.sum = check.output_if(spec.saves_sum(), "sum", into.sum, spec.sum_dtype(), x.shape);
  into.mean = check.output_if(centered, "mean", into.mean, tile::f32, call.statistics());
  into.rstd = check.output("rstd", into.rstd, tile::f32, call.statistics());
  call.run(Pass::Fwd, {{"y", &into.y}, {"sum", &into.sum}, {"mean", &into.mean}, {"rstd", &into.rstd}},
           {{"x", &x}, {"weight", &weight}, {"bias", &bias}, {"gate", &options.gate}, {"residual", &options.residual}});
  if (spec.prenorm && !spec.saves_sum()) into.sum = x;
  return into;
}

NormBackward backward(Stream &stream, std::string_view op, bool centered, const Tensor &x, const Tensor &weight,
                      const Tensor &bias, const NormForward &saved, const Tensor &dy, const NormOptions &options,
                      const Tensor &dsum, NormBackward into) {
  const TensorChecks check(stream, op);
  NormCall call(check, centered, x, weight, bias, options);
  const NormSpec &spec = call.spec();
  const bool from_sum = spec.saves_sum();
  const Tensor none;
  const Tensor &sum = from_sum ? saved.sum : none, &read_x = from_sum ? none : x;
  if (from_sum) {
    check.contiguous("sum", sum);
    check.shape("sum", sum, x.shape);
    call.take_rows("sum", sum, spec.sum_dtype());
  } else {
    call.take_rows("x", x, x.dtype);
  }
  if (centered) check.dense_input("mean", saved.mean, tile::f32, call.statistics());
  check.dense_input("rstd", saved.rstd, tile::f32, call.statistics());
  call.take_dy(dy);
  if (spec.prenorm) check.dense_input("dsum", dsum, spec.sum_dtype(), x.shape);
  if (!spec.prenorm && TensorChecks::is_given(dsum)) check.refuse("dsum", dsum, "no such tensor without prenorm");

  const bool gated = spec.gate != layernorm::Gate::None;
  into.dx = check.output("dx", into.dx, spec.dtype, x.shape);
  into.dresidual = check.output_if(spec.has_dresidual(), "dresidual", into.dresidual, spec.sum_dtype(), x.shape);
  into.dgate = check.output_if(gated, "dgate", into.dgate, spec.dtype, x.shape);
  into.dweight = check.output_if(spec.weight, "dweight", into.dweight, spec.dtype, {spec.cols});
  into.dbias = check.output_if(spec.bias, "dbias", into.dbias, spec.dtype, {spec.cols});
  call.run(Pass::Bwd,
           {{"dx", &into.dx},
            {"dresidual", &into.dresidual},
            {"dgate", &into.dgate},
            {"dweight", &into.dweight},
            {"dbias", &into.dbias}},
           {{"x", &read_x},
            {"sum", &sum},
            {"weight", &weight},
            {"bias", &bias},
            {"gate", &options.gate},
            {"mean", centered ? &saved.mean : &none},
            {"rstd", &saved.rstd},
            {"dy", &dy},
            {"dsum", &dsum}});
  if (spec.residual && !spec.has_dresidual()) into.dresidual = into.dx;
  return into;
}

} // namespace

NormForward layer_norm_forward(Stream &stream, const Tensor &x, const Tensor &weight, const Tensor &bias,
                               const NormOptions &options, NormForward into) {
  return forward(stream, "layer_norm_forward", true, x, weight, bias, options, std::move(into));
}

NormForward rms_norm_forward(Stream &stream, const Tensor &x, const Tensor &weight, const Tensor &bias,
                             const NormOptions &options, NormForward into) {
  return forward(stream, "rms_norm_forward", false, x, weight, bias, options, std::move(into));
}

NormBackward layer_norm_backward(Stream &stream, const Tensor &x, const Tensor &weight, const Tensor &bias,
                                 const NormForward &saved, const Tensor &dy, const NormOptions &options,
                                 const Tensor &dsum, NormBackward into) {
  return backward(stream, "layer_norm_backward", true, x, weight, bias, saved, dy, options, dsum, std::move(into));
}

NormBackward rms_norm_backward(Stream &stream, const Tensor &x, const Tensor &weight, const Tensor &bias,
                               const NormForward &saved, const Tensor &dy, const NormOptions &options,
                               const Tensor &dsum, NormBackward into) {
  return backward(stream, "rms_norm_backward", false, x, weight, bias, saved, dy, options, dsum, std::move(into));
}

} // namespace fla
