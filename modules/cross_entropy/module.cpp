// The module as the arena sees it: its op, cases and the limits of what a case may ask for.
#include "modules/cross_entropy/problem.h"

#include "modules/common/Limits.h"

namespace fla {

namespace {

class CrossEntropyModule : public Module {
public:
  std::string_view name() const override { return "cross_entropy"; }

  std::vector<OpInfo> ops() const override {
    return {{"cross_entropy",
             {"N", "V"},
             {Pass::Fwd, Pass::Bwd, Pass::FwdBwd},
             "mean over N rows of log(sum(exp(x))) - x[target]; saves lse"}};
  }

  std::vector<DType> dtypes() const override { return float_dtypes(); }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    std::vector<Case> all; // 4 sequences of 128, 256, ... 16384 tokens
    for (int64_t tokens = 128; tokens <= 16384; tokens *= 2) all.push_back({{"N", 4 * tokens}, {"V", 120000}});
    return grid_named(
        name(), grid,
        {{{"N", 128}, {"V", 1000}}, {{"N", 64}, {"V", 32000}}, {{"N", 64}, {"V", 50257}}, {{"N", 128}, {"V", 120000}}},
        all);
  }

  std::unique_ptr<Problem> problem(std::string_view op, Pass pass, const Case &c, DType dtype) const override {
    op_named(*this, op);
    check_rows(op, c, "N", "V");
    check_dtype(op, dtype, dtypes());
    cross_entropy::Spec spec;
    spec.dtype = dtype;
    spec.classes = c["V"];
    spec.align = 64; // tensors of the arena are allocated whole
    return std::make_unique<cross_entropy::CrossEntropyProblem>(spec, pass, c["N"]);
  }
};

} // namespace

std::unique_ptr<Module> make_cross_entropy() {
  return std::make_unique<CrossEntropyModule>();
}

} // namespace fla
