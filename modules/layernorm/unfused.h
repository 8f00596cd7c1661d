// The unfused norm: which elementary steps it takes, in which order, written once for a GPU and for the host. `Steps`
// is a class of either machine with one member function for each step; a tensor is a name and whether it is f32 in
// place of the inputs' dtype. Intermediates are f32, as eager code computes norms of 16-bit inputs; the step that
// widens is folded into its consumer.
#pragma once

#include "modules/layernorm/spec.h"

#include <string>

namespace fla::layernorm {

struct Ref {
  std::string name;
  bool is_f32 = true;
};

/// Writes the steps of a spec's passes into `s`.
template <class Steps> class Unfused {
public:
  Unfused(Steps &s, const NormSpec &spec) : s(s), spec(spec) {}

  void forward() {
    Ref u = x();
    if (spec.residual) {
      s.add(u, residual(), whole("unfused_s"));
      u = {"unfused_s"};
    }
    if (spec.saves_sum()) s.convert(u, "sum", spec.sum_dtype());
    u = gate_first(u, whole_if(spec.gates_first(), "unfused_u"));

    if (spec.centered) {
      s.row_mean(u, "mean");
      s.subtract_mean(u, "mean", whole("unfused_centered"));
      u = {"unfused_centered"};
    }
    s.row_mean_square(u, row("unfused_variance"));
    s.reciprocal_root("unfused_variance", "rstd");
    s.scale_rows(u, "rstd", whole("unfused_xhat"));
    affine_and_gate();
  }

  /// `after_forward`: what it computed is still there, as eager code saves it for its backward.
  void backward(bool after_forward) {
    const Ref saved = spec.saves_sum() ? Ref{"sum", spec.sum_dtype() == tile::f32} : x();
    // xhat comes from the sum as it was rounded.
    if (!after_forward || spec.saves_sum()) {
      if (!after_forward) whole("unfused_xhat");
      const Ref u = gate_first(saved, whole_if(spec.gates_first(), "unfused_u_again"), after_forward);
      s.normalize(u, spec.centered, {"unfused_xhat"});
    }

    const Ref dy = incoming();
    Ref dz = dy;
    if (spec.gate_last()) {
      const Ref z = affine_again();
      if (!after_forward) s.activate("g", whole("unfused_gate"));
      s.multiply(dy, z, whole("unfused_dgate"));
      s.gate_gradient("unfused_dgate", "g", "dg");
      s.multiply(dy, {"unfused_gate"}, whole("unfused_dz"));
      dz = {"unfused_dz"};
    }
    Ref h = dz;
    if (spec.weight) {
      s.scale_columns(dz, "w", whole("unfused_h"));
      h = {"unfused_h"};
    }
    s.row_mean_product(h, {"unfused_xhat"}, row("unfused_along"));
    if (spec.centered) s.row_mean(h, row("unfused_mean_h"));

    const bool goes_on = spec.gates_first() || spec.prenorm || spec.has_dresidual();
    Ref du = goes_on ? whole("unfused_du") : Ref{"dx", false};
    s.input_gradient(h, spec.centered, du);
    if (spec.gates_first()) {
      s.multiply(du, saved, whole("unfused_dgate"));
      s.gate_gradient("unfused_dgate", "g", "dg");
      s.multiply(du, {"unfused_gate"}, whole("unfused_ds"));
      du = {"unfused_ds"};
    }
    if (spec.prenorm) {
      s.add(du, {"dsum", spec.sum_dtype() == tile::f32}, whole("unfused_total"));
      du = {"unfused_total"};
    }
    if (goes_on) s.convert(du, "dx", spec.dtype);
    if (spec.has_dresidual()) s.convert(du, "dresidual", spec.sum_dtype());

    if (spec.weight) {
      s.multiply(dz, {"unfused_xhat"}, whole("unfused_product"));
      s.columns({"unfused_product"}, "dw");
    }
    if (spec.bias) s.columns(dz, "db");
  }

private:
  static Ref x() { return {"x", false}; }
  Ref residual() const { return {"residual", spec.sum_dtype() == tile::f32}; }

  Ref whole(const char *name) {
    s.whole(name);
    return {name};
  }
  Ref whole_if(bool is_there, const char *name) { return is_there ? whole(name) : Ref{}; }
  std::string row(const char *name) {
    s.row(name);
    return name;
  }

  /// u * gate(g) where the gate stands first, else u.
  Ref gate_first(const Ref &u, const Ref &to, bool has_gate = false) {
    if (!spec.gates_first()) return u;
    if (!has_gate) s.activate("g", whole("unfused_gate"));
    s.multiply(u, {"unfused_gate"}, to);
    return to;
  }

  /// dy in a type that steps take.
  Ref incoming() {
    if (spec.y_dtype() == spec.dtype) return {"dy", false};
    if (spec.y_dtype() == tile::f32) return {"dy"};
    s.widen("dy", spec.y_dtype(), whole("unfused_dy"));
    return {"unfused_dy"};
  }

  /// xhat * w + b, times the gate: the last of these steps writes y.
  void affine_and_gate() {
    const int steps = int(spec.weight) + int(spec.bias) + int(spec.gate_last());
    const bool direct = steps > 0 && (spec.y_dtype() == spec.dtype || spec.y_dtype() == tile::f32);
    const Ref y = {"y", spec.y_dtype() == tile::f32 && spec.dtype != tile::f32};
    Ref out = {"unfused_xhat"};
    int done = 0;
    auto next = [&](const char *between) { return ++done == steps && direct ? y : whole(between); };
    if (spec.weight) {
      const Ref to = next("unfused_scaled");
      s.scale_columns(out, "w", to);
      out = to;
    }
    if (spec.bias) {
      const Ref to = next("unfused_shifted");
      s.add_columns(out, "b", to);
      out = to;
    }
    if (spec.gate_last()) {
      s.activate("g", whole("unfused_gate"));
      const Ref to = next("unfused_gated");
      s.multiply(out, {"unfused_gate"}, to);
      out = to;
    }
    if (!direct) s.convert(out, "y", spec.y_dtype());
  }
  /// xhat * w + b in f32, for the backward pass.
  Ref affine_again() {
    Ref z = {"unfused_xhat"};
    if (spec.weight) {
      s.scale_columns(z, "w", whole("unfused_z"));
      z = {"unfused_z"};
    }
    if (spec.bias) {
      s.add_columns(z, "b", whole("unfused_z_shifted"));
      z = {"unfused_z_shifted"};
    }
    return z;
  }

  Steps &s;
  const NormSpec &spec;
};

} // namespace fla::layernorm
