// The forward kernel of causal_conv1d: a march along time, of one step or more, with the window in registers.
#include "modules/conv/kernels.h"

#include "modules/conv/parts.h"

#include <algorithm>

namespace fla::conv {

using namespace tile;

namespace {

class Forward {
public:
  Forward(KernelBuilder &k, const ConvSpec &spec, const ConvConfig &config)
      : k_(k), spec_(spec), config_(config), program_(k, spec.tokens, config), x_(program_.strided_input("x")),
        state_(spec.initial_state ? std::optional(state_input(k, spec, "initial_state", program_.count()))
                                  : std::nullopt),
        residual_(spec.residual ? std::optional(program_.input("residual")) : std::nullopt), y_(program_.output("y")),
        weights_(load_weights(k, spec, config, program_.col())) {}

  void build() {
    if (forward_goes_at_once(spec_, config_) && in_front_ + config_.rows <= TokenProgram::kMostStarts) {
      block_at_once();
    } else {
      Window window(program_, k_, spec_, x_, state_);
      program_.for_segments([&](const Segment &s) {
        program_.march(s, as_carried(window.before(s, s.begin)),
                       [&](const Step &of, Tiles tokens) { return step(s, of, nullptr, std::move(tokens)); });
      });
    }
  }

private:
  static constexpr int64_t kLongStep = 16; ///< tokens, whose code twice over would be most of what there is to compile

  /// The window in front is on its way before it is asked where sequences begin: once, for the window and the block.
  void block_at_once() {
    const Segment s = program_.block_at_once();
    const Index first = s.begin - before_, second = first + (before_ - in_front_);
    Tiles window = program_.load_narrow(x_, s, first, before_);
    const Starts starts = program_.starts(program_.boundaries(second), second, in_front_ + config_.rows);
    program_.march_at_once(s, starts.after(in_front_), seen(spec_, std::move(window), starts),
                           [&](const Step &of, const Starts &starts, Tiles tokens) {
                             return step(s, of, before_ ? &starts : nullptr, std::move(tokens));
                           });
  }

  Tiles as_carried(Tiles tokens) const {
    for (Tile &token : tokens) token = program_.as_carried(token);
    return tokens;
  }

  /// `tokens` are those before the step; returns those before the next one. `starts` from the step's first token on,
  /// null where no sequence can begin in it.
  Tiles step(const Segment &s, const Step &step, const Starts *starts, Tiles tokens) {
    Tiles added;
    for (int64_t i = 0; i < step.count; ++i) { // on their way together
      tokens.push_back(program_.as_carried(program_.load_narrow(x_, s, step.t + i)));
      if (residual_) added.push_back(program_.load(*residual_, s, step.t + i));
    }
    auto whole = [&] { return convolve_all(step.count, nullptr, tokens); };
    if (!starts) return write_all(s, step, whole(), added);
    const Condition is_cut = starts->among(0, step.count - 1);
    if (step.count >= kLongStep)
      return k_.when(
          is_cut, [&] { return cut_long_step(s, step, *starts, tokens, added); },
          [&] { return write_all(s, step, whole(), added); });
    auto cut = [&] { return convolve_all(step.count, starts, tokens); };
    return write_all(s, step, k_.when(is_cut, cut, whole), added);
  }

  /// What goes into the activations of a step whose first window begins with tokens[0]; behind it, what the next step's
  /// windows begin with.
  Tiles convolve_all(int64_t count, const Starts *starts, Tiles tokens) const {
    Tiles sums;
    for (int64_t i = 0; i < count; ++i)
      sums.push_back(starts ? cut_window(*starts, i, tokens) : convolve(weights_, tokens, size_t(i)));
    sums.insert(sums.end(), tokens.end() - before_, tokens.end());
    return sums;
  }

  /// Of the window from tokens[i] on. Where a sequence begins with its last token, what comes before is 0, for the
  /// windows behind it too.
  Tile cut_window(const Starts &starts, int64_t i, Tiles &tokens) const {
    for (int64_t j = i; j < i + before_; ++j) tokens[size_t(j)] = where(starts.at(i), 0.f, tokens[size_t(j)]);
    return convolve(weights_, tokens, size_t(i));
  }

  /// Token by token: the tiles go round, so that the code of one token stands for all.
  Tiles cut_long_step(const Segment &s, const Step &step, const Starts &starts, const Tiles &tokens,
                      const Tiles &added) {
    Tiles list = tokens;
    list.push_back(starts.bits());
    list.insert(list.end(), added.begin(), added.end());
    list = k_.loop(0, step.count, 1).carry_list(list, [&](Index i, Tiles now) {
      const auto bits = now.begin() + before_ + step.count, added_now = bits + 1;
      const Starts from_here(*bits);
      write(s, step.t + i, cut_window(from_here, 0, now), residual_ ? &*added_now : nullptr);
      *bits = from_here.after(1).bits();
      std::rotate(now.begin(), now.begin() + 1, bits);
      if (residual_) std::rotate(added_now, added_now + 1, now.end());
      return now;
    });
    return {list.begin(), list.begin() + before_};
  }

  Tiles write_all(const Segment &s, const Step &step, const Tiles &sums, const Tiles &added) {
    for (int64_t i = 0; i < step.count; ++i)
      write(s, step.t + i, sums[size_t(i)], residual_ ? &added[size_t(i)] : nullptr);
    return {sums.begin() + step.count, sums.end()};
  }
  void write(const Segment &s, const Index &t, const Tile &sum, const Tile *added) {
    Tile out = activate(spec_, sum);
    program_.store(y_, s, t, added ? out + *added : out);
  }

  KernelBuilder &k_;
  const ConvSpec &spec_;
  const ConvConfig &config_;
  const int64_t before_ = spec_.width - 1;                     ///< tokens of a window but the last
  const int64_t in_front_ = std::max<int64_t>(before_ - 1, 0); ///< of these, those that can begin a sequence it sees
  TokenProgram program_;
  View x_;
  std::optional<View> state_, residual_;
  View y_;
  Weights weights_;
};

} // namespace

/// A core, which takes `taps`, would rather search once than ask at every step.
bool forward_goes_at_once(const ConvSpec &spec, const ConvConfig &config) {
  return spec.tokens.is_packed() && !spec.initial_state && !config.taps;
}

Kernel forward(const ConvSpec &spec, const ConvConfig &config) {
  KernelBuilder k(spec.name("forward"), {.warps = config.warps});
  Forward(k, spec, config).build();
  return k.finish();
}

} // namespace fla::conv
