// Which kernels run a case on a machine, with which grids: the heuristic's choice first.
#include "modules/cross_entropy/kernels.h"
#include "modules/cross_entropy/problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace fla::cross_entropy {

using tile::Target;
using tile::runtime::DeviceInfo;

namespace {

/// Programs of a host core that go over a range of rows each: enough that cores which are slowed down can share.
constexpr int64_t kRangesPerUnit = 4;

/// A case on a machine: what every choice below depends on.
struct Place {
  const Spec &spec;
  int64_t rows;
  int64_t logits_stride;
  const Target &target;
  int64_t units;
  bool streaming; ///< a gradient would only push other data out of the caches

  bool is_gpu() const { return target.is_gpu(); }
};

// ---- Launches -------------------------------------------------------------------------------------------------------

/// A candidate under construction.
class Maker {
public:
  Maker(const Place &place, std::string name) : p_(place), candidate_{std::move(name), {}, {}} {}

  /// Before the rows: the weights of their targets and, `with_total`, the divisor of the mean.
  void prepare(bool with_total) {
    if (p_.spec.class_weights) {
      workspace("row_weight", {p_.rows});
      if (p_.rows > 0)
        launch(target_weights(p_.spec), std::min(p_.rows, p_.units * (p_.is_gpu() ? 16 : kRangesPerUnit)),
               {{"rows", p_.rows}}, {"targets", "weight", "row_weight"});
    }
    if (p_.spec.sums_weights() && p_.rows > 0) {
      workspace("weight_sum", {1});
      Spec classes;
      classes.reduction = Reduction::Sum;
      launch(finish(classes, true, Weights::None, false, warps()), 1,
             {{"count", p_.spec.classes}, {"row_loss", "weight"}, {"loss", "weight_sum"}}, {});
    }
    if (with_total) sum_rows(false, weights());
  }
  /// A kernel over rows that takes what all of them take, and `tensors`.
  void over_rows(tile::Kernel kernel, int64_t programs, std::vector<Arg> args, std::vector<std::string> tensors) {
    if (p_.rows == 0) return;
    args.push_back({"rows", p_.rows});
    tensors.push_back("targets");
    if (p_.spec.class_weights) tensors.push_back("row_weight");
    if (p_.spec.sums_weights()) tensors.insert(tensors.end(), {"weight", "weight_sum"});
    launch(std::move(kernel), programs, std::move(args), std::move(tensors));
  }
  /// The outputs of a kernel that makes losses; rows are outputs of the op where they are not reduced.
  std::vector<Arg> losses() {
    std::vector<Arg> args = {{"lse", "lse"}};
    auto of_rows = [&](const char *param, const char *output) {
      if (p_.spec.is_reduced()) workspace(param, {p_.rows});
      args.push_back({param, p_.spec.is_reduced() ? param : output});
    };
    of_rows("row_loss", "loss");
    if (p_.spec.has_z()) of_rows("row_z", "z_loss");
    return args;
  }
  /// After the rows: their losses become one. `has_total`: prepare has made the divisor.
  void reduce(bool has_total) {
    if (p_.spec.is_reduced()) sum_rows(true, has_total ? Weights::None : weights());
  }

  void workspace(const char *name, std::vector<int64_t> shape) {
    candidate_.workspace.push_back(scratch(name, std::move(shape)));
  }
  Candidate done() { return std::move(candidate_); }

private:
  /// Of the programs that add up numbers.
  int warps() const { return std::min(8, p_.target.max_warps); }
  /// Where the terms of total_weight are.
  Weights weights() const {
    if (!p_.spec.is_mean()) return Weights::None;
    return p_.spec.class_weights ? Weights::Rows : Weights::Targets;
  }

  /// Sums over rows, by one program or, where they are many, by one after others.
  void sum_rows(bool with_losses, Weights weights) {
    if (!with_losses && weights == Weights::None) return;
    constexpr int64_t kShare = 16384;
    const bool in_parts = p_.rows > 4 * kShare;
    std::vector<Arg> count = {{"count", p_.rows}};
    std::vector<std::string> terms;
    if (with_losses) terms.push_back("row_loss");
    if (with_losses && p_.spec.has_z()) terms.push_back("row_z");
    if (weights == Weights::Targets) terms.push_back("targets");
    if (weights == Weights::Rows) terms.push_back("row_weight");
    if (in_parts) {
      const int64_t parts = ceil_div(p_.rows, kShare);
      std::vector<std::string> sums;
      if (with_losses) sums.push_back("loss_part");
      if (with_losses && p_.spec.has_z()) sums.push_back("z_part");
      if (weights != Weights::None) sums.push_back("weight_part");
      for (const std::string &sum : sums) workspace(sum.c_str(), {parts});
      terms.insert(terms.end(), sums.begin(), sums.end());
      launch(add_up(p_.spec, with_losses, weights, kShare, warps()), parts, count, terms);
      count = {{"count", parts}};
      terms = sums;
    }
    if (with_losses) terms.push_back("loss");
    if (with_losses && p_.spec.has_z()) terms.push_back("z_loss");
    if (p_.spec.is_mean()) terms.push_back("total_weight");
    launch(finish(p_.spec, with_losses, weights, in_parts, warps()), 1, count, terms);
  }

