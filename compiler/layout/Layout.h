// A layout says which elements of a tile each register of each lane of each warp holds. It is one linear map over F2
// (the field of two elements, where addition is xor): the bits of (register, lane, warp) in, the bits of the tile
// coordinate out. Standard C++ only; README.md beside this teaches it with pictures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tile::layout {

inline constexpr int kMaxRank = 3;
inline constexpr int kMaxBases = 20; ///< a tile holds at most 2^20 elements

/// Power-of-two extents of a tile, rank 0 to 3. A coordinate is packed into one integer, row-major: the last
/// dimension's bits are the lowest. Packing turns coordinates into vectors over F2, and xor into their addition.
class Shape {
public:
  Shape() = default;
  explicit Shape(std::span<const int64_t> extents); ///< throws std::invalid_argument unless powers of two
  Shape(std::initializer_list<int64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}
  int rank() const { return rank_; }
  int log2(int dim) const { return log2_[dim]; }
  int64_t extent(int dim) const { return int64_t(1) << log2_[dim]; }
  int bits() const; ///< log2 of the number of elements
  int64_t size() const { return int64_t(1) << bits(); }
  int shift(int dim) const;                             ///< where the bits of `dim` start in a packed coordinate
  uint32_t mask(int dim) const;                         ///< the packed bits of `dim`
  uint32_t pack(std::span<const int64_t> coords) const; ///< throws std::invalid_argument outside the shape
  int64_t coord(uint32_t packed, int dim) const { return (packed & mask(dim)) >> shift(dim); }
  Shape without(int dim) const;              ///< the shape with `dim` removed
  Shape with(int dim, int64_t extent) const; ///< the shape with an extent inserted before `dim`
  Shape replaced(int dim, int64_t extent) const;
  std::string str() const;                       ///< "[4, 1024]"
  std::string coordinate(uint32_t packed) const; ///< "[3,1000]"
  bool operator==(const Shape &) const = default;

private:
  void check() const;

  int8_t rank_ = 0;
  std::array<int8_t, kMaxRank> log2_{};
};

/// What one hardware bit contributes: packed coordinates, lowest bit first. Inline storage, trivially copyable.
class Bases {
public:
  Bases() = default;
  Bases(std::initializer_list<uint32_t> v) {
    for (uint32_t b : v) push_back(b);
  }
  void push_back(uint32_t b);
  void pop_back() { v_[--size_] = 0; }
  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  uint32_t operator[](int i) const { return v_[i]; }
  uint32_t &operator[](int i) { return v_[i]; }
  const uint32_t *begin() const { return v_.data(); }
  const uint32_t *end() const { return v_.data() + size_; }
  bool operator==(const Bases &) const = default;

private:
  uint8_t size_ = 0;
  std::array<uint32_t, kMaxBases> v_{};
};

enum class In : uint8_t { Register, Lane, Warp };

/// The map. Invariants (checked by `verify`): every basis lies inside the shape; together they span it (every element
/// is held somewhere); no register basis is zero or a sum of other bases of the layout (a lane never holds an element
/// twice). Lane and warp bases may be zero: those lanes or warps hold copies. Functions that take layouts expect them
/// to hold this, and give layouts that do; std::invalid_argument is thrown where no such layout or plan exists.
class Layout {
public:
  Layout() = default;
  Layout(Shape shape, Bases reg, Bases lane, Bases warp) : shape_(shape), bases_{reg, lane, warp} {}

  const Shape &shape() const { return shape_; }
  const Bases &bases(In in) const { return bases_[int(in)]; }
  int registers() const { return 1 << bases(In::Register).size(); }
  int lanes() const { return 1 << bases(In::Lane).size(); }
  int warps() const { return 1 << bases(In::Warp).size(); }

  /// The packed coordinate that (reg, lane, warp) holds; `part` is one summand of it.
  uint32_t operator()(uint32_t reg, uint32_t lane, uint32_t warp) const;
  uint32_t part(In in, uint32_t index) const;

  bool uniform(In in) const;                 ///< all bases of `in` are zero: the value is the same across it
  uint32_t free_bits(In in) const;           ///< bit i set: hardware bit i holds copies only (its basis is zero)
  int neighbours() const;                    ///< side by side on the last dimension in registers of every lane: at least 1
  std::optional<std::string> verify() const; ///< what is wrong, or nothing
  std::string str() const;                   ///< "[4, 1024] reg=[[0,1],[0,2]] lane=[...] warp=[...]"
  /// The tile drawn as text, for people: who holds each element ("w1 l03 r2"; "w1 l03 r0-3" for neighbours together).
  std::string table() const;
  size_t hash() const;
  bool operator==(const Layout &) const = default;

private:
  Shape shape_;
  std::array<Bases, 3> bases_;
};

