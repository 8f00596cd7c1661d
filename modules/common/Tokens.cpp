// Programs over blocks of tokens: how many there are, and how they find their sequences.
#include "modules/common/Tokens.h"

#include <fmt/format.h>

#include <algorithm>

namespace fla {

using namespace tile;

namespace {

/// Boundaries of sequences that a program looks at at once.
constexpr int64_t kProbe = 32;

/// Halvings of n + 1 boundaries that leave at most kProbe of them.
int64_t halvings(int64_t boundaries) {
  int64_t count = 0;
  for (; boundaries > kProbe; boundaries = ceil_div(boundaries, 2)) ++count;
  return count;
}

} // namespace

int64_t column_blocks(const TokenLayout &layout, const TokenConfig &config) {
  return ceil_div(layout.cols, config.cols);
}

TokenLayout layout_of(const Sequences &sequences, DType dtype, int64_t cols) {
  TokenLayout layout;
  layout.dtype = dtype;
  layout.cols = cols;
  layout.packed = sequences.packed();
  layout.many = sequences.packed() && halvings(sequences.count() + 1) > 0;
  layout.align = 64;
  return layout;
}

std::string TokenConfig::str() const {
  return fmt::format("tokens={} unroll={} warps={} cols={}", rows, unroll, warps, cols) +
         (stages > 1 ? fmt::format(" stages={}", stages) : "") + (streaming ? " streaming" : "");
}

// ---- Launches -------------------------------------------------------------------------------------------------------

runtime::Grid token_grid(const Sequences &sequences, const TokenLayout &layout, const TokenConfig &config) {
  const int64_t blocks = sequences.batch() * ceil_div(sequences.tokens(), config.rows);
  return {uint32_t(blocks * column_blocks(layout, config))};
}

runtime::Grid sequence_grid(const Sequences &sequences, const TokenLayout &layout, const TokenConfig &config) {
  return {uint32_t(sequences.count() * column_blocks(layout, config))};
}

std::vector<Arg> token_args(const Sequences &sequences, const TokenLayout &layout,
                            const std::vector<std::string> &strided, int64_t gap) {
  std::vector<Arg> args = {{"tokens", sequences.tokens()}};
  if (layout.is_packed()) {
    args.push_back({"sequences", sequences.count()});
    args.push_back({"cu_seqlens", "cu_seqlens"});
    if (layout.many) args.push_back({"halvings", halvings(sequences.count() + 1)});
  } else {
    args.push_back({"batch", sequences.batch()});
  }
  if (layout.stride_divisor)
    for (const std::string &name : strided) {
      args.push_back({name + "_stride", layout.cols + gap});
      args.push_back({name + "_batch_stride", (sequences.tokens() + 1) * (layout.cols + gap)});
    }
  return args;
}

// ---- Kernel parts ---------------------------------------------------------------------------------------------------

TokenProgram::TokenProgram(KernelBuilder &k, const TokenLayout &layout, const TokenConfig &config)
    : k_(k), layout_(layout), config_(config), batch_(1), tokens_(k.runtime("tokens")), count_(0), col_(0), rest_(0) {
  if (layout.is_packed()) {
    count_ = k.runtime("sequences");
    cu_seqlens_ = k.input("cu_seqlens", *layout.packed, {count_ + 1}, {.align = int(size_of(*layout.packed))});
    if (layout.many) halvings_ = k.runtime("halvings");
  } else {
    batch_ = k.runtime("batch");
    count_ = batch_;
  }
  // Neighbours in the grid are neighbours in memory.
  const int64_t blocks = fla::column_blocks(layout, config);
  Index program = k.program_id(0);
  col_ = program % blocks * config.cols;
  rest_ = program / blocks;
}

View TokenProgram::tensor(const std::string &name, bool is_input, bool strided) {
  ViewOptions options{.align = align_of(layout_.dtype, layout_.align)};
  if (strided && layout_.stride_divisor) {
    Index stride = k_.runtime(name + "_stride", layout_.stride_divisor);
    options.strides = {k_.runtime(name + "_batch_stride", layout_.stride_divisor), stride, 1};
  }
  const std::vector<Index> extents = {batch_, tokens_, layout_.cols};
  return is_input ? k_.input(name, layout_.dtype, extents, options) : k_.output(name, layout_.dtype, extents, options);
}

View TokenProgram::input(const std::string &name) {
  return tensor(name, true, false);
}

View TokenProgram::strided_input(const std::string &name) {
  return tensor(name, true, true);
}

View TokenProgram::output(const std::string &name) {
  return tensor(name, false, false);
}

View TokenProgram::per_sequence_input(const std::string &name) {
  return k_.input(name, layout_.dtype, {count_, 1, layout_.cols}, {.align = align_of(layout_.dtype, layout_.align)});
}

View TokenProgram::per_sequence_output(const std::string &name) {
  return k_.output(name, layout_.dtype, {count_, 1, layout_.cols}, {.align = align_of(layout_.dtype, layout_.align)});
}

/// How many of the boundaries are at most `token`. They never fall, so the number is found by halving the range it can
/// be in until one look at kProbe of them tells it.
Index TokenProgram::boundaries_up_to(const Index &token) {
  Index low = 0;
  if (layout_.many)
    std::tie(low, std::ignore) = k_.loop(0, *halvings_, 1).carry(low, count_ + 1)([&](Index, Index low, Index size) {
      Index half = size / 2; // the first half is of at most `token`, or the number is in it
      Index last_of_half = cu_seqlens_->at({low + half - 1}).to_index();
      return std::tuple{k_.choose(last_of_half <= token, low + half, low), size - half};
    });
  Tile probe = cu_seqlens_->load({low}, {kProbe});
  Tile counted = where(probe.in_bounds() & (probe <= token.to(*layout_.packed)), 1, k_.zeros({kProbe}, i32));
  return low + sum(counted, Axis(0)).to_scalar().to_index();
}

Segment TokenProgram::packed_sequence(const Index &number) {
  Index first = cu_seqlens_->at({number}).to_index(), last = cu_seqlens_->at({number + 1}).to_index();
  return {0, number, first, last, first, last};
}

Tiles TokenProgram::for_segments(Tiles state, const std::function<Tiles(const Segment &, Tiles)> &body) {
  if (!layout_.is_packed()) {
    Index batch = rest_ % batch_, begin = rest_ / batch_ * config_.rows;
    return body({batch, batch, begin, min(begin + config_.rows, tokens_), 0, tokens_}, std::move(state));
  }
  Index begin = rest_ * config_.rows, end = min(begin + config_.rows, tokens_);
  Index first = max(boundaries_up_to(begin) - 1, 0), behind = boundaries_up_to(end - 1);
  return k_.loop(first, behind, 1).carry_list(state, [&](Index number, Tiles state) {
    Segment s = packed_sequence(number);
    s.begin = max(s.first, begin);
    s.end = min(s.last, end);
    return body(s, std::move(state));
  });
}

void TokenProgram::for_segments(const std::function<void(const Segment &)> &body) {
  for_segments({}, [&](const Segment &s, Tiles) {
    body(s);
    return Tiles{};
  });
}

Tiles TokenProgram::march(const Segment &s, Tiles state, const std::function<Tiles(const Step &, Tiles)> &body,
                          int64_t ahead) {
  const int64_t step = config_.unroll;
  auto loop = [&](Index from, Index to, int64_t count, bool whole) {
    state = k_.loop(from, to, count).stages(whole ? config_.stages : 1).carry_list(state, [&](Index t, Tiles state) {
      return body({ahead ? t - ahead : t, count, whole}, std::move(state));
    });
  };
  // Loops go over the tokens that are `ahead`, and are written such that the compiler sees that a whole step ends at
  // `most` or before.
  Index begin = s.begin + ahead, end = s.end + ahead;
  Index most = ahead ? min(end, min(s.last, tokens_)) : s.end;
  Index whole = step == 1 && !ahead ? s.end : begin + max(most - begin, 0) / step * step;
  loop(begin, whole, step, true);
  if (step > 1 || ahead) loop(whole, end, 1, false);
  return state;
}

Tiles TokenProgram::march_steps(const Segment &s, Tiles state, const std::function<Tiles(const Step &, Tiles)> &body) {
  const int64_t step = config_.unroll;
  return k_.loop(s.begin, s.end, step).stages(config_.stages).carry_list(state, [&](Index t, Tiles state) {
    return body({t, step, false}, std::move(state));
  });
}

Segment TokenProgram::block_at_once() {
  Index begin = rest_ * config_.rows;
  return {0, 0, begin, min(begin + config_.rows, tokens_), 0, tokens_};
}

namespace {

constexpr int64_t kFar = int64_t(1) << 30; // farther than any march goes

/// Tokens from `base` to each boundary, kFar at most, either way.
Tile distances_of(const Tile &boundaries, const Index &base) {
  Tile tokens = boundaries - base.to(boundaries.dtype());
  return tokens.dtype() == i32 ? tokens : min(max(tokens, -kFar), kFar).to(i32);
}

/// Each boundary sets the bit of its token, those elsewhere none. In 32 bits where they do: lanes exchange half as many
/// words.
Tile bits_of(Tile distances, int64_t count) {
  if (count > 32) distances = min(max(distances, -1), 64).to(i64); // either end sets no bit
  return reduce(1 << distances, Axis(0), [](auto a, auto b) { return a | b; });
}

} // namespace

TokenProgram::Boundaries TokenProgram::boundaries(const Index &base) {
  if (layout_.many) return {base, Tile()};
  Tile probe = cu_seqlens_->load({0}, {kProbe});
  return {base, where(probe.in_bounds(), distances_of(probe, base), kFar)};
}

Starts TokenProgram::starts(const Boundaries &all, const Index &token, int64_t count) {
  if (!layout_.many) return Starts(bits_of(all.distances - (token - all.base).to(i32), count));
  Index from = max(boundaries_up_to(token) - 1, 0), to = boundaries_up_to(token + (count - 1));
  const DType dtype = count <= 32 ? i32 : i64;
  return Starts(k_.loop(from, to, kProbe).carry(k_.zeros({}, dtype))([&](Index number, Tile bits) {
    Tile probe = cu_seqlens_->load({number}, {kProbe});
    return bits | bits_of(where(probe.in_bounds(), distances_of(probe, token), kFar), count);
  }));
}

Tile TokenProgram::next_start(const Boundaries &all, const Index &token) {
  if (layout_.many)
    return distances_of(k_.zeros({}, *layout_.packed) + cu_seqlens_->at({boundaries_up_to(token)}), all.base);
  Tile behind = all.distances > (token - all.base).to(i32);
  return min(where(behind, all.distances, kFar), Axis(0));
}

Tiles TokenProgram::march_at_once(const Segment &s, const Starts &of_block, Tiles state,
                                  const std::function<Tiles(const Step &, const Starts &, Tiles)> &body) {
  state.push_back(of_block.bits());
  state = march(s, std::move(state), [&](const Step &step, Tiles state) {
    Starts starts(std::move(state.back()));
    state.pop_back();
    state = body(step, starts, std::move(state));
    state.push_back(starts.after(step.count).bits());
    return state;
  });
  state.pop_back();
  return state;
}

Segment TokenProgram::sequence(const Index &number) {
  if (layout_.is_packed()) return packed_sequence(number);
  Index batch = number % count_; // is itself, and known to be below
  return {batch, batch, 0, tokens_, 0, tokens_};
}

int64_t TokenProgram::column_blocks() const {
  return fla::column_blocks(layout_, config_);
}

Tile TokenProgram::load(const View &view, const Segment &s, const Index &t, Cache cache) const {
  return load_narrow(view, s, t, cache).to(f32);
}

Tile TokenProgram::load_narrow(const View &view, const Segment &s, const Index &t, Cache cache) const {
  if (config_.ahead) view.prefetch({s.batch, t + config_.ahead, col_}, shape());
  return view.load({s.batch, t, col_}, shape(), cache);
}

Tiles TokenProgram::load_narrow(const View &view, const Segment &s, const Index &t, int64_t count) const {
  Tiles tiles;
  for (int64_t i = 0; i < count; ++i) tiles.push_back(load_narrow(view, s, t + i));
  return tiles;
}

void TokenProgram::store(const View &view, const Segment &s, const Index &t, const Tile &value) const {
  view.store({s.batch, t, col_}, value.to(view.dtype()), config_.cache());
}

Tile TokenProgram::load_of(const View &view, const Segment &s) const {
  return view.load({s.number, 0, col_}, shape()).to(f32);
}

void TokenProgram::store_of(const View &view, const Segment &s, const Tile &value) const {
  view.store({s.number, 0, col_}, value.to(view.dtype()));
}

View TokenProgram::of_sequence(const View &view, const Segment &s) const {
  return layout_.is_packed() ? view.below(1, s.last) : view;
}

} // namespace fla
