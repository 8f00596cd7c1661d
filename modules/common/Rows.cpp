#include "modules/common/Rows.h"
#include "runtime/Device.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace fla {

using namespace tile;

RowShape row_shape(int64_t cols, int64_t least, int64_t most) {
  constexpr int64_t kMostChunks = 16;
  const int64_t whole = std::min(next_power_of_two(cols), most);
  RowShape best{whole, ceil_div(cols, whole)};
  for (int64_t chunk = whole / 2; chunk >= least; chunk /= 2) {
    const RowShape shape{chunk, ceil_div(cols, chunk)};
    if (shape.chunks <= kMostChunks && shape.padded() < best.padded()) best = shape;
  }
  return best;
}

std::string RowConfig::str() const {
  return fmt::format("rows={} warps={} cols={}", rows, warps,
                     looped ? fmt::format("loop {}", shape.chunk) : fmt::format("{}x{}", shape.chunks, shape.chunk)) +
         (blocks > 1 ? fmt::format(" blocks={}", blocks) : "") + (late ? " late" : "") +
         (streaming ? " streaming" : "");
}

// ---- Choices for a GPU ----------------------------------------------------------------------------------------------

namespace {

/// The largest power of two up to n: a loop over chunks has at least one whole chunk.
int64_t last_power_of_two(int64_t n) {
  return int64_t(std::bit_floor(uint64_t(n)));
}

/// Columns a lane reads with one 16-byte access where the row's length lets every row start aligned.
int64_t vector_columns(const Target &target, const RowNeeds &needs) {
  const int64_t widest = std::max<int64_t>(1, target.vector_bytes / size_of(needs.dtype));
  return std::min(widest, needs.cols & -needs.cols);
}

/// A row over `warps` warps: 16-byte accesses if that costs little padding, else narrower ones, down to 4 bytes.
std::optional<RowShape> shape_over(const Target &target, const RowNeeds &needs, int warps) {
  const int64_t lanes = int64_t(target.lanes) * warps;
  const int64_t narrowest = std::max<int64_t>(1, 4 / size_of(needs.dtype));
  for (double padding : {1.25, 2.0})
    for (int64_t vector = vector_columns(target, needs);; vector /= 2) {
      const RowShape shape = row_shape(needs.cols, lanes * vector);
      if (shape.padded() <= needs.held * lanes && double(shape.padded()) <= padding * double(needs.cols)) return shape;
      if (vector <= narrowest) break;
    }
  return std::nullopt;
}

/// A program of at least 4 warps in which each row has `per_row` of them.
RowConfig gpu_config(RowShape shape, int per_row, int warps = 4) {
  warps = std::max(warps, per_row);
  return {.rows = warps / per_row, .warps = warps, .shape = shape, .strided = true};
}

/// Rows of so few columns that a warp takes several: 16 bytes a lane.
RowConfig gpu_narrow(const Target &target, const RowNeeds &needs, int warps) {
  const int64_t wanted = target.vector_bytes / size_of(needs.dtype) * target.lanes;
  const RowShape shape{next_power_of_two(needs.cols), 1};
  return {
      .rows = warps * std::max<int64_t>(1, wanted / shape.padded()), .warps = warps, .shape = shape, .strided = true};
}

RowConfig gpu_looped(const Target &target, const RowNeeds &needs, int warps, int64_t per_lane) {
  const int64_t chunk = std::min(warps * target.lanes * per_lane, last_power_of_two(needs.cols));
  // 32 warps a multiprocessor are enough: for the sake of more, the assembler would spill some.
  return {.rows = 1, .warps = warps, .shape = {chunk, 1}, .looped = true, .registers = 64, .strided = true};
}

std::vector<RowConfig> gpu_configs(const Target &target, const RowNeeds &needs) {
  std::vector<RowConfig> found;
  const int64_t one_access = target.vector_bytes / size_of(needs.dtype) * target.lanes;
  if (needs.held > 0 && next_power_of_two(needs.cols) <= one_access) {
    // A lane that has several rows in one access has enough.
    const bool is_of_one_row = next_power_of_two(needs.cols) * size_of(needs.dtype) >= target.vector_bytes;
    auto add = [&](int warps, int accesses) {
      RowConfig config = gpu_narrow(target, needs, warps);
      config.rows *= is_of_one_row ? accesses : 1;
      found.push_back(config);
    };
    for (int accesses : needs.light ? std::vector{2, 1, 4} : std::vector{1, 2})
      for (int warps : {4, 8}) add(warps, accesses);
    add(2, 1);
    if (needs.light) add(2, 2);
    return found;
  }
  // The fewest warps that can hold a row come first: they need the least synchronisation.
  for (int per_row = 1; per_row <= std::min(needs.most_warps, target.max_warps) && found.size() < 2; per_row *= 2)
    if (const auto shape = shape_over(target, needs, per_row)) found.push_back(gpu_config(*shape, per_row));
  if (found.empty())
    return {gpu_looped(target, needs, 16, 16), gpu_looped(target, needs, 8, 16), gpu_looped(target, needs, 16, 8),
            gpu_looped(target, needs, 32, 8)};

  const RowConfig first = found.front();
  const int per_row = first.warps / int(first.rows);
  if (per_row <= 4) found.push_back(gpu_config(first.shape, per_row, 8)); // larger programs
  if (per_row <= 1) {
    found.push_back(gpu_config(first.shape, per_row, 1)); // smaller ones
    RowConfig twice = first;                              // two rows a warp: twice the loads in flight
    twice.rows *= 2;
    found.push_back(twice);
    if (needs.light && held_by_lane(target, first) * size_of(needs.dtype) < 4 * target.vector_bytes) {
      twice.rows *= 2;
      twice.warps *= 2;
      found.push_back(twice);
    }
  }
  return found;
}

// ---- Choices for a CPU ----------------------------------------------------------------------------------------------

/// Code for a tile is unrolled into vectors: up to 64 of them that beats a loop, beyond it does not.
constexpr int64_t kMostVectors = 64;

RowConfig host_looped(const Target &target, const RowNeeds &needs, int64_t least, int64_t most) {
  const int64_t widest = std::min(most * target.lanes, last_power_of_two(needs.cols));
  const RowShape shape = row_shape(needs.cols, least * target.lanes, widest);
  return {.rows = 1, .warps = 1, .shape = {shape.chunk, 1}, .looped = true, .looped_rows = true, .ahead = 1};
}

std::vector<RowConfig> host_configs(const Target &target, const RowNeeds &needs) {
  const RowShape shape = row_shape(needs.cols, target.lanes);
  const bool holds = needs.held > 0 && shape.padded() * needs.alive <= kMostVectors * target.lanes;
  std::vector<RowConfig> found;
  if (holds) {
    found.push_back({.rows = 1, .warps = 1, .shape = shape, .looped_rows = true, .ahead = 2});
    // Short rows: several at once hide the latency of each other's reductions.
    if (shape.padded() * needs.alive * 4 <= kMostVectors * target.lanes)
      found.push_back({.rows = 4, .warps = 1, .shape = shape, .looped_rows = true, .ahead = 1});
  }
  if (!holds || needs.cols > 16 * target.lanes) {
    found.push_back(host_looped(target, needs, 16, 32));
    found.push_back(host_looped(target, needs, 32, 64));
    found.push_back(host_looped(target, needs, 8, 8));
  }
  return found;
}

} // namespace

