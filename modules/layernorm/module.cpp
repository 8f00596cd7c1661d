// The module as the arena sees it: its ops, cases and the limits of what a case may ask for.
#include "modules/layernorm/problem.h"

#include <fmt/format.h>

namespace fla {

namespace {

using layernorm::Gate;
using layernorm::NormSpec;

struct Op {
  const char *name;
  bool has_groups;
  NormSpec spec; ///< but for dtype, columns and groups
  const char *summary;
};

const std::vector<Op> &all_ops() {
  static const std::vector<Op> ops = [] {
    const NormSpec layer = NormSpec::layer_norm(tile::bf16, 1), rms = NormSpec::rms_norm(tile::bf16, 1);
    NormSpec layer_gate = layer, rms_gate = rms, mamba = rms;
    layer_gate.gate = rms_gate.gate = mamba.gate = Gate::Silu;
    mamba.gate_first = true;
    return std::vector<Op>{
        {"layer_norm", false, layer, "y = (x - mean) * rstd * w + b over rows of D; saves mean and rstd"},
        {"rms_norm", false, rms, "y = x * rstd * w over rows of D; saves rstd"},
        {"group_norm", true, layer, "layer_norm with statistics for each of G groups of a row's columns"},
        {"layer_norm_gate", false, layer_gate, "layer_norm times silu(g)"},
        {"rms_norm_gate", false, rms_gate, "rms_norm times silu(g)"},
        {"mamba_norm_gate", true, mamba, "rms_norm of x * silu(g), with statistics for each of G groups of columns"}};
  }();
  return ops;
}

class LayernormModule : public Module {
public:
  std::string_view name() const override { return "layernorm"; }

  std::vector<OpInfo> ops() const override {
    std::vector<OpInfo> all;
    for (const Op &op : all_ops()) {
      std::vector<std::string> keys = {"N", "D"};
      if (op.has_groups) keys.push_back("G");
      all.push_back({op.name, keys, {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}, op.summary});
    }
    return all;
  }

  std::vector<DType> dtypes() const override { return float_dtypes(); }

  std::vector<Case> cases(std::string_view op, std::string_view grid) const override {
    const bool has_groups = op_named(*this, op).keys.size() > 2;
    auto shape = [&](int64_t rows, int64_t cols) {
      return has_groups ? Case{{"N", rows}, {"D", cols}, {"G", 4}} : Case{{"N", rows}, {"D", cols}};
    };
    std::vector<Case> all; // 16 sequences of 128, 256, ... 16384 tokens
    for (int64_t tokens = 128; tokens <= 16384; tokens *= 2) all.push_back(shape(16 * tokens, 1024));
    return grid_named(name(), grid, {shape(4096, 1024), shape(16384, 1024), shape(1024, 4096), shape(2048, 1200)}, all);
  }

  std::unique_ptr<Problem> problem(std::string_view op, Pass pass, const Case &c, DType dtype) const override {
    const OpInfo &info = op_named(*this, op);
    check_rows(op, c);
    check_dtype(op, dtype, dtypes());
    NormSpec spec;
    for (const Op &known : all_ops())
      if (known.name == info.name) spec = known.spec;
    spec.dtype = dtype;
    spec.cols = c["D"];
    spec.align = 64; // tensors of the arena are allocated whole
    if (info.keys.size() > 2) {
      check_range(op, c, "G", 1, NormSpec::kMostGroups);
      spec.groups = c["G"];
      if (c["N"] > kMostPrograms / c["G"])
        throw tile::UserError(
            fmt::format("{}: {} groups of all rows; accepted: up to {}", op, c["N"] * c["G"], kMostPrograms));
    }
    return std::make_unique<layernorm::NormProblem>(spec, pass, c["N"]);
  }
};

} // namespace

std::unique_ptr<Module> make_layernorm() {
  return std::make_unique<LayernormModule>();
}

} // namespace fla
