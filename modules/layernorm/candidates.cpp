// Which kernels run a case on a machine, with which grids: the heuristic's choice first.
#include "modules/common/Partials.h"
#include "modules/layernorm/kernels.h"
#include "modules/layernorm/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace fla::layernorm {

using tile::Target;

namespace {

/// The tensors among `names` that the problem, or the candidate's workspace, has.
std::vector<Arg> arguments(const NormSpec &spec, bool is_backward, bool with_partials) {
  std::vector<Arg> args = tensor_args({"rstd"});
  auto add = [&](bool is_there, const char *name, const char *tensor = nullptr) {
    if (is_there) args.push_back({name, std::string(tensor ? tensor : name)});
  };
  const bool gated = spec.gate != Gate::None;
  add(true, "x", is_backward && spec.saves_sum() ? "sum" : "x");
  add(spec.centered, "mean");
  add(gated, "g");
  add(with_partials, "partials");
  if (!is_backward) {
    add(true, "y");
    add(spec.residual, "residual");
    add(spec.saves_sum(), "sum");
    add(spec.weight, "w");
    add(spec.bias, "b");
  } else {
    add(true, "dy");
  }
  return args;
}

/// Those of a kernel that makes dx.
std::vector<Arg> gradient_arguments(const NormSpec &spec, bool with_partials) {
  std::vector<Arg> args = arguments(spec, true, with_partials);
  auto add = [&](bool is_there, const char *name) {
    if (is_there) args.push_back({name, std::string(name)});
  };
  add(true, "dx");
  add(spec.prenorm, "dsum");
  add(spec.has_dresidual(), "dresidual");
  add(spec.gate != Gate::None, "dg");
  add(spec.weight, "w");
  add(spec.backward_needs_bias(), "b");
  return args;
}

/// A block of rows has all groups or a part of them.
RowConfig for_groups(const NormSpec &spec, RowConfig config, bool sums_rows, const Target &target) {
  if (spec.groups == 1) return config;
  const int64_t power = spec.groups & -spec.groups; // the largest that divides the groups
  // A core takes all groups of a row at once where it can: then its rows may lie one after the other.
  const bool all_at_once =
      !target.is_gpu() && power == spec.groups && !config.looped && power * config.shape.padded() <= 64 * target.lanes;
  const int64_t rows = all_at_once ? power : std::min(config.rows, power);
  if (rows < config.rows) config.warps = int(std::max<int64_t>(1, config.warps * rows / config.rows));
  config.rows = rows;
  if (sums_rows && !all_at_once) {
    config.strided = true;
    config.ahead = 0;
  }
  return config;
}

std::vector<RowConfig> configs(const NormSpec &spec, const Target &target, const RowNeeds &needs, bool sums_rows,
                               bool is_backward) {
  // A gate that several passes need is computed once.
  const bool keeps_gates = spec.gate != Gate::None && (is_backward || spec.gates_first());
  std::vector<RowConfig> different;
  for (const RowConfig &general : row_configs(target, needs)) {
    RowConfig config = for_groups(spec, general, sums_rows, target);
    config.packed = !keeps_gates;
    auto is_same = [&](const RowConfig &c) { return c.str() == config.str(); };
    if (std::ranges::none_of(different, is_same)) different.push_back(config);
  }
  return different;
}

/// Programs that sum over rows, about `wanted`: no more than there are blocks, and each with the same groups.
int64_t summing_programs(const NormSpec &spec, const RowConfig &config, int64_t rows, int64_t wanted) {
  const int64_t round = spec.groups / std::gcd(spec.groups, config.rows);
  return std::min(ceil_div(wanted, round) * round, ceil_div(rows, config.rows));
}

/// Programs of a backward pass that one multiprocessor has at once. A lane holds x and dy as they lie in memory, and in
/// f32 w and the sums of dw and db of its columns; and some more. What is f32 in memory, or is gated, is held with what
/// is made of it.
int64_t resident_programs(const NormSpec &spec, const RowConfig &config, const Target &target) {
  const int64_t columns = held_by_lane(target, config);
  const bool is_gated = spec.gate != Gate::None, is_packed = tile::size_of(spec.dtype) == 2 && !is_gated;
  const int64_t values = is_gated ? 7 : is_packed ? 1 + 2 * int64_t(spec.weight) + int64_t(spec.bias) : 5;
  return std::max<int64_t>(1, target.unit_registers / (config.warps * target.lanes * (values * columns + 32)));
}

/// That a lane can have, with one program at a time.
int64_t most_registers(const RowConfig &config, const Target &target) {
  return std::min(255, target.registers_at(config.warps));
}

/// For a forward pass; 0: as the GPU's assembler likes.
int forward_registers(const NormSpec &spec, const RowConfig &config, const Target &target) {
  const int64_t held = config.looped ? 0 : held_by_lane(target, config);
  // Without w, few enough that 64 warps' worth of programs at once hold 8M elements.
  if (config.late && spec.dtype == tile::bf16 && held <= 64 && target.full_registers() == 32) return 64;
  // Where a lane has much f32, which lies in memory as it is in registers, it would rather spill some than run a
  // program fewer.
  if (tile::size_of(spec.dtype) != 4 || config.warps < 16) return 0;
  if (spec.gate != Gate::None) return config.looped ? int(most_registers(config, target)) : 0;
  return held < 16 ? 0 : held < 32 ? 64 : 128;
}

/// Whether x and dy of the rows that a lane has at once, and w and the sums of dw and db of its columns, are more than
/// its registers.
bool overflows(const NormSpec &spec, const RowConfig &config, const Target &target) {
  const int64_t rows_of_warp = std::max<int64_t>(1, config.rows / config.warps);
  const int64_t held = held_by_lane(target, config), columns = held / rows_of_warp;
  const int64_t of_columns = columns * (int64_t(spec.weight) * 2 + int64_t(spec.bias));
  // Of f32 nothing is packed while it waits.
  if (rows_of_warp > 1 && tile::size_of(spec.dtype) == 4 && held >= 64) return true;
  if (spec.gate == Gate::None) return 2 * held + of_columns > 200;
  const bool is_one_access = held * tile::size_of(spec.dtype) <= target.vector_bytes;
  return 3 * held + of_columns + 64 > most_registers(config, target) || (rows_of_warp > 1 && !is_one_access);
}

/// Of a GPU, groups so narrow that a row of all of them leaves a lane with little are taken several rows at a time: the
/// weights are the same for all. Small programs of four rows a warp, whose statistics are stored together, are best.
std::vector<RowConfig> forward_configs(const NormSpec &spec, const Place &place, const RowNeeds &needs) {
  std::vector<RowConfig> all = configs(spec, place.target, needs, false, false);
  if (!place.is_gpu() || spec.groups == 1) return all;
  std::vector<RowConfig> several;
  for (const RowConfig &config : all) {
    const int64_t access = place.target.vector_bytes / tile::size_of(spec.dtype);
    if (config.looped || config.rows % spec.groups != 0 || held_by_lane(place.target, config) > 2 * access) continue;
    for (int64_t blocks : {4, 2}) {
      several.push_back(config);
      several.back().blocks = blocks;
    }
  }
  auto has_four = [](const RowConfig &c) { return c.rows * c.blocks == 4 * c.warps; };
  std::ranges::stable_sort(several, {}, [&](const RowConfig &c) { return std::pair(!has_four(c), c.warps); });
  const bool are_many = place.rows * spec.width() > elements_of_a_wave(place.target, place.units, spec.dtype);
  all.insert(are_many ? all.begin() : all.end(), several.begin(), several.end());
  return all;
}

/// Rows of one round of programs, about.
int64_t round_of_rows(const Place &place) {
  return 62 * place.units;
}

struct ProgramSize {
  int64_t rows;
  int warps;
};

/// Two rows a warp instead of one, or two warps a row, as an H100 prefers it by 2 to 8 %. layer_norm is best with two
/// rows where they are one round of programs and not where they are more; rms_norm, which has less to hold, where they
/// are more. Where there is a gate, two warps a row are; or one, see is_filled_by_warps.
ProgramSize best_size(const NormSpec &spec, const Place &place, const RowConfig &warp_a_row) {
  const int64_t round = round_of_rows(place);
  const ProgramSize in_pairs{2 * warp_a_row.rows, warp_a_row.warps}, over_two{warp_a_row.rows / 2, warp_a_row.warps};
  const bool are_four =
      held_by_lane(place.target, warp_a_row) * tile::size_of(spec.dtype) == 4 * place.target.vector_bytes;
  if (spec.gate != Gate::None) return are_four && place.is_filled_by_warps() ? ProgramSize{1, 1} : over_two;
  if (!spec.centered) return place.rows >= round ? in_pairs : over_two;
  return place.rows >= round / 2 && place.rows < round ? in_pairs : over_two;
}

/// Whether the general rule takes a warp for a row, which it holds.
bool is_warp_a_row(const NormSpec &spec, const Place &place, const RowConfig &first) {
  return place.is_gpu() && spec.groups == 1 && first.rows == first.warps && !first.looped;
}

/// Choices for a backward pass, the best first: rms_norm of many rows is 1 to 3 % better with two warps a row.
std::vector<RowConfig> in_backward_order(const NormSpec &spec, const Place &place, std::vector<RowConfig> all) {
  const RowConfig first = all.front();
  const bool is_rms_norm = !spec.centered && spec.gate == Gate::None && !spec.bias;
  if (is_rms_norm && is_warp_a_row(spec, place, first) && place.rows >= 2 * round_of_rows(place))
    std::ranges::stable_partition(all,
                                  [&](const RowConfig &c) { return c.warps == first.warps && 2 * c.rows == c.warps; });
  return all;
}

/// Choices for a forward pass, the best size first; the general rule's first is a warp a row.
std::vector<RowConfig> in_order(const NormSpec &spec, const Place &place, std::vector<RowConfig> all) {
  const RowConfig first = all.front();
  if (!is_warp_a_row(spec, place, first)) return all;
  for (RowConfig &config : all)
    config.late = !spec.centered && spec.gate == Gate::None && config.rows == 2 * config.warps;
  const ProgramSize best = best_size(spec, place, first);
  std::ranges::stable_partition(all, [&](const RowConfig &c) { return c.rows == best.rows && c.warps == best.warps; });
  return all;
}

/// The candidates of a backward pass.
class Backward {
public:
  Backward(const NormSpec &spec, const Place &place) : spec_(spec), place_(place) {}