std::vector<RowConfig> row_configs(const Target &target, const RowNeeds &needs) {
  const auto all = target.is_gpu() ? gpu_configs(target, needs) : host_configs(target, needs);
  std::vector<RowConfig> different;
  for (RowConfig config : all) {
    config.streaming = needs.streaming;
    if (std::find(different.begin(), different.end(), config) == different.end()) different.push_back(config);
  }
  return different;
}

int64_t held_by_lane(const Target &target, const RowConfig &config) {
  return ceil_div(config.rows * config.shape.padded(), int64_t(config.warps) * target.lanes);
}

int64_t elements_of_a_wave(const Target &target, int64_t units, DType dtype) {
  constexpr int kLeastWarps = 32; // of any GPU there is code for
  return units * std::max(target.resident_warps, kLeastWarps) * target.lanes * target.vector_bytes / size_of(dtype);
}

int64_t accesses_in_flight(const Target &target, const runtime::DeviceInfo &device) {
  constexpr int64_t kMicroseconds = 1; // what loaded memory takes to answer; by Little's law so much is in flight
  constexpr int64_t kMost = 4;         // a lane has no registers for more
  if (!target.is_gpu()) return 1;
  const int64_t bytes = device.bandwidth / 1000000 * kMicroseconds;
  const int64_t of_one = elements_of_a_wave(target, std::max(device.units, 1), bf16) * size_of(bf16);
  return int64_t(std::bit_ceil(uint64_t(std::clamp<int64_t>(ceil_div(bytes, of_one), 1, kMost))));
}

