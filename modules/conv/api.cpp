// Calls of causal_conv1d: checked, then run by sequences, options, strides and alignment.
#include "modules/conv/api.h"

#include "modules/common/PlanKey.h"
#include "modules/common/TokenCalls.h"
#include "modules/conv/problem.h"
#include "modules/conv/update.h"

namespace fla {

using conv::ConvProblem;
using conv::ConvSpec;
using conv::UpdateProblem;

namespace {

/// The spec of w and bias for x of `cols` columns.
ConvSpec checked_spec(const TensorChecks &check, int64_t cols, const Tensor &w, const Tensor &bias, bool silu) {
  check.input("w", w, TensorChecks::kFloats, 2);
  if (w.rank() != 2 || w.shape[0] != cols || w.shape[1] < 1 || w.shape[1] > conv::kMostWidth)
    check.refuse("w", w, fmt::format("[{}, W] with W from 1 to {}", cols, conv::kMostWidth));
  check.contiguous("w", w);
  ConvSpec spec;
  spec.weight_dtype = w.dtype;
  spec.width = w.shape[1];
  spec.silu = silu;
  spec.bias = TensorChecks::is_given(bias);
  if (spec.bias) check.dense_input("bias", bias, w.dtype, {cols});
  return spec;
}

/// An optional input; whether it is there.
bool optional_input(const TensorChecks &check, std::string_view name, const Tensor &t, DType dtype,
                    const std::vector<int64_t> &shape) {
  const bool is_there = TensorChecks::is_given(t);
  if (is_there) check.dense_input(name, t, dtype, shape);
  return is_there;
}

std::string key_of(const TensorChecks &check, std::string_view tokens, const ConvSpec &s) {
  return plan_key(check.op(), tokens, s.tokens.align, s.weight_dtype, s.width, s.bias, s.silu, s.residual,
                  s.initial_state, s.final_state);
}

std::unique_ptr<Problem> problem_of(const TokenCall &call, const ConvSpec &spec, Pass pass) {
  return std::make_unique<Placed<ConvProblem>>(call, spec, pass, call.sequences());
}

} // namespace

CausalConv1dForward causal_conv1d_forward(Stream &stream, const Tensor &x, const Tensor &w,
                                          const CausalConv1dOptions &options, CausalConv1dForward into) {
  const TensorChecks check(stream, "causal_conv1d_forward");
  const TokenCall call(check, "x", x, options.cu_seqlens, options.check);
  ConvSpec spec = checked_spec(check, call.cols(), w, options.bias, options.silu);
  const std::vector<int64_t> state = {call.count(), call.cols(), spec.width};
  spec.residual = optional_input(check, "residual", options.residual, x.dtype, x.shape);
  spec.initial_state = optional_input(check, "initial_state", options.initial_state, x.dtype, state);
  spec.final_state = options.final_state;
  into.y = check.output("y", into.y, x.dtype, x.shape);
  into.final_state = check.output_if(spec.final_state, "final_state", into.final_state, x.dtype, state);
  check.apart({{"y", &into.y}, {"final_state", &into.final_state}}, {{"x", &x},
                                                                     {"w", &w},
                                                                     {"bias", &options.bias},
                                                                     {"residual", &options.residual},
                                                                     {"initial_state", &options.initial_state},
                                                                     {"cu_seqlens", &options.cu_seqlens}});

  spec.tokens = call.layout(TensorChecks::alignment({{"x", &x},
                                                     {"w", &w},
                                                     {"bias", &options.bias},
                                                     {"residual", &options.residual},
                                                     {"initial_state", &options.initial_state},
                                                     {"y", &into.y},
                                                     {"final_state", &into.final_state}}));
  stream.run(key_of(check, call.key(), spec), [&] { return problem_of(call, spec, Pass::Fwd); },
             {{"x", x.data},
              {"w", w.data},
              {"b", options.bias.data},
              {"cu_seqlens", options.cu_seqlens.data},
              {"residual", options.residual.data},
              {"initial_state", options.initial_state.data},
              {"y", into.y.data},
              {"final_state", into.final_state.data}});
  return into;
}

CausalConv1dBackward causal_conv1d_backward(Stream &stream, const Tensor &x, const Tensor &w, const Tensor &dy,
                                            const CausalConv1dBackwardOptions &options, CausalConv1dBackward into) {
  const TensorChecks check(stream, "causal_conv1d_backward");
  TokenCall call(check, "x", x, options.cu_seqlens, options.check);
  call.add_strided("dy", dy);
  ConvSpec spec = checked_spec(check, call.cols(), w, options.bias, options.silu);
  const std::vector<int64_t> state = {call.count(), call.cols(), spec.width};
  spec.initial_state = optional_input(check, "initial_state", options.initial_state, x.dtype, state);
  spec.final_state = optional_input(check, "dfinal_state", options.dfinal_state, x.dtype, state);
  into.dx = check.output("dx", into.dx, x.dtype, x.shape);
  into.dw = check.output("dw", into.dw, w.dtype, w.shape);
  into.db = check.output_if(spec.bias, "db", into.db, w.dtype, {call.cols()});
  into.dinitial_state = check.output_if(spec.initial_state, "dinitial_state", into.dinitial_state, x.dtype, state);
  check.apart({{"dx", &into.dx}, {"dw", &into.dw}, {"db", &into.db}, {"dinitial_state", &into.dinitial_state}},
              {{"x", &x},
               {"w", &w},
               {"dy", &dy},
               {"bias", &options.bias},
               {"initial_state", &options.initial_state},
               {"dfinal_state", &options.dfinal_state},
               {"cu_seqlens", &options.cu_seqlens}});

  spec.tokens = call.layout(TensorChecks::alignment({{"x", &x},
                                                     {"w", &w},
                                                     {"dy", &dy},
                                                     {"bias", &options.bias},
                                                     {"initial_state", &options.initial_state},
                                                     {"dfinal_state", &options.dfinal_state},
                                                     {"dx", &into.dx},
                                                     {"dw", &into.dw},
                                                     {"db", &into.db},
                                                     {"dinitial_state", &into.dinitial_state}}));
  stream.run(key_of(check, call.key(), spec), [&] { return problem_of(call, spec, Pass::Bwd); },
             {{"x", x.data},
              {"w", w.data},
              {"dy", dy.data},
              {"b", options.bias.data},
              {"cu_seqlens", options.cu_seqlens.data},
              {"initial_state", options.initial_state.data},
              {"dfinal_state", options.dfinal_state.data},
              {"dx", into.dx.data},
              {"dw", into.dw.data},
              {"db", into.db.data},
              {"dinitial_state", into.dinitial_state.data}});
  return into;
}

Tensor causal_conv1d_update(Stream &stream, const Tensor &x, const Tensor &w, const Tensor &state,
                            const CausalConv1dUpdateOptions &options, Tensor into) {
  const TensorChecks check(stream, "causal_conv1d_update");
  check.input("x", x, TensorChecks::kFloats, 1);
  check.contiguous("x", x);
  const RowsOfTensor r = check.rows_of("x", x);
  ConvSpec spec = checked_spec(check, r.cols, w, options.bias, options.silu);
  spec.residual = optional_input(check, "residual", options.residual, x.dtype, x.shape);
  check.dense_input("state", state, x.dtype, {r.rows, r.cols, spec.width});
  const Tensor y = check.output("y", into, x.dtype, x.shape);
  check.apart({{"y", &y}, {"state", &state}},
              {{"x", &x}, {"w", &w}, {"bias", &options.bias}, {"residual", &options.residual}});

  spec.tokens.dtype = x.dtype;
  spec.tokens.cols = r.cols;
  spec.tokens.align = TensorChecks::alignment(
      {{"x", &x}, {"w", &w}, {"bias", &options.bias}, {"residual", &options.residual}, {"state", &state}, {"y", &y}});
  stream.run(key_of(check, plan_key(tile::name_of(x.dtype), r.rows, r.cols), spec),
             [&] { return std::make_unique<UpdateProblem>(spec, r.rows); },
             {{"x", x.data},
              {"w", w.data},
              {"b", options.bias.data},
              {"residual", options.residual.data},
              {"state", state.data},
              {"new_state", state.data},
              {"y", y.data}});
  return y;
}

} // namespace fla
