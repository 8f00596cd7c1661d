// Layouts and plans as text, for people: one line (`str`) or a picture (`table`).
#include "compiler/layout/F2.h"

#include <algorithm>

namespace tile::layout {
namespace {

template <typename Range, typename Write> std::string joined(const Range &range, const char *between, Write &&write) {
  std::string out;
  for (const auto &item : range) {
    if (!out.empty()) out += between;
    out += write(item);
  }
  return out;
}

std::string number(int64_t value) {
  return std::to_string(value);
}

std::string right(const std::string &text, size_t width, char fill = ' ') {
  return std::string(width - std::min(width, text.size()), fill) + text;
}

std::string padded(int value, int largest) {
  return right(number(value), number(largest).size(), '0');
}

std::string basesText(const Shape &shape, const Bases &bases) {
  return "[" + joined(bases, ",", [&](uint32_t b) { return shape.coordinate(b); }) + "]";
}

} // namespace

std::string Shape::str() const {
  std::string out = "[";
  for (int dim = 0; dim < rank_; ++dim) out += (dim ? ", " : "") + number(extent(dim));
  return out + "]";
}

std::string Shape::coordinate(uint32_t packed) const {
  std::string out = "[";
  for (int dim = 0; dim < rank_; ++dim) out += (dim ? "," : "") + number(coord(packed, dim));
  return out + "]";
}

std::string Layout::str() const {
  return shape_.str() + " reg=" + basesText(shape_, bases(In::Register)) +
         " lane=" + basesText(shape_, bases(In::Lane)) + " warp=" + basesText(shape_, bases(In::Warp));
}

// ---- The picture ----------------------------------------------------------------------------------------------------

namespace {

constexpr int kMostShown = 32; ///< rows, cells of a row, planes; of more, the first and last `kShownAtEnds`
constexpr int kShownAtEnds = 4;
constexpr int kGap = -1;

std::vector<int> shownOf(int64_t extent) {
  std::vector<int> shown;
  for (int i = 0; i < extent; ++i) {
    if (extent <= kMostShown || i < kShownAtEnds || i >= extent - kShownAtEnds)
      shown.push_back(i);
    else if (shown.back() != kGap)
      shown.push_back(kGap);
  }
  return shown;
}

/// A cell is one element, or the neighbours on the last dimension that lie in successive registers of one lane.
class Picture {
public:
  explicit Picture(const Layout &layout) : layout_(layout), holders_(invert(layout)) {
    const Shape &shape = layout.shape();
    const int rank = shape.rank();
    columns_ = rank > 0 ? shape.extent(rank - 1) : 1;
    rows_ = rank > 1 ? shape.extent(rank - 2) : 1;
    planes_ = rank > 2 ? shape.extent(0) : 1;
    const Bases &registers = layout.bases(In::Register);
    for (int i = 0; i < registers.size() && run_ < columns_ && registers[i] == uint32_t(1) << i; ++i) run_ *= 2;
  }

  std::string draw() const {
    std::string out;
    for (int plane : shownOf(planes_)) {
      if (planes_ > 1) out += plane == kGap ? "...\n" : "plane " + number(plane) + "\n";
      if (plane != kGap) out += drawPlane(plane);
    }
    return out + copies();
  }

private:
  /// The lowest holder of the run that starts at an element: "w1 l03 r4-7", without what there is only one of.
  std::string cell(uint32_t packed) const {
    uint32_t holder = 0;
    for (; packed != 0; packed &= packed - 1) holder ^= holders_[size_t(std::countr_zero(packed))];
    const int regBits = layout_.bases(In::Register).size(), laneBits = layout_.bases(In::Lane).size();
    const int reg = int(holder) & (layout_.registers() - 1);
    const int lane = int(holder >> regBits) & (layout_.lanes() - 1);
    const int warp = int(uint64_t(holder) >> (regBits + laneBits));
    std::vector<std::string> parts;
    if (layout_.warps() > 1) parts.push_back("w" + padded(warp, layout_.warps() - 1));
    if (layout_.lanes() > 1) parts.push_back("l" + padded(lane, layout_.lanes() - 1));
    if (layout_.registers() > 1 || parts.empty()) parts.push_back("r" + range(reg, layout_.registers() - 1));
    return joined(parts, " ", [](const std::string &s) { return s; });
  }

