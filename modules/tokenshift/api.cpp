// Calls of token_shift: checked, then run by sequences, strides and alignment.
#include "modules/tokenshift/api.h"

#include "modules/common/PlanKey.h"
#include "modules/common/TokenCalls.h"
#include "modules/tokenshift/problem.h"

namespace fla {

using tokenshift::ShiftProblem;
using tokenshift::ShiftSpec;

namespace {

std::string key_of(const TensorChecks &check, const TokenCall &call, const ShiftSpec &spec) {
  return plan_key(check.op(), call.key(), spec.tokens.align, spec.cache, spec.next_cache);
}

std::unique_ptr<Problem> problem_of(const TokenCall &call, const ShiftSpec &spec, Pass pass) {
  return std::make_unique<Placed<ShiftProblem>>(call, spec, pass, call.sequences());
}

} // namespace

TokenShiftForward token_shift_forward(Stream &stream, const Tensor &x, const TokenShiftOptions &options,
                                      TokenShiftForward into) {
  const TensorChecks check(stream, "token_shift_forward");
  const TokenCall call(check, "x", x, options.cu_seqlens, options.check);
  const std::vector<int64_t> per_sequence = {call.count(), call.cols()};
  const bool has_cache = check.is_given(options.cache);
  if (has_cache) check.dense_input("cache", options.cache, x.dtype, per_sequence);
  into.y = check.output("y", into.y, x.dtype, x.shape);
  into.next_cache = check.output_if(options.next_cache, "next_cache", into.next_cache, x.dtype, per_sequence);
  check.apart({{"y", &into.y}, {"next_cache", &into.next_cache}},
              {{"x", &x}, {"cache", &options.cache}, {"cu_seqlens", &options.cu_seqlens}});

  ShiftSpec spec;
  spec.tokens = call.layout(TensorChecks::alignment({&x, &options.cache, &into.y, &into.next_cache}));
  spec.cache = has_cache;
  spec.next_cache = options.next_cache;
  stream.run(key_of(check, call, spec), [&] { return problem_of(call, spec, Pass::Fwd); },
             {{"x", x.data},
              {"cu_seqlens", options.cu_seqlens.data},
              {"cache", options.cache.data},
              {"y", into.y.data},
              {"next_cache", into.next_cache.data}});
  return into;
}

TokenShiftBackward token_shift_backward(Stream &stream, const Tensor &dy, const TokenShiftBackwardOptions &options,
                                        TokenShiftBackward into) {
  const TensorChecks check(stream, "token_shift_backward");
  const TokenCall call(check, "dy", dy, options.cu_seqlens, options.check);
  const std::vector<int64_t> per_sequence = {call.count(), call.cols()};
  const bool has_next = check.is_given(options.dnext_cache);
  if (has_next) check.dense_input("dnext_cache", options.dnext_cache, dy.dtype, per_sequence);
  into.dx = check.output("dx", into.dx, dy.dtype, dy.shape);
  into.dcache = check.output_if(options.cache, "dcache", into.dcache, dy.dtype, per_sequence);
  check.apart({{"dx", &into.dx}, {"dcache", &into.dcache}},
              {{"dy", &dy}, {"dnext_cache", &options.dnext_cache}, {"cu_seqlens", &options.cu_seqlens}});

  ShiftSpec spec;
  spec.tokens = call.layout(TensorChecks::alignment({&dy, &options.dnext_cache, &into.dx, &into.dcache}));
  spec.cache = options.cache;
  spec.next_cache = has_next;
  stream.run(key_of(check, call, spec), [&] { return problem_of(call, spec, Pass::Bwd); },
             {{"dy", dy.data},
              {"cu_seqlens", options.cu_seqlens.data},
              {"dnext_cache", options.dnext_cache.data},
              {"dx", into.dx.data},
              {"dcache", into.dcache.data}});
  return into;
}

} // namespace fla
