// The module as the arena sees it.
#include "modules/l2norm/problem.h"

namespace fla {

namespace {

class L2NormModule : public Module {
public:
  std::string_view name() const override { return "l2norm"; }

  std::vector<OpInfo> ops() const override {
    return {{"l2norm",
             {"N", "D"},
             {Pass::Fwd, Pass::Bwd, Pass::FwdBwd},
             "y = x / sqrt(sum(x^2) + eps) over rows of D; saves rstd"}};
  }

  std::vector<DType> dtypes() const override { return float_dtypes(); }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    std::vector<Case> all; // 16 sequences of 256, 512, ... 16384 tokens, of 1, 2, ... 16 heads
    for (int64_t tokens = 256; tokens <= 16384; tokens *= 2)
      for (int64_t heads = 1; heads <= 16; heads *= 2) all.push_back({{"N", 16 * tokens}, {"D", 2048 / heads}});
    return grid_named(name(), grid,
                      {{{"N", 4096}, {"D", 1024}},
                       {{"N", 16384}, {"D", 1024}},
                       {{"N", 32768}, {"D", 128}},
                       {{"N", 2048}, {"D", 1200}}},
                      all);
  }

  std::unique_ptr<Problem> problem(std::string_view op, Pass pass, const Case &c, DType dtype) const override {
    op_named(*this, op);
    check_rows(op, c);
    check_dtype(op, dtype, dtypes());
    // Tensors of the arena are allocated whole.
    const l2norm::L2Spec spec{.dtype = dtype, .out_dtype = dtype, .cols = c["D"], .align = 64};
    return std::make_unique<l2norm::L2NormProblem>(spec, pass, c["N"]);
  }
};

} // namespace

std::unique_ptr<Module> make_l2norm() {
  return std::make_unique<L2NormModule>();
}

} // namespace fla
