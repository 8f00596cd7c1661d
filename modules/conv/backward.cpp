// The backward kernel of causal_conv1d: a march along time with two windows in registers.
//
// With a[t] what goes into the activation and g[t] = dy[t] * act'(a[t]), 0 outside of t's sequence:
//   dx[s] = sum over j of w[W-1-j] * g[s+j],   dw[W-1-j] = sum over s of x[s] * g[s+j],   db = sum over s of g[s]
// The march is W-1 tokens ahead of the one whose gradient it writes: from the window x[s] ... x[s+W-1] comes g[s+W-1],
// and with that the window g[s] ... g[s+W-1] is complete.
#include "modules/conv/kernels.h"

#include "modules/conv/parts.h"

#include <algorithm>
#include <iterator>

namespace fla::conv {

using namespace tile;

namespace {

class Backward {
  using Boundaries = TokenProgram::Boundaries;

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
    if (backward_goes_at_once(spec_, config_))
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

  /// What a march carries on after a step, and the gradients of the step's tokens.
  struct Done {
    State state;
    Tiles dx;
  };

  void store(const Segment &s, const Step &step, const Tiles &dx) {
    for (int64_t i = 0; i < step.count; ++i) store(s, step.t + i, dx[size_t(i)]);
  }

  /// Tokens whose windows all lie in their sequence; `x` and `d` are those `ahead_` of them.
  Done whole_step(const Tiles &x, const Tiles &d, State state) const {
    Tiles dx;
    for (const Tile &token : x) state.tokens.push_back(token.to(f32));
    for (size_t i = 0; i < d.size(); ++i) {
      state.g.push_back(gradient(d[i].to(f32), state.tokens, i));
      dx.push_back(add(state.tokens[i], state.g, i, state.sums));
    }
    return {state_of(list_of(state)), std::move(dx)};
  }

  // ---- Sequence by sequence -----------------------------------------------------------------------------------------

  Tiles segment(const Segment &s, Tiles sums) {
    View x = program_.of_sequence(x_, s), dy = program_.of_sequence(dy_, s);
    // Behind the sequence g is 0 even where x holds infinities.
    auto gradient_at = [&](Index t, const Tile &d, const Tiles &tokens, size_t first) {
      return where(t.to(i64) < s.last.to(i64), gradient(d, tokens, first), 0.f);
    };
    State state{wide(Window(program_, k_, spec_, x_, state_).before(s, s.begin)), {}, std::move(sums)};
    for (int64_t i = 0; i < ahead_; ++i) {
      Tile d = program_.load(dy, s, s.begin + i);
      state.tokens.push_back(program_.load(x, s, s.begin + i));
      state.g.push_back(gradient_at(s.begin + i, d, state.tokens, size_t(i)));
    }
    auto body = [&](const Step &step, const Tiles &list) {
      State now = state_of(list);
      const Tiles next = program_.load_narrow(x, s, step.t + ahead_, step.count),
                  d = program_.load_narrow(dy, s, step.t + ahead_, step.count);
      if (step.whole) {
        Done done = whole_step(next, d, std::move(now));
        store(s, step, done.dx);
        return list_of(done.state);
      }
      now.tokens.push_back(next.front().to(f32));
      now.g.push_back(gradient_at(step.t + ahead_, d.front().to(f32), now.tokens, 0));
      store(s, step.t, add(now.tokens[0], now.g, 0, now.sums));
      return list_of(now);
    };
    return state_of(program_.march(s, list_of(state), body, ahead_)).sums;
  }

  // ---- A packed block at once ---------------------------------------------------------------------------------------

  /// A token, wherever sequences begin; `starts` from it on, `x` and `d` those `ahead_` of it.
  Done single(const Starts &starts, const Tile &x, const Tile &d, State state) const {
    state.tokens.push_back(x);
    state.g.push_back(gradient(d, seen(spec_, state.tokens, starts.after(1)), 0));
    Tiles g = state.g;
    for (int64_t j = 1; j <= ahead_; ++j) g[size_t(j)] = where(starts.among(1, j), 0.f, g[size_t(j)]);
    Tile dx = add(state.tokens[0], g, 0, state.sums);
    return {state_of(list_of(state)), {dx}};
  }

