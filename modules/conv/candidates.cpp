// Which kernels run a case on a machine, with which grids: the heuristic's choice first.
#include "modules/common/Pairs.h"
#include "modules/common/Partials.h"
#include "modules/common/TokenChoices.h"
#include "modules/conv/kernels.h"
#include "modules/conv/parts.h"
#include "modules/conv/problem.h"

#include <algorithm>

namespace fla::conv {

using tile::Target;
using tile::runtime::DeviceInfo;
using tile::runtime::Grid;

namespace {

/// A case on a machine: what every choice below depends on.
struct Place {
  const ConvSpec &spec;
  const Sequences &sequences;
  int64_t gap;
  const Target &target;
  int64_t units;
  int64_t in_flight; ///< accesses that each lane should have there, see accesses_in_flight()
  bool streaming;

  TokenNeeds needs() const {
    return {.rows = sequences.rows(),
            .longest = sequences.tokens(),
            .cols = spec.tokens.cols,
            .dtype = spec.tokens.dtype,
            .units = units,
            .streaming = streaming};
  }
};

void add(std::vector<Arg> &args, std::initializer_list<const char *> names, bool if_so = true) {
  if (if_so)
    for (const char *name : names) args.push_back({name, name});
}

/// Weights as kernels of `config` take them; with their first use, the kernel that makes `taps` of them.
void add_weights(const Place &p, const ConvConfig &config, const char *taps_name, std::vector<Arg> &args,
                 Candidate &candidate) {
  add(args, {"b"}, p.spec.bias);
  if (!config.taps) return add(args, {"w"});
  args.push_back({"taps", taps_name});
  if (!candidate.workspace.empty()) return;
  candidate.workspace.push_back(scratch(taps_name, {p.spec.width, p.spec.tokens.cols}));
  TokenConfig columns;
  columns.cols = std::min<int64_t>(p.target.lanes, next_power_of_two(p.spec.tokens.cols));
  candidate.launches.push_back(
      {taps(p.spec, columns), {uint32_t(column_blocks(p.spec.tokens, columns))}, {{"w", "w"}, {"taps", taps_name}}});
}

std::vector<Arg> program_args(const Place &p, std::vector<std::string> strided) {
  std::vector<Arg> args = token_args(p.sequences, p.spec.tokens, strided, p.gap);
  for (std::string &name : strided) args.push_back({name, name});
  return args;
}

/// How the kernels over sequences are cut: their tensors are small.
TokenConfig per_sequence(const Place &p, const TokenConfig &config) {
  TokenConfig columns{.cols = config.cols, .warps = config.warps};
  if (!p.target.is_gpu()) columns.cols = std::min<int64_t>(config.cols, 2 * p.target.lanes);
  return columns;
}

// ---- Forward --------------------------------------------------------------------------------------------------------

std::vector<ConvConfig> with_weights(const Place &p, std::vector<TokenConfig> configs) {
  std::vector<ConvConfig> all;
  for (const TokenConfig &config : configs) all.push_back({config, !p.target.is_gpu()});
  return all;
}

TokenConfig forward_step(const Place &p, const TokenNeeds &needs, int64_t vector, int64_t unroll) {
  return single_step(p.target, needs, {.vector = vector, .unroll = unroll, .warps = 1, .stages = 1});
}

/// What was measured to be best for so many rounds of programs of 8 tokens each. A march has two steps of tokens on
/// their way; where one access of each lane is too little, as on an H200, a longer one is 5 to 9 % less. Packed, one
/// step's loads at once are 3 to 8 % less, if sequences are long: a long step is taken apart where one begins in it.
TokenConfig best_measured(const Place &p, const TokenNeeds &needs, int64_t rounds) {
  const int64_t v = needs.cut.vector;
  const bool is_fast = p.in_flight > 1;
  auto march = [&](int stages) {
    const TokenCut cut{.vector = v, .unroll = 4, .warps = 1, .stages = stages};
    return block_of(p.target, needs, cut, is_fast && rounds > 1 ? 16 : 8);
  };
  if (!p.spec.tokens.is_packed()) return rounds == 1 && !is_fast ? forward_step(p, needs, v / 2, 16) : march(2);
  if (rounds == 1 && !is_fast)
    return single_step(p.target, needs, {.vector = v / 2, .unroll = 8, .warps = 1, .stages = 2});
  const bool is_long = p.sequences.tokens() >= 256 * p.sequences.count();
  return is_long && rounds > 2 ? forward_step(p, needs, rounds > 8 ? v : v / 2, 16) : march(1);
}

void add_measured(const Place &p, const TokenNeeds &needs, std::vector<TokenConfig> &configs) {
  if (!p.target.is_gpu() || needs.longest < 16) return;
  const int64_t v = needs.cut.vector;
  const TokenConfig brief = forward_step(p, needs, v, 8);
  for (const TokenConfig &config : {brief, forward_step(p, needs, v, 16), forward_step(p, needs, v / 2, 16)})
    add_last(configs, config);
  constexpr int64_t kPrograms = 32; // of a multiprocessor, at most; some have no more than 16
  const int64_t at_once = kPrograms * p.units * brief.rows * brief.cols, elements = needs.rows * needs.cols;
  // Sequence by sequence none of these was measured.
  const bool by_sequence = p.spec.tokens.is_packed() && !forward_goes_at_once(p.spec, {brief, false});
  if (p.spec.width > 4 || elements <= at_once / 2 || by_sequence) return;
  put_first(configs, best_measured(p, needs, ceil_div(elements, at_once)));
}

std::vector<ConvConfig> forward_configs(const Place &p) {
  TokenNeeds needs = p.needs();
  // A lane holds the weights and a window of each of its columns: with twice as many it spills. A program of few packed
  // tokens has two steps on their way while it asks where sequences begin.
  needs.cut = {
      .vector = p.spec.width <= 4 ? 4 : 2, .unroll = 4, .warps = 1, .stages = p.spec.tokens.is_packed() ? 2 : 1};
  needs.widest = needs.cut.vector;
  needs.halves_single_steps = true;
  needs.host_cols = 8;
  // With what lies in front, no more than TokenProgram::kMostStarts.
  if (forward_goes_at_once(p.spec, {{}, !p.target.is_gpu()})) needs.most_rows = 32;
  std::vector<TokenConfig> configs = token_configs(p.target, needs);
  add_measured(p, needs, configs);
  return with_weights(p, std::move(configs));
}

Candidate forward_candidate(const Place &p, const ConvConfig &config) {
  Candidate candidate{config.str(), {}, {}};
  if (p.sequences.rows() > 0) {
    std::vector<Arg> args = program_args(p, {"x"});
    add_weights(p, config, "forward_taps", args, candidate);
    add(args, {"initial_state"}, p.spec.initial_state);
    add(args, {"residual"}, p.spec.residual);
    add(args, {"y"});
    const Grid grid = token_grid(p.sequences, p.spec.tokens, config);
    candidate.launches.push_back({forward(p.spec, config), grid, std::move(args)});
  }
  if (p.spec.final_state && p.sequences.count() > 0) {
    const TokenConfig columns = per_sequence(p, config);
    std::vector<Arg> args = program_args(p, {"x"});
    add(args, {"initial_state"}, p.spec.initial_state);
    add(args, {"final_state"});
    const Grid grid = sequence_grid(p.sequences, p.spec.tokens, columns);
    candidate.launches.push_back({final_state(p.spec, columns), grid, std::move(args)});
  }
  return candidate;
}

// ---- Backward -------------------------------------------------------------------------------------------------------

/// With four columns a lane, a GPU's assembler would rather spill some registers than run a program fewer. A packed
/// block at once does with as many as a block of one sequence, 64, but has to be told; of so few there is none for a
/// value that is the same in all lanes, which the assembler must see.
int backward_registers(const Place &p, const ConvConfig &config) {
  if (config.cols >= int64_t(config.warps) * 32 * 4) return 168;
  if (!backward_goes_at_once(p.spec, config)) return 0;
  const bool is_small = tile::size_of(p.spec.tokens.dtype) == 2 && p.spec.width <= 4 && p.target.reduces_warps;
  if (config.unroll > 4) return 128;
  // Where all columns are one block, the compiler knows more of addresses and keeps more of them.
  return !is_small ? 0 : config.cols < p.spec.tokens.cols ? 64 : 72;
}

/// A packed block of all columns, which takes more registers, takes an H100 12 % longer than narrower ones.
void prefer_narrow(const Place &p, std::vector<TokenConfig> &configs) {
  const TokenConfig first = configs.front();
  if (!p.target.is_gpu() || !backward_goes_at_once(p.spec, {first, false}) || first.cols < p.spec.tokens.cols) return;
  std::ranges::stable_partition(configs, [&](const TokenConfig &c) {
    return c.cols < first.cols && c.unroll == first.unroll && c.stages == first.stages;
  });
}

/// Blocks of 8 tokens where those of 16 are half of the programs that are wanted or fewer; and of one column a lane
/// where they still are. Up to 1.6 times as fast on an H100, for all that what lies between blocks is computed twice.
void prefer_brief(const Place &p, const TokenNeeds &needs, std::vector<TokenConfig> &configs) {
  const TokenConfig first = configs.front();
  const int64_t few = needs.units * needs.warps_per_unit / first.warps / 2;
  auto are_few = [&](const TokenConfig &c) { return token_grid(p.sequences, p.spec.tokens, c).programs() <= few; };
  if (!p.target.is_gpu() || first.rows != needs.least_rows || !are_few(first)) return;
  TokenConfig brief = first;
  brief.rows = 8;
  put_first(configs, brief);
  if (!are_few(brief)) return;
  // Packed, a step asks where sequences begin: one of all tokens then.
  const TokenCut cut = p.spec.tokens.is_packed() ? TokenCut{.vector = 1, .unroll = 8, .warps = 4, .stages = 1}
                                                 : TokenCut{.vector = 1, .unroll = 4, .warps = 4, .stages = 2};
  put_first(configs, block_of(p.target, needs, cut, 8));
}

/// Blocks by one warp, where no boundaries are asked for with one step in flight: 0 to 2 % less on an H100, 1 to 3 % on
/// an H200; packed at once with two, 1 % less. But for the few tokens that blocks of 8 are for.
void prefer_plain(const Place &p, const TokenNeeds &needs, std::vector<TokenConfig> &configs) {
  const TokenConfig first = configs.front();
  const bool is_packed = p.spec.tokens.is_packed();
  if (!p.target.is_gpu() || first.rows < needs.least_rows) return;
  if (is_packed && !backward_goes_at_once(p.spec, {first, false})) return;
  const int stages = is_packed ? 2 : 1;
  const TokenCut plain{.vector = needs.cut.vector, .unroll = needs.cut.unroll, .warps = 1, .stages = stages};
  put_first(configs, block_of(p.target, needs, plain, first.rows));
}

std::vector<ConvConfig> backward_configs(const Place &p) {
  TokenNeeds needs = p.needs();
  // Two windows, the weights and their sums; and every program leaves sums to add up.
  needs.cut = {.vector = p.spec.width <= 4 ? 2 : 1, .unroll = 4, .warps = 4, .stages = 2};
  needs.widest = 2 * needs.cut.vector;
  needs.warps_per_unit = 16;
  needs.least_rows = p.target.is_gpu() ? 16 : 32;
  needs.most_rows = 128;
  needs.host_cols = 8;
  std::vector<TokenConfig> configs = token_configs(p.target, needs);
  prefer_narrow(p, configs);
  prefer_brief(p, needs, configs);
  prefer_plain(p, needs, configs);
  std::vector<ConvConfig> all = with_weights(p, std::move(configs));
  for (ConvConfig &config : all) config.registers = backward_registers(p, config);
  return all;
}

/// The second stage, and the workspace of the first: `parts` rows of sums of each tap and of the bias.
void add_second_stage(const Place &p, int64_t parts, Candidate &candidate) {
  const DType dtype = p.spec.weight_dtype;
  SumOfPartials stage{.kernel = p.spec.name("sum_partials"),
                      .sums = {},
                      .dtype = dtype,
                      .cols = p.spec.tokens.cols,
                      .align = weight_options(p.spec).align};
  for (int64_t tap = 0; tap < p.spec.width; ++tap) {
    stage.sums.push_back(tap_gradient(tap));
    stage.strides[tap_gradient(tap)] = p.spec.width;
  }
  if (p.spec.bias) stage.sums.push_back("db");
  add_to(candidate, stage, parts, p.target);
  for (Arg &arg : candidate.launches.back().args)
    for (int64_t tap = 0; tap < p.spec.width; ++tap)
      if (arg.param == tap_gradient(tap)) arg = {arg.param, "dw", tap * tile::size_of(dtype)};
}

Candidate backward_candidate(const Place &p, const ConvConfig &config) {
  Candidate candidate{config.str(), {}, {}};
  const ConvSpec &spec = p.spec;
  const int64_t blocks = column_blocks(spec.tokens, config);
  const int64_t of_tokens = p.sequences.batch() * ceil_div(p.sequences.tokens(), config.rows);
  // Programs that go over sequences: few, for each leaves sums.
  const ConvConfig columns{per_sequence(p, config), config.taps};
  const int64_t of_states = spec.initial_state ? std::min<int64_t>(p.sequences.count(), 2 * p.units) : 0;
  const int64_t parts = of_tokens + of_states;

  auto launch = [&](tile::Kernel kernel, int64_t programs, std::vector<Arg> args) {
    add(args, {"dfinal_state"}, spec.final_state);
    add(args, {"partials"});
    args.push_back({"parts", parts});
    candidate.launches.push_back({std::move(kernel), {uint32_t(programs)}, std::move(args)});
  };
  if (of_tokens > 0) {
    std::vector<Arg> args = program_args(p, {"x", "dy"});
    add_weights(p, config, "backward_taps", args, candidate);
    add(args, {"initial_state"}, spec.initial_state);
    add(args, {"dx"});
    launch(backward(spec, config), of_tokens * blocks, std::move(args));
  }
  if (of_states > 0) {
    std::vector<Arg> args = program_args(p, {"x", "dy"});
    add_weights(p, config, "backward_taps", args, candidate);
    add(args, {"initial_state", "dinitial_state"});
    args.push_back({"first_part", of_tokens});
    launch(state_gradient(spec, columns), of_states * column_blocks(spec.tokens, columns), std::move(args));
  }
  add_second_stage(p, parts, candidate);
  return candidate;
}

template <class F> std::vector<Candidate> each(const std::vector<ConvConfig> &configs, F candidate) {
  std::vector<Candidate> all;
  for (const ConvConfig &config : configs) all.push_back(candidate(config));
  return all;
}

} // namespace

std::vector<Candidate> ConvProblem::candidates(const Target &target, const DeviceInfo &device) const {
  const int64_t written = sequences_.rows() * cols() * tile::size_of(dtype());
  const Place p{.spec = spec_,
                .sequences = sequences_,
                .gap = gap_,
                .target = target,
                .units = std::max(device.units, 1),
                .in_flight = accesses_in_flight(target, device),
                .streaming = !target.is_gpu() && written > device.cache_bytes / 8};
  auto forward = [&] { return each(forward_configs(p), [&](const auto &c) { return forward_candidate(p, c); }); };
  auto backward = [&] { return each(backward_configs(p), [&](const auto &c) { return backward_candidate(p, c); }); };
  switch (pass_) {
  case Pass::Fwd:
    return forward();
  case Pass::Bwd:
    return backward();
  case Pass::FwdBwd:
    return pairs(forward(), backward());
  }
  throw tile::InternalError("causal_conv1d: unknown pass");
}

} // namespace fla::conv