// ---- Constructors ---------------------------------------------------------------------------------------------------

/// The layout a memory access wants. The last dimension is the contiguous one.
struct AccessShape {
  int lanes = 32, warps = 1;    ///< powers of two
  int vector = 1;               ///< elements of the last dimension one lane should hold side by side (power of two)
  bool lane_contiguous = false; ///< true: lanes take the lowest bits (Simd), vector is ignored
};

/// Bits of the last dimension go to: `vector` registers, then lanes; lanes left over go to the next dimension up, and
/// so on. Warps go to the first dimension first (so that a row stays in one warp), then downwards to what is left of
/// the last; inside a dimension they take the lowest bits left, so that a masked tail is shared out evenly. What is
/// left goes to registers, last dimension first. Lanes and warps beyond the tile hold copies.
/// `vector` shrinks so that as many lanes and warps as possible have work: at most max(1, elements / (lanes * warps)).
Layout for_access(Shape shape, const AccessShape &how);

// ---- Shape changes (no data moves) ----------------------------------------------------------------------------------

/// The layout of a tile whose `dim` was reduced away, each lane keeping its place: coordinates on `dim` are forgotten,
/// registers that became copies (of this lane's registers, or of another lane's) are dropped.
Layout slice(const Layout &, int dim);
/// A dimension of extent 1 inserted before `dim`.
Layout expand(const Layout &, int dim);
/// The layout an operand of `shape` (extent 1 in broadcast dimensions, else equal) needs so that broadcasting it gives
/// `result` with no data moved. Throws for a swizzled `result` whose lanes would have to hold each other's elements.
Layout before_broadcast(const Layout &result, const Shape &shape);
/// For each register of `result`, the register of before_broadcast(result, shape) that it copies.
std::vector<int> broadcast_registers(const Layout &result, const Shape &shape);

/// The same elements in the same places under another shape: row-major order, and so the packed coordinate, stays.
Layout reshape(const Layout &, const Shape &shape);
/// Dimension d of the result is dimension order[d].
Layout transpose(const Layout &, std::span<const int64_t> order);
/// The register bit that alone holds the top bit of `dim`, so that the halves of the tile lie in registers of their
/// own; nothing where lanes or warps tell the halves apart.
std::optional<int> halving_register(const Layout &, int dim);
/// The layout of each half along `dim`, where halving_register exists: that register bit is gone.
std::optional<Layout> half(const Layout &, int dim);
/// The layout of two such tiles behind each other along `dim`: one more register bit, the last.
Layout doubled(const Layout &, int dim);

// ---- Algebra --------------------------------------------------------------------------------------------------------

/// inner then outer as maps of packed coordinates: outer's registers, lanes and warps are read as one packed input
/// (register bits lowest, then lane, then warp) that inner's output must cover exactly. The composition is a layout
/// (see `verify`) where outer does not fold inner's registers together.
Layout compose(const Layout &inner, const Layout &outer);
/// A right inverse: hardware bits (register lowest, then lane, then warp) that hold each packed coordinate bit. Of
/// several holders, the one with the lowest hardware index; that holds for every coordinate, a sum of these.
std::vector<uint32_t> invert(const Layout &);
/// The layout of a tile `outer.shape * inner.shape` whose elements are laid out by `inner` inside and `outer` outside.
Layout product(const Layout &inner, const Layout &outer);
/// The q with product(inner, q) == whole, if there is one.
std::optional<Layout> quotient(const Layout &whole, const Layout &inner);

// ---- Plans ----------------------------------------------------------------------------------------------------------

/// How a reduction over `dim` proceeds: inside a lane, across lanes, across warps. Each step has a layout of its own
/// and reduces what the step before left of `dim`.
struct ReductionPlan {
  Layout after_registers; ///< `dim` has the elements of its lane and warp bits left
  /// For each register of after_registers, the source registers to combine.
  std::vector<std::vector<int>> registers;
  std::vector<int> lane_masks; ///< xor-shuffle distances, in order; after them all partners hold the result
  Layout after_lanes;          ///< `dim` has only the elements of its warp bits left; those lane bits are copies
  bool across_warps = false;   ///< false: after_lanes has extent 1 on `dim`, and that is the result
  /// Where across_warps: the layout to convert after_lanes to, in which `dim` lies in registers (or lanes when there
  /// are more than 8 warps), and warp bits freed take over register bits of other dimensions where there are any, so
  /// that no warp repeats another's work; lanes that hold copies then do the same. Warps take the highest of those
  /// bits: the lowest stay registers, so that a row-major scratch is read back with wide accesses. Lanes that hold
  /// distinct elements of other dimensions stay as they are. Reducing it again needs no warps.
  Layout exchange;
  Layout result;           ///< of the reduction, `dim` removed
  std::string str() const; ///< for people, as are the others below
};
/// Throws std::invalid_argument for a swizzled layout where a lane or warp bit moves along `dim` and another dimension
/// at once, or where registers do together with lanes: partners are then not one xor apart.
ReductionPlan plan_reduction(const Layout &, int dim);