int registers_for_all_warps(const Target &target, const RowConfig &config, const RowNeeds &needs, int tensors) {
  const int64_t size = size_of(needs.dtype);
  const bool is_whole = config.shape.padded() == needs.cols && needs.cols * size % target.vector_bytes == 0;
  const bool is_meant = target.capability >= 90 && target.full_registers() == 32 && needs.dtype == bf16;
  if (config.looped || !is_whole || !is_meant) return 0;
  return tensors * held_by_lane(target, config) * size / 4 <= 16 ? 32 : 0;
}

// ---- Kernel parts ---------------------------------------------------------------------------------------------------

Tile load_rows(const View &view, const Index &row, const Index &column, const RowConfig &config) {
  const std::vector<int64_t> shape = {config.rows, config.shape.chunk};
  if (view.rank() == 2) return view.load({row, column}, shape);
  const Index &groups = view.extent(1);
  return reshape(view.load({row / groups, row % groups, column}, {1, config.rows, config.shape.chunk}), shape);
}

void prefetch_rows(const View &view, const Index &row, const Index &column, const RowConfig &config, int64_t columns) {
  if (view.rank() == 2) return view.prefetch({row, column}, {config.rows, columns});
  const Index &groups = view.extent(1);
  view.prefetch({row / groups, row % groups, column}, {1, config.rows, columns});
}

Tiles load_row(const View &view, const Index &row, const RowConfig &config) {
  // While one row is computed on, a core would let the memory idle: it looks ahead some hundred instructions at most.
  if (config.ahead > 0) prefetch_rows(view, row + config.ahead * config.rows, 0, config, config.shape.padded());
  Tiles tiles;
  for (int64_t i = 0; i < config.shape.chunks; ++i)
    tiles.push_back(load_rows(view, row, i * config.shape.chunk, config));
  return tiles;
}

Tiles load_columns(const View &view, const RowConfig &config) {
  Tiles tiles;
  for (int64_t i = 0; i < config.shape.chunks; ++i)
    tiles.push_back(view.load({i * config.shape.chunk}, {config.shape.chunk}).to(f32).expand(Axis(0)));
  return tiles;
}

Tile sum_row(const Tiles &row) {
  Tile total = row.front();
  for (size_t i = 1; i < row.size(); ++i) total = total + row[i];
  return sum(total, Axis(1));
}

Tile dot_row(const Tiles &a, const Tiles &b) {
  Tile total = a.front() * b.front();
  for (size_t i = 1; i < a.size(); ++i) total = total + a[i] * b[i];
  return sum(total, Axis(1));
}

RowRange rows_of_program(KernelBuilder &k, int axis, const Index &rows, const RowConfig &config) {
  Index program = k.program_id(axis);
  Index stride = k.num_programs(axis) * config.rows;
  if (config.strided) return {program * config.rows, rows, stride};
  Index share = (rows + stride - 1) / stride * config.rows;
  Index begin = program * share;
  return {begin, min(begin + share, rows), config.rows};
}

void for_row_blocks(KernelBuilder &k, const Index &rows, const RowConfig &config,
                    const std::function<void(Index)> &body) {
  if (!config.looped_rows) return body(k.program_id(0) * (config.rows * config.blocks));
  RowRange range = rows_of_program(k, 0, rows, config);
  k.loop(range.begin, range.end, range.step)(body);
}

Tiles over_chunks(KernelBuilder &k, int64_t cols, int64_t chunk, Tiles state,
                  const std::function<Tiles(Index, Tiles)> &body) {
  const int64_t whole = cols / chunk * chunk;
  if (whole > 0) state = k.loop(0, whole, chunk).carry_list(state, body);
  if (whole < cols) state = body(whole, state);
  return state;
}

} // namespace fla
