// The two large kernels of causal_conv1d: marches along time with the window in registers.
#include "modules/conv/kernels.h"

#include "modules/conv/parts.h"

namespace fla::conv {

using namespace tile;

Kernel forward(const ConvSpec &spec, const ConvConfig &config) {
  KernelBuilder k(spec.name("forward"), {.warps = config.warps});
  TokenProgram program(k, spec.tokens, config);
  View x = program.strided_input("x");
  std::optional<View> state, residual;
  if (spec.initial_state) state = state_input(k, spec, "initial_state", program.count());
  if (spec.residual) residual = program.input("residual");
  View y = program.output("y");
  Weights weights = load_weights(k, spec, config, program.col());
  Window window(program, k, spec, x, state);

  // What goes into the activations of a step whose first window begins with tokens[0]; behind it, what the next step's
  // windows begin with. Where sequences begin among the tokens, what comes before is 0 from there on.
  const int64_t before = spec.width - 1;
  auto convolve_step = [&](int64_t count, const Starts *starts, Tiles tokens) {
    Tiles sums;
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t j = i; starts && j < i + before; ++j)
        tokens[size_t(j)] = where(starts->at(i), 0.f, tokens[size_t(j)]);
      sums.push_back(convolve(weights, tokens, size_t(i)));
    }
    sums.insert(sums.end(), tokens.end() - before, tokens.end());
    return sums;
  };
  auto body = [&](const Segment &s, const Step &step, const Starts *starts, Tiles tokens) {
    Tiles added;
    for (int64_t i = 0; i < step.count; ++i) { // on their way together
      tokens.push_back(program.load(x, s, step.t + i));
      if (residual) added.push_back(program.load(*residual, s, step.t + i));
    }
    auto whole = [&] { return convolve_step(step.count, nullptr, tokens); };
    auto cut = [&] { return convolve_step(step.count, starts, tokens); };
    Tiles sums = starts ? k.when(starts->any(step.count), cut, whole) : whole();
    for (int64_t i = 0; i < step.count; ++i) {
      Tile out = activate(spec, sums[size_t(i)]);
      program.store(y, s, step.t + i, residual ? out + added[size_t(i)] : out);
    }
    return Tiles(sums.begin() + step.count, sums.end());
  };

  if (program.sees_starts() && !state) {
    Segment s = program.block_at_once();
    program.march_at_once(s, window.before(s, s.begin), [&](const Step &step, const Starts &starts, Tiles tokens) {
      return body(s, step, before ? &starts : nullptr, std::move(tokens));
    });
  } else {
    program.for_segments([&](const Segment &s) {
      program.march(s, window.before(s, s.begin),
                    [&](const Step &step, Tiles tokens) { return body(s, step, nullptr, std::move(tokens)); });
    });
  }
  return k.finish();
}

// With a[t] what goes into the activation and g[t] = dy[t] * act'(a[t]), 0 outside of t's sequence:
//   dx[s] = sum over j of w[W-1-j] * g[s+j],   dw[W-1-j] = sum over s of x[s] * g[s+j],   db = sum over s of g[s]
// The march is W-1 tokens ahead of the one whose gradient it writes: from the window x[s] ... x[s+W-1] comes g[s+W-1],
// and with that the window g[s] ... g[s+W-1] is complete.
Kernel backward(const ConvSpec &spec, const ConvConfig &config) {
  KernelBuilder k(spec.name("backward"), {.warps = config.warps});
  TokenProgram program(k, spec.tokens, config);
  View x = program.strided_input("x"), dy = program.strided_input("dy");
  std::optional<View> state, dfinal;
  if (spec.initial_state) state = state_input(k, spec, "initial_state", program.count());
  if (spec.final_state) dfinal = state_input(k, spec, "dfinal_state", program.count());
  View dx = program.output("dx");
  Weights weights = load_weights(k, spec, config, program.col());
  Window window(program, k, spec, x, state);

  const int64_t ahead = spec.width - 1;
  const size_t lag = size_t(ahead);
  Tiles sums = program.for_segments(WeightSums::zeros(k, spec, config.cols), [&](const Segment &s, Tiles sums) {
    View x_of = program.of_sequence(x, s), dy_of = program.of_sequence(dy, s);
    // g[t] from the window of x that begins with `tokens[first]`; behind the sequence it is 0 even where x holds
    // infinities.
    auto gradient_inside = [&](const Tile &d, const Tiles &tokens, size_t first) {
      return activate_backward(spec, convolve(weights, tokens, first), d);
    };
    auto gradient_at = [&](Index t, const Tile &d, const Tiles &tokens, size_t first) {
      return where(t.to(i64) < s.last.to(i64), gradient_inside(d, tokens, first), 0.f);
    };

    Tiles tokens = window.before(s, s.begin), g;
    for (int64_t i = 0; i < ahead; ++i) {
      Index t = s.begin + i;
      Tile d = program.load(dy_of, s, t);
      tokens.push_back(program.load(x_of, s, t));
      g.push_back(gradient_at(t, d, tokens, size_t(i)));
    }
    // What a march carries: x[s] ... x[s+W-2], g[s] ... g[s+W-2], the sums.
    Tiles carried(tokens.end() - ahead, tokens.end());
    carried.insert(carried.end(), g.begin(), g.end());
    carried.insert(carried.end(), sums.begin(), sums.end());

    auto body = [&](const Step &step, Tiles state) {
      Tiles tokens(state.begin(), state.begin() + ahead), d;
      Tiles g(state.begin() + ahead, state.begin() + 2 * ahead), sums(state.begin() + 2 * ahead, state.end());
      for (int64_t i = 0; i < step.count; ++i) {
        tokens.push_back(program.load(x_of, s, step.t + (i + ahead)));
        d.push_back(program.load(dy_of, s, step.t + (i + ahead)));
      }
      for (size_t i = 0; i < size_t(step.count); ++i) {
        Index now = step.t + int64_t(i);
        g.push_back(step.whole ? gradient_inside(d[i], tokens, i) : gradient_at(now + ahead, d[i], tokens, i));
        Tile out = g[i] * weights.taps[lag];
        WeightSums::add(sums, ahead, tokens[i], g[i]);
        for (int64_t j = 1; j <= ahead; ++j) {
          out = out + g[i + size_t(j)] * weights.taps[lag - size_t(j)];
          WeightSums::add(sums, ahead - j, tokens[i], g[i + size_t(j)]);
        }
        if (spec.bias) sums.back() = sums.back() + g[i];
        if (dfinal) out = out + load_state(*dfinal, s.number, program.col(), now - s.last + spec.width, config.cols);
        program.store(dx, s, now, out);
      }
      Tiles next(tokens.end() - ahead, tokens.end());
      next.insert(next.end(), g.end() - ahead, g.end());
      next.insert(next.end(), sums.begin(), sums.end());
      return next;
    };
    carried = program.march(s, carried, body, ahead);
    return Tiles(carried.begin() + 2 * ahead, carried.end());
  });
  WeightSums::store(k, spec, sums, program.block(), program.col());
  return k.finish();
}

} // namespace fla::conv