/// How a scan along `dim` proceeds. The dimension falls into blocks of neighbours that lie in one warp: each is scanned
/// by itself, from its lowest bits to its highest; then the blocks' totals are brought together, scanned, and what
/// stands before a block is combined with the block's scan.
struct ScanPlan {
  /// Bits of the dimension that are next to each other and of one kind.
  struct Step {
    In in = In::Register;
    std::vector<int> bits; ///< hardware bits, from the lowest bit of the dimension up; of lanes: i, i+1, ...
  };
  std::vector<Step> steps;   ///< inside a block: registers and lanes, the lowest bits first
  Layout totals;             ///< of a tile of one element for each block
  bool across_warps = false; ///< false: there is one block
  // Where across_warps:
  Layout exchange;            ///< of the totals, with all blocks of the warps in registers of each lane
  std::vector<int> warp_bits; ///< warp bits along `dim`, from its lowest bit up
  /// For each register, and for each number the warp bits form: the register of `exchange` that holds the block before
  /// (behind, in reverse) the element's own; -1 for the first block.
  std::vector<std::vector<int>> before;
};
/// Throws std::invalid_argument unless each bit of the dimension is one register, lane or warp bit, with lane bits that
/// are next to each other in order, warp bits next to each other, and no lane bits above them. Layouts of for_access
/// are so.
ScanPlan plan_scan(const Layout &, int dim, bool reverse = false);

struct ConversionPlan {
  enum class Kind : uint8_t { Rename, Shuffle, Scratch };
  Kind kind = Kind::Rename;
  /// Rename and Shuffle: the source register of each target register.
  std::vector<int> registers;
  /// Shuffle: for each target register, the lane each lane reads from (an affine map over F2).
  std::vector<std::vector<int>> source_lane;
  std::string str() const;
};
/// Rename: every lane already holds what it needs. Shuffle: its warp does, and each target register comes from one
/// source register of lanes that do not depend on the warp. Scratch: otherwise.
ConversionPlan plan_conversion(const Layout &from, const Layout &to);

/// What is known of a view when one tile of it is accessed.
struct AccessFacts {
  std::vector<std::optional<int64_t>> strides; ///< elements, per dimension of the tile
  /// A power of two that divides, in elements, the address of every tile start and every stride that is not 1 (static
  /// or not): the alignment, in elements, of any row of the tile.
  int64_t aligned = 1;
  /// Per dimension: true when the access may leave the view there and needs a mask; then a power of two that divides
  /// the distance from the tile's start to the view's end (1 when unknown). Left empty: nothing is masked.
  std::vector<bool> masked;
  std::vector<int64_t> extent_divisor;
  int element_bytes = 4;
  int max_bytes = 16; ///< widest access of one lane
};

struct AccessPlan {
  enum class Kind : uint8_t {
    PerLane,        ///< each lane accesses `width` contiguous elements at an address of its own
    LaneContiguous, ///< lane i accesses element base + i: one vector access for all lanes
    Uniform,        ///< all lanes hold the same element: one scalar access
  };
  Kind kind = Kind::PerLane;
  int width = 1; ///< elements of one access of a lane (PerLane), a power of two
  /// Registers of each access, in memory order; `width` each.
  std::vector<std::vector<int>> groups;
  std::string limit; ///< why `width` is not wider ("stride of dimension 1 is 2"); empty when it is the widest there is
  std::string str() const;
};
/// `simd` asks for LaneContiguous and Uniform where the layout permits (lane bases 1, 2, 4, ... on a last dimension of
/// stride 1; all zero); otherwise PerLane. Each PerLane group is one aligned access that lies wholly inside or outside
/// the view. The other kinds have one register in each group.
AccessPlan plan_access(const Layout &, const AccessFacts &, bool simd);

/// Most lanes of one warp that hit the same 4-byte bank with different words, when each lane accesses `width` elements
/// of `element_bytes` of a row-major tile in scratch: 1 is conflict-free. 8- and 16-byte accesses are served per half
/// and per quarter warp, as the hardware does.
int bank_conflicts(const Layout &, int width, int element_bytes);

} // namespace tile::layout
