// What kernels that work on whole rows share: how a row of any number of columns becomes tiles, how many rows and warps
// a program gets on a machine, and loops over rows and over the chunks of a row too wide to be held.
#pragma once

#include "compiler/Compiler.h"
#include "compiler/dsl/Kernel.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tile::runtime {
struct DeviceInfo;
}

namespace fla {

/// A row as `chunks` tiles of `chunk` columns, a power of two: 5120 = 5 x 1024, 768 = 3 x 256, 1200 -> 5 x 256. Never
/// more columns of padding than it takes.
struct RowShape {
  int64_t chunk = 1, chunks = 1;
  int64_t padded() const { return chunk * chunks; }
  bool operator==(const RowShape &) const = default;
};

/// The least padding with chunks of at least `least` and at most `most` columns (powers of two) and at most 16 of them;
/// of equals the fewest tiles. A row narrower than `least` is one tile of the next power of two.
RowShape row_shape(int64_t cols, int64_t least, int64_t most = int64_t(1) << 20);

/// How a row kernel is cut: `rows` rows a program of `warps` warps.
struct RowConfig {
  int64_t rows = 1;
  int warps = 1;
  RowShape shape;
  bool looped = false;      ///< the row is not held: a loop reads `shape.chunk` columns at a time, in every pass again
  bool looped_rows = false; ///< a program goes over many row blocks, also where it would not have to
  int64_t ahead = 0;        ///< row blocks that are prefetched ahead of the one at work
  int64_t blocks = 1;       ///< row blocks that a program which does not loop has: it asks for all before it works
  bool streaming = false;   ///< what is written is larger than the caches: write around them
  /// A row of 16-bit floats that is held is held as such, and widened in each pass: half the registers, but what
  /// several passes make of it is made in each.
  bool packed = false;
  bool late = false;    ///< what all rows share is loaded where it is needed, not ahead of the rows
  int registers = 0;    ///< most registers of a lane, where a kernel would spill without the number; see LaunchOptions
  bool strided = false; ///< programs that loop over rows take every n-th block of rows, not one contiguous range

  tile::Cache cache() const { return streaming ? tile::Cache::Streaming : tile::Cache::Default; }
  std::string str() const; ///< "rows=4 warps=4 cols=1x1024"
  bool operator==(const RowConfig &) const = default;
};

/// What a kernel asks of a row.
struct RowNeeds {
  int64_t cols = 1;
  tile::DType dtype = tile::bf16; ///< as it lies in memory
  /// Columns of a row that a lane of a GPU may hold. A kernel with more values alive for each column asks for fewer;
  /// one that only comes looped, for 0 (on every machine).
  int64_t held = 40;
  /// Values of each column that are alive at once: a core, which has few registers, holds shorter rows for more.
  int alive = 1;
  int most_warps = 16; ///< that a row may be spread over
  /// Of a GPU: so little is done to a row that more accesses of a lane, and smaller programs, are worth trying too.
  bool light = false;
  bool streaming = false; ///< the output is larger than the machine's caches
};

/// The heuristic's choice for `target` first, then alternatives worth measuring. All different; all `looped` where the
/// row is too wide to be held.
std::vector<RowConfig> row_configs(const tile::Target &target, const RowNeeds &needs);

/// Elements of each tensor that a lane of a GPU holds.
int64_t held_by_lane(const tile::Target &, const RowConfig &);

/// Elements of a tensor that a GPU has on their way if each lane it can have at once has one access to it.
int64_t elements_of_a_wave(const tile::Target &, int64_t units, tile::DType);

/// Accesses that each lane needs in flight for memory to be busy, if a GPU has all the lanes it can: 1 of an H100, and 2
/// of an H200, which has no more lanes and half as much bandwidth again. A power of two up to 4; 1 of a CPU and where
/// the bandwidth is not known.
int64_t accesses_in_flight(const tile::Target &, const tile::runtime::DeviceInfo &);

/// A RowConfig's `registers` for a kernel that holds rows of so many tensors in bf16 and little else: as few as let a
/// multiprocessor from Hopper on have all its warps, if that holds them; else 0. Left alone, the GPU's assembler may
/// take a few more, and have the last quarter of the programs wait for the others. (Older ones' would spill some.)
int registers_for_all_warps(const tile::Target &, const RowConfig &, const RowNeeds &, int tensors);

using Tiles = std::vector<tile::Tile>;

/// Some columns of a row block, as they lie in memory: of a view of [rows, cols], or of [n, groups, cols], whose rows
/// are those of all groups of 0, then of 1, and so on; there config.rows divides the groups. [rows, chunk]
tile::Tile load_rows(const tile::View &view, const tile::Index &row, const tile::Index &column,
                     const RowConfig &config);
/// Asks for `columns` of a row block to be brought near, likewise.
void prefetch_rows(const tile::View &view, const tile::Index &row, const tile::Index &column, const RowConfig &config,
                   int64_t columns);
/// One row block in tiles of [rows, chunk], as it lies in memory; columns and rows outside the view read 0.
Tiles load_row(const tile::View &view, const tile::Index &row, const RowConfig &config);
/// The same of a vector of `cols` numbers, in tiles of [1, chunk].
Tiles load_columns(const tile::View &view, const RowConfig &config);
/// Sums over the columns: the tiles are added element by element, then reduced once. [rows]
tile::Tile sum_row(const Tiles &row);
/// Sums of the products over the columns, likewise. [rows]
tile::Tile dot_row(const Tiles &a, const Tiles &b);

/// The row blocks of this program along grid dimension `axis`: for a kernel whose programs outlive one block.
struct RowRange {
  tile::Index begin, end, step;
};
RowRange rows_of_program(tile::KernelBuilder &, int axis, const tile::Index &rows, const RowConfig &config);

/// `body(row)` for each row block of this program: the one of its number, or with `looped_rows` all of its share.
void for_row_blocks(tile::KernelBuilder &, const tile::Index &rows, const RowConfig &config,
                    const std::function<void(tile::Index)> &body);

/// Carries `state` over the chunks of a row that is not held: `body(column, state)` for whole chunks in a run-time
/// loop, then once more for the rest of the columns, so that only that one has to mind the end of the row.
Tiles over_chunks(tile::KernelBuilder &, int64_t cols, int64_t chunk, Tiles state,
                  const std::function<Tiles(tile::Index, Tiles)> &body);

/// What a view of `dtype` is promised where `align` bytes divide the addresses of all tensors: each is aligned to its
/// own elements, whatever the others' are.
constexpr int align_of(tile::DType dtype, int align) {
  return std::max(align, int(tile::size_of(dtype)));
}
constexpr int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
constexpr int64_t next_power_of_two(int64_t n) {
  return int64_t(std::bit_ceil(uint64_t(n)));
}

} // namespace fla
