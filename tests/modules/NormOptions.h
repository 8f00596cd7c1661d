// Norms with the options that no op of the arena has: the combinations that tests go over.
#pragma once

#include "modules/layernorm/problem.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace fla::test {

struct NormOptions {
  std::string name;
  layernorm::NormSpec spec; ///< for any dtype and columns that its groups divide
};

/// Each option alone and where options meet: the gate's place with and without weights, the residual stream in both
/// dtypes with and without its gradient, groups with all of them.
inline std::vector<NormOptions> norm_options() {
  using layernorm::Gate, layernorm::NormSpec;
  std::vector<NormOptions> all;
  auto add = [&](std::string name, const NormSpec &base, auto change) {
    NormOptions made{std::move(name), base};
    change(made.spec);
    all.push_back(std::move(made));
  };
  const NormSpec layer = NormSpec::layer_norm(tile::bf16, 1), rms = NormSpec::rms_norm(tile::bf16, 1);
  add("layer_plain", layer, [](NormSpec &s) { s.weight = s.bias = false; });
  add("rms_plain", rms, [](NormSpec &s) { s.weight = false; });
  add("layer_weight", layer, [](NormSpec &s) { s.bias = false; });
  add("layer_bias", layer, [](NormSpec &s) { s.weight = false; });
  add("rms_bias", rms, [](NormSpec &s) { s.bias = true; });
  add("rms_offset", rms, [](NormSpec &s) { s.weight_offset = true; });
  add("layer_out_f32", layer, [](NormSpec &s) { s.out_dtype = tile::f32; });
  add("rms_plain_out_f16", rms, [](NormSpec &s) {
    s.weight = false;
    s.out_dtype = tile::f16;
  });

  for (Gate gate : {Gate::Silu, Gate::Sigmoid})
    for (bool first : {false, true})
      for (const NormSpec &base : {layer, rms})
        add(fmt::format("{}_{}_{}", base.centered ? "layer" : "rms", gate == Gate::Silu ? "silu" : "sigmoid",
                        first ? "first" : "last"),
            base, [&](NormSpec &s) {
              s.gate = gate;
              s.gate_first = first;
            });
  add("rms_plain_silu_last", rms, [](NormSpec &s) {
    s.weight = false;
    s.gate = Gate::Silu;
  });

  for (bool prenorm : {false, true})
    for (bool in_fp32 : {false, true})
      for (bool residual : {false, true}) {
        if (!residual && !prenorm) continue;
        for (const NormSpec &base : {layer, rms})
          add(fmt::format("{}{}{}{}", base.centered ? "layer" : "rms", residual ? "_residual" : "",
                          prenorm ? "_prenorm" : "", in_fp32 ? "_fp32" : ""),
              base, [&](NormSpec &s) {
                s.residual = residual;
                s.prenorm = prenorm;
                s.residual_in_fp32 = in_fp32;
              });
      }
  add("all_first", layer, [](NormSpec &s) {
    s.weight_offset = s.residual = s.prenorm = s.residual_in_fp32 = s.gate_first = true;
    s.gate = Gate::Silu;
    s.out_dtype = tile::f32;
  });
  add("all_last_groups", layer, [](NormSpec &s) {
    s.weight_offset = s.residual = s.prenorm = true;
    s.gate = Gate::Sigmoid;
    s.groups = 2;
  });
  for (int64_t groups : {2, 3, 4, 12}) {
    add(fmt::format("layer_groups{}", groups), layer, [&](NormSpec &s) { s.groups = groups; });
    add(fmt::format("rms_silu_first_groups{}", groups), rms, [&](NormSpec &s) {
      s.groups = groups;
      s.gate = Gate::Silu;
      s.gate_first = true;
    });
  }
  return all;
}

} // namespace fla::test