  std::vector<Candidate> candidates() const {
    // Five values a column are alive, not one: a whole warp a row up to 1024 columns, fewer columns a lane beyond.
    RowNeeds needs{.cols = spec_.width(),
                   .dtype = spec_.dtype,
                   .held = spec_.width() <= 1024 ? 32 : 24,
                   .streaming = place_.streaming};
    const int64_t most = needs.held;
    if (spec_.gate != Gate::None) needs.held = needs.held * 2 / 3;
    if (!spec_.weight && !spec_.bias) return input_only(needs);
    std::vector<Candidate> all = fused_over(needs);
    // Over fewer warps a lane has more columns to hold, and more registers.
    needs.held = most;
    if (all.empty()) all = fused_over(needs);
    needs.held = 0;
    for (const RowConfig &config : configs(spec_, place_.target, needs, false, true)) {
      // x, dy, g and w: 32 warps leave a lane too few registers.
      const bool is_full = spec_.gate != Gate::None || tile::size_of(spec_.dtype) == 4;
      if (place_.is_gpu() && is_full && config.warps >= 32) continue;
      all.push_back(split(config));
      if (!all.front().name.starts_with("split")) break; // one to compare with
    }
    std::vector<Candidate> different;
    for (Candidate &candidate : all)
      if (std::ranges::none_of(different, [&](const Candidate &c) { return c.name == candidate.name; }))
        different.push_back(std::move(candidate));
    return different;
  }

private:
  void add_rows(std::vector<Arg> &args) const { args.push_back({"rows", place_.rows}); }

