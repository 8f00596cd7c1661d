// The backward kernel of causal_conv1d: a march along time with two windows in registers.
//
// With a[t] what goes into the activation and g[t] = dy[t] * act'(a[t]), 0 outside of t's sequence:
//   dx[s] = sum over j of w[W-1-j] * g[s+j],   dw[W-1-j] = sum over s of x[s] * g[s+j],   db = sum over s of g[s]
// The march is W-1 tokens ahead of the one whose gradient it writes: from the window x[s] ... x[s+W-1] comes g[s+W-1],
// and with that the window g[s] ... g[s+W-1] is complete.
#include "modules/conv/kernels.h"

#include "modules/conv/parts.h"

namespace fla::conv {

using namespace tile;

namespace {

class Backward {
public:
  Backward(KernelBuilder &k, const ConvSpec &spec, const ConvConfig &config)
      : k_(k), spec_(spec), config_(config), program_(k, spec.tokens, config), x_(program_.strided_input("x")),
        dy_(program_.strided_input("dy")),
        state_(spec.initial_state ? std::optional(state_input(k, spec, "initial_state", program_.count()))
                                  : std::nullopt),
        dfinal_(spec.final_state ? std::optional(state_input(k, spec, "dfinal_state", program_.count()))
                                 : std::nullopt),
        dx_(program_.output("dx")), weights_(load_weights(k, spec, config, program_.col())) {}

  void build() {
    Tiles sums = WeightSums::zeros(k_, spec_, config_.cols);
    // A core, which takes `taps`, would rather search once than ask at every step.
    if (program_.is_packed() && !state_ && !dfinal_ && !config_.taps)
      sums = block_at_once(std::move(sums));
    else
      sums = program_.for_segments(sums, [&](const Segment &s, Tiles of) { return segment(s, std::move(of)); });
    WeightSums::store(k_, spec_, sums, program_.block(), program_.col());
  }

private:
  /// What a march carries: x[s] ... x[s+W-2], g[s] ... g[s+W-2], the sums.
  struct State {
    Tiles tokens, g, sums;
  };
  Tiles list_of(const State &state) const {
    Tiles all(state.tokens.end() - ahead_, state.tokens.end());
    all.insert(all.end(), state.g.end() - ahead_, state.g.end());
    all.insert(all.end(), state.sums.begin(), state.sums.end());
    return all;
  }
  State state_of(const Tiles &list) const {
    const auto g = list.begin() + ahead_, sums = g + ahead_;
    return {{list.begin(), g}, {g, sums}, {sums, sums + spec_.width + int(spec_.bias)}};
  }

  Tiles load(const View &view, const Segment &s, const Index &t, int64_t count) const {
    Tiles tiles;
    for (int64_t i = 0; i < count; ++i) tiles.push_back(program_.load(view, s, t + i));
    return tiles;
  }

  void store(const Segment &s, const Index &t, Tile dx) {
    if (dfinal_) dx = dx + load_state(*dfinal_, s.number, program_.col(), t - s.last + spec_.width, config_.cols);
    program_.store(dx_, s, t, dx);
  }

  /// g of the window of x that begins with tokens[first].
  Tile gradient(const Tile &d, const Tiles &tokens, size_t first) const {
    return activate_backward(spec_, convolve(weights_, tokens, first), d);
  }

  /// dx of token x, whose window of g begins with g[first]; `sums` grows by what it owes.
  Tile add(const Tile &x, const Tiles &g, size_t first, Tiles &sums) const {
    const auto lag = size_t(ahead_);
    Tile dx = g[first] * weights_.taps[lag];
    WeightSums::add(sums, ahead_, x, g[first]);
    for (int64_t j = 1; j <= ahead_; ++j) {
      const Tile &g_j = g[first + size_t(j)];
      dx = dx + g_j * weights_.taps[lag - size_t(j)];
      WeightSums::add(sums, ahead_ - j, x, g_j);
    }
    if (spec_.bias) sums.back() = sums.back() + g[first];
    return dx;
  }

  /// Tokens t to t + count, whose windows all lie in their sequence; `x` and `d` are those `ahead_` of them.
  Tiles whole_step(const Segment &s, const Step &step, const Tiles &x, const Tiles &d, State state) {
    state.tokens.insert(state.tokens.end(), x.begin(), x.end());
    for (size_t i = 0; i < size_t(step.count); ++i) {
      state.g.push_back(gradient(d[i], state.tokens, i));
      store(s, step.t + int64_t(i), add(state.tokens[i], state.g, i, state.sums));
    }
    return list_of(state);
  }

  // ---- Sequence by sequence -----------------------------------------------------------------------------------------

