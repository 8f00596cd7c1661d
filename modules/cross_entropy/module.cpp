// The module as the arena sees it: its op, cases and the limits of what a case may ask for.
#include "modules/cross_entropy/problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace fla {

namespace {

constexpr int64_t kMostRows = (int64_t(1) << 31) - 1; // programs of a grid
constexpr int64_t kMostClasses = int64_t(1) << 24;    // numbers of classes are exact in f32
constexpr int64_t kMostElements = int64_t(1) << 40;

void check_range(std::string_view op, const Case &c) {
  auto within = [&](const char *key, int64_t least, int64_t most) {
    if (c[key] < least || c[key] > most)
      throw tile::UserError(fmt::format("{}: {}={} is out of range; accepted: {} to {}", op, key, c[key], least, most));
  };
  within("N", 0, kMostRows);
  within("V", 1, kMostClasses);
  if (c["N"] > kMostElements / c["V"])
    throw tile::UserError(fmt::format("{}: {} has more elements than the {} accepted", op, c.str(), kMostElements));
}

class CrossEntropyModule : public Module {
public:
  std::string_view name() const override { return "cross_entropy"; }

  std::vector<OpInfo> ops() const override {
    return {{"cross_entropy",
             {"N", "V"},
             {Pass::Fwd, Pass::Bwd, Pass::FwdBwd},
             "mean over N rows of log(sum(exp(x))) - x[target]; saves lse"}};
  }

  std::vector<DType> dtypes() const override { return {tile::bf16, tile::f16, tile::f32}; }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    if (grid == "quick")
      return {
          {{"N", 128}, {"V", 1000}}, {{"N", 64}, {"V", 32000}}, {{"N", 64}, {"V", 50257}}, {{"N", 128}, {"V", 120000}}};
    if (grid == "fla") {
      std::vector<Case> all; // 4 sequences of 128, 256, ... 16384 tokens
      for (int64_t tokens = 128; tokens <= 16384; tokens *= 2) all.push_back({{"N", 4 * tokens}, {"V", 120000}});
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
