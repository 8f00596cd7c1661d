// The module as the arena sees it.
#include "modules/tokenshift/problem.h"

#include "modules/common/Limits.h"

namespace fla {

namespace {

class TokenshiftModule : public Module {
public:
  std::string_view name() const override { return "tokenshift"; }

  std::vector<OpInfo> ops() const override {
    return {{"token_shift",
             {"B", "T", "D", "seqs"},
             {Pass::Fwd, Pass::Bwd, Pass::FwdBwd},
             "y[t] = x[t-1] - x[t] over T of [B, T, D]; seqs=n packs n sequences into T (B=1), seqs=0 does not pack"}};
  }

  std::vector<DType> dtypes() const override { return float_dtypes(); }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    std::vector<Case> all;
    for (int64_t tokens = 128; tokens <= 32768; tokens *= 2)
      all.push_back({{"B", 8}, {"T", tokens}, {"D", 4096}, {"seqs", 0}});
    return grid_named(name(), grid,
                      {{{"B", 2}, {"T", 256}, {"D", 1024}, {"seqs", 0}},
                       {{"B", 8}, {"T", 512}, {"D", 4096}, {"seqs", 0}},
                       {{"B", 4}, {"T", 1000}, {"D", 1200}, {"seqs", 0}},
                       {{"B", 1}, {"T", 4096}, {"D", 1024}, {"seqs", 16}}},
                      all);
  }

  std::unique_ptr<Problem> problem(std::string_view op, Pass pass, const Case &c, DType dtype) const override {
    op_named(*this, op);
    check_dtype(op, dtype, dtypes());
    tokenshift::ShiftSpec spec;
    const Sequences sequences = sequences_of(op, c);
    spec.tokens = layout_of(sequences, dtype, c["D"]);
    return std::make_unique<tokenshift::ShiftProblem>(spec, pass, sequences);
  }
};

} // namespace

std::unique_ptr<Module> make_tokenshift() {
  return std::make_unique<TokenshiftModule>();
}

} // namespace fla