  std::vector<Candidate> fused_over(const RowNeeds &needs) const {
    std::vector<Candidate> all;
    for (const RowConfig &config : in_backward_order(spec_, place_, configs(spec_, place_.target, needs, true, true))) {
      if (config.looped || (place_.is_gpu() && overflows(spec_, config, place_.target))) continue;
      const int64_t per_unit = place_.is_gpu() ? resident_programs(spec_, config, place_.target) : kRangesPerUnit;
      all.push_back(fused(config, place_.units * per_unit));
      if (all.size() == 1 && place_.units * per_unit < ceil_div(place_.rows, config.rows))
        all.push_back(fused(config, 2 * place_.units * per_unit));
    }
    return all;
  }

  FusedLaunch input_launch(RowConfig config) const {
    if (place_.is_gpu() && config.looped) config.registers = int(most_registers(config, place_.target));
    std::vector<Arg> args = gradient_arguments(spec_, false);
    add_rows(args);
    return {backward_input(spec_, config), {uint32_t(row_programs(place_, config))}, std::move(args)};
  }

  std::vector<Candidate> input_only(const RowNeeds &needs) const {
    std::vector<Candidate> all;
    for (const RowConfig &config : configs(spec_, place_.target, needs, false, true)) {
      Candidate &candidate = all.emplace_back(Candidate{config.str(), {}, {}});
      if (place_.rows > 0) candidate.launches.push_back(input_launch(config));
    }
    return all;
  }

  void add_sums(Candidate &candidate, int64_t parts) const {
    SumOfPartials stage{.kernel = spec_.name("sum_partials"),
                        .sums = {},
                        .dtype = spec_.dtype,
                        .cols = spec_.cols,
                        .align = spec_.align};
    if (spec_.weight) stage.sums.push_back("dw");
    if (spec_.bias) stage.sums.push_back("db");
    add_to(candidate, stage, parts, place_.target);
  }

