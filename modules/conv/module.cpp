// The module as the arena sees it.
#include "modules/conv/update.h"

#include "modules/common/Limits.h"

#include <fmt/format.h>

namespace fla {

namespace {

class ConvModule : public Module {
public:
  std::string_view name() const override { return "conv"; }

  std::vector<OpInfo> ops() const override {
    return {
        {kConv,
         {"B", "T", "D", "W", "seqs"},
         {Pass::Fwd, Pass::Bwd, Pass::FwdBwd},
         "y = silu(b + sum of w * the last W tokens) along T of [B, T, D]; seqs=n packs n sequences into T (B=1)"},
        {kUpdate, {"B", "D", "W"}, {Pass::Fwd}, "the same of one new token for each of B sequences and their states"}};
  }

  std::vector<DType> dtypes() const override { return float_dtypes(); }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    std::vector<Case> all;
    if (op == kUpdate) {
      for (int64_t batch : {1, 16, 64, 256})
        for (int64_t cols = 1024; cols <= 8192; cols *= 2) all.push_back(update(batch, cols, 4));
      return grid_named(name(), grid, {update(64, 1024, 4), update(512, 4096, 4), update(100, 1200, 3)}, all);
    }
    for (bool packed : {true, false})
      for (int64_t cols = 256; cols <= 4096; cols *= 2)
        for (int64_t tokens = 256; tokens <= 65536; tokens *= 2)
          all.push_back(conv(tokens, cols, packed ? tokens < 2048 ? 4 : 16 : 0));
    return grid_named(name(), grid, {conv(512, 256, 4), conv(4096, 4096, 0), conv(8192, 1024, 16), conv(1000, 1200, 4)},
                      all);
  }

  std::unique_ptr<Problem> problem(std::string_view op, Pass pass, const Case &c, DType dtype) const override {
    const OpInfo &info = op_named(*this, op);
    check_dtype(op, dtype, dtypes());
    check_range(op, c, "W", 1, conv::kMostWidth);
    conv::ConvSpec spec;
    spec.width = c["W"];
    spec.weight_dtype = dtype;
    if (info.name == kUpdate) {
      if (pass != Pass::Fwd) throw tile::UserError(fmt::format("{} has no pass {}; there is fwd", op, name_of(pass)));
      const Sequences tokens = sequences_of(op, {{"B", c["B"]}, {"T", 1}, {"D", c["D"]}, {"seqs", 0}});
      spec.tokens = layout_of(tokens, dtype, c["D"]);
      return std::make_unique<conv::UpdateProblem>(spec, c["B"]);
    }
    const Sequences sequences = sequences_of(op, c);
    spec.tokens = layout_of(sequences, dtype, c["D"]);
    return std::make_unique<conv::ConvProblem>(spec, pass, sequences);
  }

private:
  static constexpr const char *kConv = "causal_conv1d", *kUpdate = "causal_conv1d_update";

  static Case conv(int64_t tokens, int64_t cols, int64_t sequences) {
    return {{"B", 1}, {"T", tokens}, {"D", cols}, {"W", 4}, {"seqs", sequences}};
  }
  static Case update(int64_t batch, int64_t cols, int64_t width) { return {{"B", batch}, {"D", cols}, {"W", width}}; }
};

} // namespace

std::unique_ptr<Module> make_conv() {
  return std::make_unique<ConvModule>();
}

} // namespace fla