  Tiles segment(const Segment &s, Tiles sums) {
    View x = program_.of_sequence(x_, s), dy = program_.of_sequence(dy_, s);
    // Behind the sequence g is 0 even where x holds infinities.
    auto gradient_at = [&](Index t, const Tile &d, const Tiles &tokens, size_t first) {
      return where(t.to(i64) < s.last.to(i64), gradient(d, tokens, first), 0.f);
    };
    State state{Window(program_, k_, spec_, x_, state_).before(s, s.begin), {}, std::move(sums)};
    for (int64_t i = 0; i < ahead_; ++i) {
      Tile d = program_.load(dy, s, s.begin + i);
      state.tokens.push_back(program_.load(x, s, s.begin + i));
      state.g.push_back(gradient_at(s.begin + i, d, state.tokens, size_t(i)));
    }
    auto body = [&](const Step &step, const Tiles &list) {
      State now = state_of(list);
      const Tiles next = load(x, s, step.t + ahead_, step.count), d = load(dy, s, step.t + ahead_, step.count);
      if (step.whole) return whole_step(s, step, next, d, std::move(now));
      now.tokens.push_back(next.front());
      now.g.push_back(gradient_at(step.t + ahead_, d.front(), now.tokens, 0));
      store(s, step.t, add(now.tokens[0], now.g, 0, now.sums));
      return list_of(now);
    };
    return state_of(program_.march(s, list_of(state), body, ahead_)).sums;
  }

  // ---- A packed block at once ---------------------------------------------------------------------------------------

  /// The window that begins with tokens[first] as its last token sees it: what lies before a start is 0. `starts` are
  /// of the window's tokens but the first.
  Tiles seen(const Tiles &tokens, size_t first, const Starts &starts) const {
    Tiles window(tokens.begin() + int64_t(first), tokens.begin() + int64_t(first) + spec_.width);
    for (int64_t i = 0; i < ahead_; ++i) window[size_t(i)] = where(starts.among(i, ahead_ - 1), 0.f, window[size_t(i)]);
    return window;
  }

  /// Token t, wherever sequences begin; `starts` from it on.
  Tiles single(const Segment &s, const Index &t, const Starts &starts, State state) {
    state.tokens.push_back(program_.load(x_, s, t + ahead_));
    Tile d = program_.load(dy_, s, t + ahead_);
    state.g.push_back(gradient(d, seen(state.tokens, 0, starts.after(1)), 0));
    Tiles g = state.g;
    for (int64_t j = 1; j <= ahead_; ++j) g[size_t(j)] = where(starts.among(1, j), 0.f, g[size_t(j)]);
    store(s, t, add(state.tokens[0], g, 0, state.sums));
    return list_of(state);
  }

  /// A step, token by token as far as the block goes.
  Tiles cut_step(const Segment &s, const Step &step, Tiles list) {
    list.push_back(program_.starts(step.t, step.count + ahead_).bits());
    list = k_.loop(step.t, min(step.t + step.count, s.end), 1).carry_list(list, [&](Index t, Tiles now) {
      const Starts starts(now.back());
      now = single(s, t, starts, state_of(now));
      now.push_back(starts.after(1).bits());
      return now;
    });
    list.pop_back();
    return list;
  }

  /// Beside the state goes the first start behind the tokens that are done.
  Tiles block_at_once(Tiles sums) {
    const Segment s = program_.block_at_once();
    const Starts starts = program_.starts(s.begin - ahead_, 2 * ahead_ + 1);
    State state{load(x_, s, s.begin - ahead_, ahead_), {}, std::move(sums)};
    for (int64_t i = 0; i < ahead_; ++i) {
      state.tokens.push_back(program_.load(x_, s, s.begin + i));
      Tile d = program_.load(dy_, s, s.begin + i);
      state.g.push_back(gradient(d, seen(state.tokens, size_t(i), starts.after(i + 1)), 0));
    }
    Tiles carried = list_of(state);
    carried.push_back(program_.next_start(s.begin));
    carried = program_.march_steps(s, carried,
                                   [&](const Step &step, const Tiles &list) { return step_at_once(s, step, list); });
    return state_of(carried).sums;
  }

  /// The end of the last sequence counts as a start: a step without any is a whole one.
  Tiles step_at_once(const Segment &s, const Step &step, Tiles list) {
    const Tile next = list.back();
    list.pop_back();
    auto with = [](Tiles state, const Tile &start) {
      state.push_back(start);
      return state;
    };
    // On their way whether they are needed or not.
    const Tiles x = load(x_, s, step.t + ahead_, step.count), d = load(dy_, s, step.t + ahead_, step.count);
    const Index end = step.t + step.count;
    return k_.when(
        next.to(i64) < (end + ahead_).to(i64), [&] { return with(cut_step(s, step, list), program_.next_start(end)); },
        [&] { return with(whole_step(s, step, x, d, state_of(list)), next); });
  }

  KernelBuilder &k_;
  const ConvSpec &spec_;
  const ConvConfig &config_;
  const int64_t ahead_ = spec_.width - 1;
  TokenProgram program_;
  View x_, dy_;
  std::optional<View> state_, dfinal_;
  View dx_;
  Weights weights_;
};

} // namespace

Kernel backward(const ConvSpec &spec, const ConvConfig &config) {
  // With four columns a lane, a GPU's assembler would rather spill some registers than run a program fewer.
  const bool wide = config.cols >= int64_t(config.warps) * 32 * 4;
  KernelBuilder k(spec.name("backward"), {.warps = config.warps, .registers = wide ? 168 : 0});
  Backward(k, spec, config).build();
  return k.finish();
}

} // namespace fla::conv