  /// All in one pass.
  Candidate fused(RowConfig config, int64_t wanted) const {
    // Turing's assembler would rather spill some registers than have one program of 16 warps at a time.
    const bool is_turing = place_.is_gpu() && !place_.target.reduces_warps;
    if (is_turing && spec_.gate != Gate::None && config.warps >= 16) config.registers = 96;
    const int64_t programs = summing_programs(spec_, config, place_.rows, wanted);
    Candidate candidate{fmt::format("{} programs={}", config.str(), programs), {}, {}};
    if (programs > 0) {
      std::vector<Arg> args = gradient_arguments(spec_, true);
      add_rows(args);
      candidate.launches.push_back({backward(spec_, config), {uint32_t(programs)}, std::move(args)});
    }
    add_sums(candidate, partial_rows(spec_, config, programs));
    return candidate;
  }

  /// dx and the weights' gradients apart: x and dy are read twice, but a row need not be held.
  Candidate split(const RowConfig &config) const {
    RowConfig columns;
    int64_t wanted;
    const int64_t width = spec_.width();
    if (place_.is_gpu()) {
      const int64_t vector = place_.target.vector_bytes / tile::size_of(spec_.dtype);
      columns = {.rows = 8, .warps = 4, .shape = {place_.target.lanes * vector, 1}, .strided = true};
      wanted = ceil_div(16 * place_.units, ceil_div(width, columns.shape.chunk));
    } else {
      columns.shape.chunk = 8 * place_.target.lanes;
      wanted = ceil_div(place_.rows, 64); // 64 rows stay in cache from one column block to the next
    }
    columns.shape.chunk = std::min(columns.shape.chunk, next_power_of_two(width));
    if (spec_.groups > 1) {
      columns.rows = std::min(columns.rows, spec_.groups & -spec_.groups);
      columns.strided = true;
    }
    constexpr int64_t kMost = 65535; // programs of a grid's second dimension
    const int64_t round = spec_.groups / std::gcd(spec_.groups, columns.rows);
    const int64_t programs =
        summing_programs(spec_, columns, place_.rows, std::min(wanted, std::max(kMost / round, int64_t(1)) * round));
    const int64_t parts = partial_rows(spec_, columns, programs);

    Candidate candidate{fmt::format("split {} parts={}", config.str(), parts), {}, {}};
    if (place_.rows > 0) {
      candidate.launches.push_back(input_launch(config));
      std::vector<Arg> args = arguments(spec_, true, true);
      add_rows(args);
      candidate.launches.push_back({backward_weights(spec_, columns),
                                    {uint32_t(ceil_div(width, columns.shape.chunk)), uint32_t(programs)},
                                    std::move(args)});
    }
    add_sums(candidate, parts);
    return candidate;
  }

  const NormSpec &spec_;
  const Place &place_;
};

} // namespace

std::vector<Candidate> NormProblem::forward_candidates(const Place &place) const {
  RowNeeds needs{.cols = cols(), .dtype = spec_.dtype, .streaming = place.streaming};
  if (spec_.gate != Gate::None || spec_.residual) {
    needs.held = tile::size_of(spec_.dtype) == 4 ? 24 : 32;
    needs.alive = 2;
  }
  std::vector<Arg> args = arguments(spec_, false, false);
  args.push_back({"rows", place.rows});
  args.push_back({"eps", eps_});
  std::vector<Candidate> all;
  for (RowConfig config : in_order(spec_, place, forward_configs(spec_, place, needs))) {
    if (place.is_gpu()) config.registers = forward_registers(spec_, config, place.target);
    Candidate &candidate = all.emplace_back(Candidate{config.str(), {}, {}});
    if (place.rows > 0)
      candidate.launches.push_back({forward(spec_, config), {uint32_t(row_programs(place, config))}, args});
  }
  return with_strides(std::move(all));
}

std::vector<Candidate> NormProblem::backward_candidates(const Place &place) const {
  return with_strides(Backward(spec_, place).candidates());
}

std::vector<Candidate> NormProblem::with_strides(std::vector<Candidate> all) const {
  if (spec_.stride_divisor == 0) return all;
  for (Candidate &candidate : all)
    for (FusedLaunch &launch : candidate.launches) {
      auto takes = [&](const char *name) {
        return std::ranges::any_of(launch.args, [&](const Arg &arg) { return arg.param == name; });
      };
      if (takes("x")) launch.args.push_back({"x_stride", strides_.x});
      if (takes("g")) launch.args.push_back({"g_stride", strides_.g});
      if (takes("dy")) launch.args.push_back({"dy_stride", strides_.dy});
    }
  return all;
}

} // namespace fla::layernorm