  void launch(tile::Kernel kernel, int64_t programs, std::vector<Arg> args, std::vector<std::string> tensors) {
    for (std::string &tensor : tensors) {
      args.push_back({tensor, tensor});
      if (tensor == "logits" && p_.spec.stride_divisor) args.push_back({"logits_stride", p_.logits_stride});
    }
    candidate_.launches.push_back({std::move(kernel), {uint32_t(programs)}, std::move(args)});
  }

  const Place &p_;
  Candidate candidate_;
};

// ---- Configs --------------------------------------------------------------------------------------------------------

int64_t row_programs(const Place &p, const RowConfig &config) {
  const int64_t blocks = ceil_div(p.rows, config.rows);
  return config.looped_rows ? std::min(blocks, p.units * kRangesPerUnit) : blocks;
}

std::string describe(const RowConfig &config) {
  return config.looped ? fmt::format("{}x{}", config.str(), config.shape.chunks) : config.str();
}

/// Columns that a lane reads at a time, and how many such accesses are in flight.
struct Cut {
  int warps; ///< on a GPU
  int64_t chunks;
};

RowConfig looped_config(const Place &p, Cut cut) {
  RowConfig config{.rows = 1, .warps = cut.warps, .shape = {}, .looped = true, .streaming = p.streaming};
  int64_t lanes = p.target.lanes;
  if (p.is_gpu()) {
    config.shape.chunk = lanes * cut.warps * (p.target.vector_bytes / tile::size_of(p.spec.dtype));
    if (p.spec.dtype == tile::f32) cut.chunks *= 2;
  } else {
    config.shape.chunk = lanes * cut.warps;
    config.warps = 1;
    config.looped_rows = true;
  }
  config.shape.chunk = std::min(config.shape.chunk, next_power_of_two(p.spec.classes));
  config.shape.chunks = std::min(cut.chunks, ceil_div(p.spec.classes, config.shape.chunk));
  return config;
}

std::vector<RowConfig> looped(const Place &p, std::initializer_list<Cut> cuts) {
  std::vector<RowConfig> all;
  for (const Cut &cut : cuts) {
    const RowConfig config = looped_config(p, cut);
    if (std::find(all.begin(), all.end(), config) == all.end()) all.push_back(config);
  }
  return all;
}

/// Rows held in registers where they fit, else in a loop.
std::vector<RowConfig> whole_rows(const Place &p, int64_t held, std::initializer_list<Cut> cuts) {
  std::vector<RowConfig> all =
      row_configs(p.target, {.cols = p.spec.classes, .dtype = p.spec.dtype, .held = held, .streaming = p.streaming});
  std::erase_if(all, [](const RowConfig &config) { return config.looped; });
  if (all.empty()) return looped(p, cuts);
  return all;
}

// ---- Passes ---------------------------------------------------------------------------------------------------------

/// Most registers of a lane where the GPU's assembler would spill some for the sake of a program more.
int forward_registers(const Place &p, const RowConfig &config) {
  if (!p.is_gpu() || !config.looped) return 0;
  return config.shape.chunks >= 8 ? 128 : tile::size_of(p.spec.dtype) == 4 ? 64 : 0;
}

Candidate forward_candidate(const Place &p, RowConfig config) {
  config.registers = forward_registers(p, config);
  Maker make(p, describe(config));
  make.prepare(false);
  make.over_rows(forward(p.spec, config), row_programs(p, config), make.losses(), {"logits"});
  make.reduce(false);
  return make.done();
}

/// Parts that a row is cut into where there are fewer rows than a GPU can work on at once.
int64_t parts_of_row(const Place &p, const RowConfig &config) {
  const int64_t wanted = ceil_div(2 * p.units, std::max<int64_t>(p.rows, 1));
  return std::min(wanted, ceil_div(p.spec.classes, config.shape.padded()));
}

const std::vector<std::string> kRowSums = {"row_max", "row_sum"}; ///< what the forward pass tells the backward pass

void add_split_forward(const Place &p, const RowConfig &config, int64_t parts, Maker &make, bool with_sums) {
  std::vector<std::string> names = {"part_max", "part_sum"};
  if (p.spec.smooths()) names.push_back("part_all");
  for (const std::string &name : names) make.workspace(name.c_str(), {p.rows, parts});
  names.push_back("logits");
  make.over_rows(forward_parts(p.spec, config, parts), p.rows * parts, {}, names);
  if (with_sums)
    for (const std::string &name : kRowSums) {
      make.workspace(name.c_str(), {p.rows});
      names.push_back(name);
    }
  make.over_rows(merge_parts(p.spec, parts, with_sums), p.rows, make.losses(), names);
}

Candidate split_forward(const Place &p, const RowConfig &config, int64_t parts) {
  Maker make(p, fmt::format("{} parts={}", describe(config), parts));
  make.prepare(false);
  add_split_forward(p, config, parts, make, /*with_sums=*/false);
  make.reduce(false);
  return make.done();
}

std::vector<Candidate> forward_candidates(const Place &p) {
  std::vector<Candidate> all;
  if (p.is_gpu() && p.rows < p.units)
    for (const RowConfig &config : looped(p, {{8, 4}, {4, 4}}))
      if (const int64_t parts = parts_of_row(p, config); parts > 1) all.push_back(split_forward(p, config, parts));
  const auto configs = p.is_gpu() ? whole_rows(p, 40, {{16, 4}, {8, 4}, {32, 2}, {8, 8}, {16, 2}})
                                  : whole_rows(p, 40, {{2, 8}, {4, 4}, {4, 8}, {1, 16}});
  for (const RowConfig &config : configs) all.push_back(forward_candidate(p, config));
  return all;
}

/// Blocks of columns, each a program's on a GPU and each an iteration's on a CPU.
std::vector<RowConfig> column_blocks(const Place &p) {
  std::vector<RowConfig> all;
  const int64_t narrow = p.target.lanes * p.target.vector_bytes / tile::size_of(p.spec.dtype);
  if (p.is_gpu() && p.spec.classes <= narrow) return whole_rows(p, 40, {});
  all = p.is_gpu() ? looped(p, {{8, 4}, {4, 4}, {8, 2}, {4, 8}}) : looped(p, {{4, 4}, {8, 4}, {4, 8}});
  for (RowConfig &config : all) config.looped = false;
  return all;
}

int64_t block_programs(const Place &p, const RowConfig &config) {
  if (config.looped_rows) return row_programs(p, config);
  return ceil_div(p.rows, config.rows) * ceil_div(p.spec.classes, config.shape.padded());
}

void add_backward(const Place &p, const RowConfig &config, Upstream upstream, Maker &make) {
  std::vector<std::string> names = {"logits", "lse"};
  if (upstream == Upstream::Given)
    names.push_back("dloss");
  else
    names.insert(names.end(), kRowSums.begin(), kRowSums.end());
  if (!p.spec.in_place) names.push_back("dlogits");
  if (p.spec.is_mean()) names.push_back("total_weight");
  make.over_rows(backward(p.spec, config, upstream), block_programs(p, config), {}, names);
}

std::vector<Candidate> backward_candidates(const Place &p) {
  std::vector<Candidate> all;
  for (const RowConfig &config : column_blocks(p)) {
    Maker make(p, config.str());
    if (p.rows > 0) {
      make.prepare(false);
      add_backward(p, config, Upstream::Given, make);
    }
    all.push_back(make.done());
  }
  return all;
}

/// Loss and gradient in one kernel over rows.
Candidate both_candidate(const Place &p, const std::string &name, tile::Kernel kernel, int64_t programs) {
  Maker make(p, name);
  make.prepare(p.spec.is_mean());
  std::vector<std::string> names = {"logits"};
  if (!p.spec.in_place) names.push_back("dlogits");
  if (p.spec.is_mean()) names.push_back("total_weight");
  make.over_rows(std::move(kernel), programs, make.losses(), names);
  make.reduce(true);
  return make.done();
}

/// How much of a long row the registers of a multiprocessor keep.
struct Held {
  int programs;   ///< of a multiprocessor
  int warps;      ///< of each
  int words;      ///< of 32 bits that a lane keeps
  int64_t chunks; ///< of the rest that are read at a time

