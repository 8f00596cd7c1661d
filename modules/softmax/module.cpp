// softmax as the arena sees it: the example of modules/README.md, not one of the arena's own modules.
#include "modules/softmax/softmax.h"

namespace fla {

namespace {

class SoftmaxModule : public Module {
public:
  std::string_view name() const override { return "softmax"; }

  std::vector<OpInfo> ops() const override {
    return {{"softmax",
             {"N", "D"},
             {Pass::Fwd, Pass::Bwd, Pass::FwdBwd},
             "y = exp(x) / sum(exp(x)) over rows of D; the example of modules/README.md"}};
  }

  std::vector<DType> dtypes() const override { return float_dtypes(); }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    std::vector<Case> large;
    for (int64_t rows = 2048; rows <= 262144; rows *= 2) large.push_back({{"N", rows}, {"D", 1024}});
    return grid_named(name(), grid, {{{"N", 4096}, {"D", 1024}}, {{"N", 16384}, {"D", 128}}, {{"N", 50}, {"D", 50257}}},
                      large);
  }

  std::unique_ptr<Problem> problem(std::string_view op, Pass pass, const Case &c, DType dtype) const override {
    op_named(*this, op);
    check_rows(op, c);
    check_dtype(op, dtype, dtypes());
    return std::make_unique<softmax::SoftmaxProblem>(softmax::SoftmaxSpec{dtype, c["D"]}, pass, c["N"]);
  }
};

} // namespace

std::unique_ptr<Module> make_softmax() {
  return std::make_unique<SoftmaxModule>();
}

} // namespace fla
