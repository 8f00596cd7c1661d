// The forward kernel of causal_conv1d: a march along time, of one step or more, with the window in registers.
#include "modules/conv/kernels.h"

#include "modules/conv/parts.h"

#include <algorithm>

namespace fla::conv {

using namespace tile;

constexpr int64_t kLongStep = 16; ///< tokens, whose code twice over would be most of what there is to compile

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

  // Where a sequence begins with the last token of the window from tokens[i] on, what comes before is 0, for the
  // windows behind it too.
  const int64_t before = spec.width - 1;
  auto cut_window = [&](const Starts &starts, int64_t i, Tiles &tokens) {
    for (int64_t j = i; j < i + before; ++j) tokens[size_t(j)] = where(starts.at(i), 0.f, tokens[size_t(j)]);
    return convolve(weights, tokens, size_t(i));
  };
  // What goes into the activations of a step whose first window begins with tokens[0]; behind it, what the next step's
  // windows begin with.
  auto convolve_step = [&](int64_t count, const Starts *starts, Tiles tokens) {
    Tiles sums;
    for (int64_t i = 0; i < count; ++i)
      sums.push_back(starts ? cut_window(*starts, i, tokens) : convolve(weights, tokens, size_t(i)));
    sums.insert(sums.end(), tokens.end() - before, tokens.end());
    return sums;
  };
  auto write = [&](const Segment &s, const Index &t, const Tile &sum, const Tile *added) {
    Tile out = activate(spec, sum);
    program.store(y, s, t, added ? out + *added : out);
  };
  // Of long steps token by token: the tiles go round, so that the code of one token stands for all.
  auto cut_long_step = [&](const Segment &s, const Step &step, const Starts &all_starts, const Tiles &tokens,
                           const Tiles &added) {
    Tiles list = tokens;
    list.push_back(all_starts.bits());
    list.insert(list.end(), added.begin(), added.end());
    list = k.loop(0, step.count, 1).carry_list(list, [&](Index i, Tiles now) {
      const auto bits = now.begin() + before + step.count, added = bits + 1;
      const Starts starts(*bits);
      write(s, step.t + i, cut_window(starts, 0, now), residual ? &*added : nullptr);
      *bits = starts.after(1).bits();
      std::rotate(now.begin(), now.begin() + 1, bits);
      if (residual) std::rotate(added, added + 1, now.end());
      return now;
    });
    return Tiles(list.begin(), list.begin() + before);
  };
  auto body = [&](const Segment &s, const Step &step, const Starts *starts, Tiles tokens) {
    Tiles added;
    for (int64_t i = 0; i < step.count; ++i) { // on their way together
      tokens.push_back(program.load(x, s, step.t + i));
      if (residual) added.push_back(program.load(*residual, s, step.t + i));
    }
    auto write_all = [&](const Tiles &sums) {
      for (int64_t i = 0; i < step.count; ++i)
        write(s, step.t + i, sums[size_t(i)], residual ? &added[size_t(i)] : nullptr);
      return Tiles(sums.begin() + step.count, sums.end());
    };
    auto whole = [&] { return convolve_step(step.count, nullptr, tokens); };
    if (!starts) return write_all(whole());
    const Condition is_cut = starts->among(0, step.count - 1);
    if (step.count < kLongStep)
      return write_all(k.when(
          is_cut, [&] { return convolve_step(step.count, starts, tokens); }, whole));
    return k.when(
        is_cut, [&] { return cut_long_step(s, step, *starts, tokens, added); }, [&] { return write_all(whole()); });
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
