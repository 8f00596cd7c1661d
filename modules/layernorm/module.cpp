// The module as the arena sees it: its ops, cases and the limits of what a case may ask for.
#include "modules/layernorm/problem.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace fla {

namespace {

constexpr int64_t kMostRows = (int64_t(1) << 31) - 1; // programs of a grid
constexpr int64_t kMostCols = int64_t(1) << 24;       // counts of columns are exact in f32
constexpr int64_t kMostElements = int64_t(1) << 40;

void check_range(std::string_view op, const Case &c) {
  auto within = [&](const char *key, int64_t least, int64_t most) {
    if (c[key] < least || c[key] > most)
      throw tile::UserError(fmt::format("{}: {}={} is out of range; accepted: {} to {}", op, key, c[key], least, most));
  };
  within("N", 0, kMostRows);
  within("D", 1, kMostCols);
  if (c["N"] > kMostElements / c["D"])
    throw tile::UserError(fmt::format("{}: {} has more elements than the {} accepted", op, c.str(), kMostElements));
}

class LayernormModule : public Module {
public:
  std::string_view name() const override { return "layernorm"; }

  std::vector<OpInfo> ops() const override {
    const std::vector<Pass> passes = {Pass::Fwd, Pass::Bwd, Pass::FwdBwd};
    return {{"layer_norm", {"N", "D"}, passes, "y = (x - mean) * rstd * w + b over rows of D; saves mean and rstd"},
            {"rms_norm", {"N", "D"}, passes, "y = x * rstd * w over rows of D; saves rstd"}};
  }

  std::vector<DType> dtypes() const override { return {tile::bf16, tile::f16, tile::f32}; }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    if (grid == "quick")
      return {{{"N", 4096}, {"D", 1024}},
              {{"N", 16384}, {"D", 1024}},
              {{"N", 1024}, {"D", 4096}},
              {{"N", 2048}, {"D", 1200}}};
    if (grid == "fla") {
      std::vector<Case> all; // 16 sequences of 128, 256, ... 16384 tokens
      for (int64_t tokens = 128; tokens <= 16384; tokens *= 2) all.push_back({{"N", 16 * tokens}, {"D", 1024}});
      return all;
    }
    throw tile::UserError(fmt::format("unknown grid \"{}\" of module {}; there are quick, fla", grid, name()));
  }

  std::unique_ptr<Problem> problem(std::string_view op, Pass pass, const Case &c, DType dtype) const override {
    op_named(*this, op);
    check_range(op, c);
    const std::vector<DType> accepted = dtypes();
    if (std::find(accepted.begin(), accepted.end(), dtype) == accepted.end())
      throw tile::UserError(fmt::format("{}: dtype {} is not accepted; there are bf16, f16, f32", op, name_of(dtype)));
    layernorm::NormSpec spec;
    spec.centered = op == "layer_norm";
    spec.dtype = dtype;
    spec.cols = c["D"];
    spec.align = 64; // tensors of the arena are allocated whole
    return std::make_unique<layernorm::NormProblem>(spec, pass, c["N"]);
  }
};

} // namespace

std::unique_ptr<Module> make_layernorm() {
  return std::make_unique<LayernormModule>();
}

} // namespace fla