  int registers(const Target &target) const { return target.registers_at(programs * warps); }
};

/// Rows too long to be held as f32, of which a program that has a multiprocessor for itself holds a part as it is in
/// memory: where it is read 16 bytes at a time, the machine has instructions for 16-bit floats, and no option takes
/// many registers of its own.
std::vector<Candidate> part_held_candidates(const Place &p, std::initializer_list<Held> choices) {
  const int64_t size = tile::size_of(p.spec.dtype);
  const int64_t stride = p.spec.stride_divisor ? p.spec.stride_divisor : p.spec.classes;
  std::vector<Candidate> all;
  if (!p.is_gpu() || p.spec.align % 16 || stride * size % 16) return all;
  if (!p.target.native_bf16 || p.spec.softcap != 0 || p.spec.smooths()) return all;
  // What else a logit is multiplied with, or a gradient, takes registers too.
  const bool plain = p.spec.logit_scale == 1 && !p.spec.has_z() && !p.spec.class_weights;
  for (const Held &choice : choices) {
    const bool is_before_hopper = p.target.arch.starts_with("sm_8");
    if (choice.words > 28 && choice.warps == 32 && (!plain || is_before_hopper)) continue;
    RowConfig config = looped_config(p, {choice.warps, choice.chunks});
    config.registers = choice.registers(p.target);
    config.shape.chunks = std::min(config.shape.chunks, choice.chunks);
    const int64_t lanes = int64_t(p.target.lanes) * choice.warps;
    const int64_t held = std::min(choice.words * 4 / size * lanes, p.spec.classes) / config.shape.chunk;
    if (held < 2) continue;
    all.push_back(both_candidate(p, fmt::format("{} held={}", describe(config), held),
                                 forward_backward_part_held(p.spec, config, held, lanes), p.rows));
  }
  return all;
}

std::vector<Candidate> both_candidates(const Place &p) {
  std::vector<Candidate> all;
  if (p.is_gpu() && p.rows < p.units) {
    const RowConfig config = looped_config(p, {8, 4});
    if (const int64_t parts = parts_of_row(p, config); parts > 1) {
      const RowConfig blocks = column_blocks(p).front();
      Maker make(p, fmt::format("{} parts={} and {}", describe(config), parts, blocks.str()));
      make.prepare(p.spec.is_mean());
      add_split_forward(p, config, parts, make, /*with_sums=*/true);
      add_backward(p, blocks, Upstream::One, make);
      make.reduce(true);
      all.push_back(make.done());
    }
  }
  const auto configs = p.is_gpu() ? whole_rows(p, 32, {{16, 4}, {32, 2}, {16, 2}, {32, 1}})
                                  : whole_rows(p, 40, {{2, 8}, {4, 4}, {4, 8}, {8, 4}});
  auto add_held = [&](std::initializer_list<Held> choices) {
    if (configs.front().looped) std::ranges::move(part_held_candidates(p, choices), std::back_inserter(all));
  };
  // What is held need not be read again: 10 to 15 % less on an H200 at 120000 classes, 7 % at 65536, nothing at 32000.
  const Held half{2, 16, 28, 2}, whole{1, 32, 28, 2};
  const bool is_long = p.spec.classes > 32768, is_longer = p.spec.classes > 98304;
  if (is_longer) add_held({whole, half});
  if (is_long && !is_longer) add_held({half, whole});
  for (const RowConfig &config : configs)
    all.push_back(both_candidate(p, describe(config), forward_backward(p.spec, config), row_programs(p, config)));
  if (!is_long) add_held({half, whole});
  add_held({{1, 32, 32, 2}, {1, 16, 48, 2}});
  return all;
}

} // namespace

std::vector<Candidate> CrossEntropyProblem::candidates(const Target &target, const DeviceInfo &device) const {
  const int64_t written = runs_backward() ? rows_ * spec_.classes * tile::size_of(spec_.dtype) : 0;
  const bool streaming = !spec_.in_place && written > device.cache_bytes / (target.is_gpu() ? 1 : 8);
  const Place place{spec_, rows_, logits_stride_, target, std::max(device.units, 1), streaming};
  switch (pass_) {
  case Pass::Fwd:
    return forward_candidates(place);
  case Pass::Bwd:
    return backward_candidates(place);
  case Pass::FwdBwd:
    return both_candidates(place);
  }
  throw tile::InternalError("cross_entropy: unknown pass");
}

} // namespace fla::cross_entropy
