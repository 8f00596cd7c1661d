#include "modules/tokenshift/kernels.h"

namespace fla::tokenshift {

using namespace tile;

Kernel forward(const ShiftSpec &spec, const TokenConfig &config) {
  KernelBuilder k("token_shift_forward", {.warps = config.warps, .registers = config.registers});
  TokenProgram program(k, spec.tokens, config);
  View x = program.strided_input("x");
  std::optional<View> cache;
  if (spec.cache) cache = program.per_sequence_input("cache");
  View y = program.output("y");

  program.for_segments([&](const Segment &s) {
    // Where the sequence begins, x is asked for a token that it does not have.
    auto load = [&](const Index &t) { return program.as_carried(program.load_narrow(x, s, t)); };
    Tile before = load(k.choose(s.begin > s.first, s.begin - 1, program.tokens()));
    if (cache)
      before = k.when(
          s.begin > s.first, [&] { return before; }, [&] { return program.load_of(*cache, s).to(before.dtype()); });
    program.march(s, {before}, [&](const Step &step, Tiles tokens) {
      const auto &[t, count, whole] = step;
      for (int64_t i = 0; i < count; ++i) tokens.push_back(load(t + i)); // on their way together
      for (int64_t i = 0; i < count; ++i)
        program.store(y, s, t + i, tokens[size_t(i)].to(f32) - tokens[size_t(i) + 1].to(f32));
      return Tiles{tokens.back()};
    });
  });
  return k.finish();
}

// dx[t] = dy[t+1] - dy[t], where behind a sequence's last token stands the gradient of the cache it hands on, or 0.
Kernel backward(const ShiftSpec &spec, const TokenConfig &config) {
  KernelBuilder k("token_shift_backward", {.warps = config.warps});
  TokenProgram program(k, spec.tokens, config);
  View dy = program.strided_input("dy");
  std::optional<View> dnext;
  if (spec.next_cache) dnext = program.per_sequence_input("dnext_cache");
  View dx = program.output("dx");

  program.for_segments([&](const Segment &s) {
    View in = program.of_sequence(dy, s);
    auto token = [&](Index t) {
      Tile v = program.as_carried(program.load_narrow(in, s, t));
      if (!dnext) return v;
      return k.when(
          t == s.last, [&] { return program.load_of(*dnext, s).to(v.dtype()); }, [&] { return v; });
    };
    program.march(s, {token(s.begin)}, [&](const Step &step, Tiles tokens) {
      const auto &[t, count, whole] = step;
      for (int64_t i = 0; i < count; ++i) tokens.push_back(token(t + (i + 1)));
      for (int64_t i = 0; i < count; ++i)
        program.store(dx, s, t + i, tokens[size_t(i) + 1].to(f32) - tokens[size_t(i)].to(f32));
      return Tiles{tokens.back()};
    });
  });
  return k.finish();
}

namespace {

/// Token t of each sequence, or where it has none the row of `otherwise`, or 0.
Kernel pick(const ShiftSpec &spec, const TokenConfig &config, const char *name, const char *from, const char *otherwise,
            const char *to, bool is_last) {
  KernelBuilder k(name, {.warps = config.warps});
  TokenProgram program(k, spec.tokens, config);
  View in = program.strided_input(from);
  std::optional<View> fallback;
  if (otherwise) fallback = program.per_sequence_input(otherwise);
  View out = program.per_sequence_output(to);

  Segment s = program.sequence();
  Tile picked = k.when(
      s.first < s.last, [&] { return program.load(in, s, is_last ? s.last - 1 : s.first); },
      [&] { return fallback ? program.load_of(*fallback, s) : k.zeros(program.shape(), f32); });
  program.store_of(out, s, picked);
  return k.finish();
}

} // namespace

Kernel last_tokens(const ShiftSpec &spec, const TokenConfig &config) {
  return pick(spec, config, "token_shift_last_tokens", "x", spec.cache ? "cache" : nullptr, "next_cache", true);
}

Kernel cache_gradient(const ShiftSpec &spec, const TokenConfig &config) {
  return pick(spec, config, "token_shift_cache_gradient", "dy", spec.next_cache ? "dnext_cache" : nullptr, "dcache",
              false);
}

} // namespace fla::tokenshift