  std::string range(int first, int largest) const {
    return padded(first, largest) + (run_ > 1 ? "-" + padded(first + int(run_) - 1, largest) : "");
  }

  std::string drawPlane(int plane) const {
    const std::vector<int> cells = shownOf(columns_ / run_);
    const size_t label = number(rows_ - 1).size();
    const size_t width = std::max(cell(0).size(), range(int(columns_ - run_), int(columns_ - 1)).size());
    std::string out = std::string(label, ' ');
    for (int i : cells) out += " | " + (i == kGap ? "..." : right(range(i * int(run_), 0), width));
    out += "\n";
    for (int row : shownOf(rows_)) {
      out += row == kGap ? std::string(label, '.') : right(number(row), label);
      for (int i : cells) {
        const int64_t packed = (int64_t(plane) * rows_ + row) * columns_ + i * run_;
        out += " | " + (i == kGap ? "..." : right(row == kGap ? "..." : cell(uint32_t(packed)), width));
      }
      out += "\n";
    }
    return out;
  }

  std::string copies() const {
    const int hardware =
        layout_.bases(In::Register).size() + layout_.bases(In::Lane).size() + layout_.bases(In::Warp).size();
    const int times = hardware - layout_.shape().bits();
    if (times == 0) return "";
    std::string out = "each element is held " + number(int64_t(1) << times) + " times";
    for (In in : {In::Lane, In::Warp}) {
      std::vector<int> bits;
      for (uint32_t free = layout_.free_bits(in); free != 0; free &= free - 1) bits.push_back(std::countr_zero(free));
      if (!bits.empty())
        out +=
            std::string(in == In::Lane ? "; lane bits " : "; warp bits ") + joined(bits, ", ", number) + " hold copies";
    }
    return out + "\n";
  }

  const Layout &layout_;
  std::vector<uint32_t> holders_;
  int64_t columns_, rows_, planes_;
  int64_t run_ = 1; ///< columns of a cell
};

} // namespace

std::string Layout::table() const {
  if (auto wrong = verify()) return "not a layout: " + *wrong + "\n";
  return Picture(*this).draw();
}

// ---- Plans ----------------------------------------------------------------------------------------------------------

namespace {

std::string registerName(int index) {
  return "r" + number(index);
}

} // namespace

std::string ReductionPlan::str() const {
  std::string out = "registers:";
  for (size_t i = 0; i < registers.size(); ++i)
    out += (i ? "; r" : " r") + number(int64_t(i)) + " = " + joined(registers[i], " + ", registerName);
  out += "\n       -> " + after_registers.str() + "\nlanes:     ";
  out += lane_masks.empty() ? "nothing to do" : "xor " + joined(lane_masks, ", then ", number);
  out += "\n       -> " + after_lanes.str() + "\nwarps:     ";
  out += across_warps ? "exchange\n       -> " + exchange.str() + ", reduced again" : "nothing to do";
  return out + "\nresult: " + result.str() + "\n";
}

std::string ConversionPlan::str() const {
  if (kind == Kind::Scratch) return "scratch\n";
  std::string out = kind == Kind::Rename ? "rename\n" : "shuffle\n";
  for (size_t i = 0; i < registers.size(); ++i) {
    out += "r" + number(int64_t(i)) + " <- " + registerName(registers[i]);
    if (kind == Kind::Shuffle) out += " of lane " + joined(source_lane[i], " ", number);
    out += "\n";
  }
  return out;
}

std::string AccessPlan::str() const {
  std::string out = kind == Kind::Uniform          ? "uniform"
                    : kind == Kind::LaneContiguous ? "lane contiguous"
                                                   : "per lane, " + number(width) + " wide";
  out += ": " + joined(groups, " | ", [](const std::vector<int> &g) { return joined(g, " ", registerName); });
  return out + (limit.empty() ? "" : "\nnot wider: " + limit) + "\n";
}

} // namespace tile::layout
