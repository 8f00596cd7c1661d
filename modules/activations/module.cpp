// The module as the arena sees it: its ops, cases and the limits of what a case may ask for.
#include "modules/activations/problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace fla {

namespace {

using activations::Activation;

constexpr int64_t kMostRows = (int64_t(1) << 31) - 1;
constexpr int64_t kMostCols = int64_t(1) << 24;
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

class ActivationsModule : public Module {
public:
  std::string_view name() const override { return "activations"; }

  std::vector<OpInfo> ops() const override {
    std::vector<OpInfo> all;
    for (const Activation &a : activations::activations())
      all.push_back({std::string(a.op), {"N", "D"}, {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}, std::string(a.summary)});
    return all;
  }

  std::vector<DType> dtypes() const override { return {tile::bf16, tile::f16, tile::f32}; }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    op_named(*this, op);
    if (grid == "quick") return {{{"N", 512}, {"D", 1024}}, {{"N", 8192}, {"D", 2048}}, {{"N", 1023}, {"D", 1201}}};
    if (grid == "fla") {
      std::vector<Case> all; // 4 sequences of 512, 1024, ... 8192 tokens
      for (int64_t tokens = 512; tokens <= 8192; tokens *= 2)
        for (int64_t cols : {1024, 2048, 4096}) all.push_back({{"N", 4 * tokens}, {"D", cols}});
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
