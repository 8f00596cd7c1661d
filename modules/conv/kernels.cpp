// The forward kernel of causal_conv1d: a march along time with the window in registers.
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
    Tiles sums = starts ? k.when(starts->among(0, step.count - 1), cut, whole) : whole();
    for (int64_t i = 0; i < step.count; ++i) {
      Tile out = activate(spec, sums[size_t(i)]);
      program.store(y, s, step.t + i, residual ? out + added[size_t(i)] : out);
    }
    return Tiles(sums.begin() + step.count, sums.end());
  };

  if (program.is_packed() && !state && config.rows <= TokenProgram::kMostStarts) {
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

} // namespace fla::conv