  /// A step token by token. Its tiles go round, so that the loop holds no address. Tokens behind the last sequence,
  /// which read as zeros, are in nobody's sum.
  Done cut_step(const Boundaries &boundaries, const Step &step, const Tiles &x, const Tiles &d, const State &state) {
    Tiles list = list_of(state);
    const auto held = int64_t(list.size());
    list.push_back(program_.starts(boundaries, step.t, step.count + ahead_).bits());
    for (const Tiles &tiles : {x, d, Tiles(x.size(), k_.zeros(program_.shape(), f32))})
      list.insert(list.end(), tiles.begin(), tiles.end());
    list = k_.loop(0, step.count, 1).carry_list(list, [&](Index, const Tiles &now) {
      const auto bits = now.begin() + held, x = bits + 1, d = x + step.count, dx = d + step.count;
      const Starts starts(*bits);
      Done done = single(starts, x->to(f32), d->to(f32), state_of({now.begin(), bits}));
      Tiles next = list_of(done.state);
      next.push_back(starts.after(1).bits());
      std::rotate_copy(x, x + 1, d, std::back_inserter(next));
      std::rotate_copy(d, d + 1, dx, std::back_inserter(next));
      std::copy(dx + 1, now.end(), std::back_inserter(next));
      next.push_back(done.dx.front());
      return next;
    });
    return {state_of({list.begin(), list.begin() + held}), {list.end() - step.count, list.end()}};
  }

  /// The windows that the first token of a block begins, token by token: the code of one stands for all.
  State first_windows(const Segment &s, const Boundaries &boundaries, Tiles sums) {
    Tiles list = wide(program_.load_narrow(x_, s, s.begin - ahead_, ahead_)),
          g(size_t(ahead_), k_.zeros(program_.shape(), f32));
    const Tiles x = program_.load_narrow(x_, s, s.begin, ahead_), d = program_.load_narrow(dy_, s, s.begin, ahead_);
    for (const Tiles &tiles : {g, {program_.starts(boundaries, s.begin - ahead_, 2 * ahead_ + 1).bits()}, x, d})
      list.insert(list.end(), tiles.begin(), tiles.end());
    list = k_.loop(0, ahead_, 1).carry_list(list, [&](Index, const Tiles &now) {
      const auto g = now.begin() + ahead_, bits = g + ahead_, x = bits + 1, d = x + ahead_;
      Tiles next(now.begin(), g), gradients(g + 1, bits);
      next.push_back(x->to(f32));
      const Starts rest = Starts(*bits).after(1);
      gradients.push_back(gradient(d->to(f32), seen(spec_, next, rest), 0));
      next.erase(next.begin());
      next.insert(next.end(), gradients.begin(), gradients.end());
      next.push_back(rest.bits());
      std::rotate_copy(x, x + 1, d, std::back_inserter(next));
      std::rotate_copy(d, d + 1, now.end(), std::back_inserter(next));
      return next;
    });
    return {{list.begin(), list.begin() + ahead_}, {list.begin() + ahead_, list.begin() + 2 * ahead_}, std::move(sums)};
  }

  /// Beside the state goes the first start behind the tokens that are done.
  Tiles block_at_once(Tiles sums) {
    const Segment s = program_.block_at_once();
    const Boundaries boundaries = program_.boundaries(s.begin);
    Tiles carried = list_of(first_windows(s, boundaries, std::move(sums)));
    carried.push_back(program_.next_start(boundaries, s.begin));
    carried = program_.march_steps(
        s, carried, [&](const Step &step, const Tiles &list) { return step_at_once(s, boundaries, step, list); });
    return state_of(carried).sums;
  }

  /// The end of the last sequence counts as a start: a step without any is a whole one.
  Tiles step_at_once(const Segment &s, const Boundaries &boundaries, const Step &step, Tiles list) {
    const auto carried = int64_t(list.size());
    const Tile next = list.back();
    const State state = state_of(list);
    auto flat = [&](Done done, const Tile &start) {
      Tiles all = list_of(done.state);
      all.push_back(start);
      all.insert(all.end(), done.dx.begin(), done.dx.end());
      return all;
    };
    // On their way whether a start is near or not.
    const Tiles x = program_.load_narrow(x_, s, step.t + ahead_, step.count),
                d = program_.load_narrow(dy_, s, step.t + ahead_, step.count);
    const Index end = step.t + step.count;
    list = k_.when(
        next < (end + ahead_ - s.begin).to(i32),
        [&] { return flat(cut_step(boundaries, step, x, d, state), program_.next_start(boundaries, end)); },
        [&] { return flat(whole_step(x, d, state), next); });
    store(s, step, {list.begin() + carried, list.end()});
    return {list.begin(), list.begin() + carried};
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

/// States are added where their sequence begins and ends, which has to be known then.
bool backward_goes_at_once(const ConvSpec &spec, const ConvConfig &config) {
  return forward_goes_at_once(spec, config) && !spec.final_state;
}

Kernel backward(const ConvSpec &spec, const ConvConfig &config) {
  KernelBuilder k(spec.name("backward"), {.warps = config.warps, .registers = config.registers, .primary = true});
  Backward(k, spec, config).build();
  return k.finish();
}

} // namespace fla::conv
