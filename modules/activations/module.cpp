// The module as the arena sees it: its ops, cases and the limits of what a case may ask for.
#include "modules/activations/problem.h"

#include "modules/common/Limits.h"

namespace fla {

namespace {

using activations::Activation;

class ActivationsModule : public Module {
public:
  std::string_view name() const override { return "activations"; }

  std::vector<OpInfo> ops() const override {
    std::vector<OpInfo> all;
    for (const Activation &a : activations::activations())
      all.push_back({std::string(a.op), {"N", "D"}, {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}, std::string(a.summary)});
    return all;
  }

  std::vector<DType> dtypes() const override { return float_dtypes(); }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    std::vector<Case> all; // 4 sequences of 512, 1024, ... 8192 tokens
    for (int64_t tokens = 512; tokens <= 8192; tokens *= 2)
      for (int64_t cols : {1024, 2048, 4096}) all.push_back({{"N", 4 * tokens}, {"D", cols}});
    return grid_named(name(), grid, {{{"N", 512}, {"D", 1024}}, {{"N", 8192}, {"D", 2048}}, {{"N", 1023}, {"D", 1201}}},
                      all);
  }

  std::unique_ptr<Problem> problem(std::string_view op, Pass pass, const Case &c, DType dtype) const override {
    op_named(*this, op);
    check_rows(op, c);
    check_dtype(op, dtype, dtypes());
    activations::Options options;
    options.align = 64; // tensors of the arena are allocated whole
    return std::make_unique<activations::ActivationProblem>(activations::activation_named(op), dtype, pass, c["N"],
                                                            c["D"], std::move(options));
  }
};

} // namespace

std::unique_ptr<Module> make_activations() {
  return std::make_unique<ActivationsModule>();
}

} // namespace fla
