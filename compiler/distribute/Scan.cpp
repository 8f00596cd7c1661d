// The two steps of a scan that need no scratch: inside the blocks of each warp, and what a block takes from those
// before it. Work is linear in the registers of a tile; each lane bit costs one shuffle of each block's total.
#include "compiler/distribute/CombineFunction.h"

#include <map>

using namespace mlir;

namespace tile {
namespace {

/// The scan of one block after the other, in place. Every step of the plan is done for all lower steps' results: within
/// it, each part's scan is combined with the total of the parts before.
class BlockScan {
public:
  /// `identity`: of an exclusive scan; empty for an inclusive one.
  BlockScan(const CombineFunction &combine, const layout::ScanPlan &plan, bool reverse, Registers identity,
            SmallVector<Registers> elements)
      : combine_(combine), plan_(plan), reverse_(reverse), identity_(std::move(identity)),
        elements_(std::move(elements)) {}

  /// Scans the block whose registers differ from `base` in bits of the plan's steps; gives its total.
  Registers run(uint32_t base) { return run(int(plan_.steps.size()) - 1, base); }

  SmallVector<Registers> &elements() { return elements_; }

private:
  Registers run(int step, uint32_t base) {
    if (step < 0) {
      Registers element = elements_[base];
      if (!identity_.empty()) elements_[base] = identity_;
      return element;
    }
    return plan_.steps[size_t(step)].in == layout::In::Lane ? alongLanes(step, base) : alongRegisters(step, base);
  }

  Registers alongRegisters(int step, uint32_t base) {
    const std::vector<int> &bits = plan_.steps[size_t(step)].bits;
    const uint32_t parts = 1u << bits.size();
    Registers total;
    for (uint32_t i = 0; i < parts; ++i) {
      uint32_t part = base | spread(reverse_ ? parts - 1 - i : i, bits);
      Registers mine = run(step - 1, part);
      if (i > 0) carryInto(step - 1, part, total);
      // An inclusive scan ends in the total: where the part is one element, it is not combined twice.
      if (i == 0)
        total = mine;
      else
        total = step == 0 && identity_.empty() ? elements_[part] : combine_(total, mine);
    }
    return total;
  }

  /// Combines `before` with the scan that the steps up to `step` made.
  void carryInto(int step, uint32_t base, const Registers &before) {
    for (uint32_t reg : registersOf(step, base))
      elements_[reg] = isIdentity(elements_[reg]) ? before : combine_(before, elements_[reg]);
  }

  /// Each lane takes in what ends 1, 2, 4, ... lanes before; then what the lane before has is what its own registers
  /// lack, and what the last lane has is the total.
  Registers alongLanes(int step, uint32_t base) {
    const std::vector<int> &bits = plan_.steps[size_t(step)].bits;
    const uint32_t lowest = 1u << bits.front(), group = (lowest << bits.size()) - lowest;
    Registers sum = run(step - 1, base);
    for (uint32_t distance = lowest; distance <= group; distance <<= 1)
      sum = combine_.choose(hasBefore(group, distance, sum.front()), combine_(shifted(sum, distance), sum), sum);
    const SmallVector<uint32_t> registers = registersOf(step - 1, base);
    if (registers.size() == 1 && identity_.empty()) {
      elements_[base] = sum;
    } else {
      Registers before = shifted(sum, lowest);
      Value has = hasBefore(group, lowest, sum.front());
      for (uint32_t reg : registers) {
        Registers &mine = elements_[reg];
        mine = combine_.choose(has, isIdentity(mine) ? before : combine_(before, mine), mine);
      }
    }
    return ofLastLane(sum, group);
  }

  /// Whether the lane `distance` before is in the group, the lanes that differ in its bits only.
  Value hasBefore(uint32_t group, uint32_t distance, Value like) const {
    if (reverse_) return combine_.lanes(group, arith::CmpIPredicate::ule, group - distance, like);
    return combine_.lanes(group, arith::CmpIPredicate::uge, distance, like);
  }

  Registers shifted(const Registers &v, uint32_t distance) const {
    return combine_.shifted(v, reverse_ ? -int(distance) : int(distance));
  }

  Registers ofLastLane(const Registers &v, uint32_t group) const {
    return combine_.ofLanes(v, [&](uint32_t lane) { return reverse_ ? lane & ~group : lane | group; });
  }

  bool isIdentity(const Registers &element) const { return !identity_.empty() && element == identity_; }

  /// The registers of the part that the steps up to `step` work on.
  SmallVector<uint32_t> registersOf(int step, uint32_t base) const {
    SmallVector<uint32_t> all{base};
    for (int s = 0; s <= step; ++s) {
      if (plan_.steps[size_t(s)].in != layout::In::Register) continue;
      for (int bit : plan_.steps[size_t(s)].bits)
        for (size_t i = 0, count = all.size(); i < count; ++i) all.push_back(all[i] | 1u << bit);
    }
    return all;
  }

  static uint32_t spread(uint32_t index, const std::vector<int> &bits) {
    uint32_t out = 0;
    for (size_t i = 0; i < bits.size(); ++i) out |= (index >> i & 1) << bits[i];
    return out;
  }

  const CombineFunction &combine_;
  const layout::ScanPlan &plan_;
  bool reverse_;
  Registers identity_;
  SmallVector<Registers> elements_;
};

uint32_t registerBits(const layout::ScanPlan &plan) {
  uint32_t mask = 0;
  for (const layout::ScanPlan::Step &step : plan.steps)
    if (step.in == layout::In::Register)
      for (int bit : step.bits) mask |= 1u << bit;
  return mask;
}

struct ScanBlocks : TilePattern<ir::ScanBlocksOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ScanBlocksOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &layout = *ir::layoutOf(op.getSources()[0].getType());
    auto plan = layout::plan_scan(layout, int(op.getAxis()), op.getReverse());
    SmallVector<Value> captures = numbersOf(adaptor.getCaptures());
    CombineFunction combine(rewriter, op.getLoc(), op.getCombine(), captures, op.getSymmetric(), layout.lanes());
    SmallVector<Registers> elements = CombineFunction::transposed(adaptor.getSources()), totals;
    Registers identity;
    for (auto [i, number] : llvm::enumerate(adaptor.getIdentities()))
      identity.push_back(asRegisterType(rewriter, op.getLoc(), number.front(), elements[0][i].getType()));

    const uint32_t inside = registerBits(plan), count = uint32_t(elements.size());
    BlockScan scan(combine, plan, op.getReverse(), identity, std::move(elements));
    for (uint32_t base = 0; base < count; ++base)
      if (!(base & inside)) totals.push_back(scan.run(base));
    if (!plan.across_warps) return replaceWithElements(op, {scan.elements()}, rewriter);
    for (Registers &total : totals)
      for (Value &v : total)
        v = asRegisterType(rewriter, op.getLoc(), v,
                           model().registerType(getElementTypeOrSelf(v.getType()), plan.totals));
    return replaceWithElements(op, {scan.elements(), totals}, rewriter);
  }
};

struct ScanCarry : TilePattern<ir::ScanCarryOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ScanCarryOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    const layout::Layout &layout = *ir::layoutOf(op.getSources()[0].getType());
    auto plan = layout::plan_scan(layout, int(op.getAxis()), op.getReverse());
    SmallVector<Value> captures = numbersOf(adaptor.getCaptures());
    CombineFunction combine(rewriter, loc, op.getCombine(), captures, op.getSymmetric(), layout.lanes());
    ArrayRef<ValueRange> sources = adaptor.getSources();
    SmallVector<Registers> elements = CombineFunction::transposed(sources.take_front(sources.size() / 2)),
                           blocks = CombineFunction::transposed(sources.take_back(sources.size() / 2));
    for (Registers &block : blocks)
      for (auto [v, like] : llvm::zip(block, elements[0])) v = asRegisterType(rewriter, loc, v, like.getType());

    SmallVector<Value> bits;
    for (int bit : plan.warp_bits) bits.push_back(warpBit(rewriter, loc, bit));
    std::map<std::vector<int>, Registers> chosen; // many elements have the same block before them
    for (auto [element, before] : llvm::zip_equal(elements, plan.before)) {
      auto [known, isNew] = chosen.try_emplace(before);
      if (isNew) known->second = ofThisWarp(combine, blocks, before, bits);
      Registers combined = combine(known->second, element);
      bool hasFirst = llvm::is_contained(before, -1);
      element = hasFirst ? combine.choose(isFirst(rewriter, loc, bits, before), element, combined) : combined;
    }
    return replaceWithElements(op, {elements}, rewriter);
  }

private:
  static Value warpBit(OpBuilder &b, Location loc, int bit) {
    Value id = lane::WarpIdOp::create(b, loc, b.getI32Type());
    Value mask = arith::ConstantIntOp::create(b, loc, b.getI32Type(), int64_t(1) << bit);
    Value zero = arith::ConstantIntOp::create(b, loc, b.getI32Type(), 0);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, arith::AndIOp::create(b, loc, id, mask), zero);
  }

  /// A tree of choices by the bits of the warp's number. What the first block takes is of no account.
  static Registers ofThisWarp(const CombineFunction &combine, ArrayRef<Registers> blocks, ArrayRef<int> before,
                              ArrayRef<Value> bits) {
    SmallVector<Registers> level;
    for (int block : before) level.push_back(blocks[size_t(std::max(block, 0))]);
    for (Value bit : bits) {
      for (size_t i = 0; i < level.size() / 2; ++i) level[i] = combine.choose(bit, level[2 * i + 1], level[2 * i]);
      level.truncate(level.size() / 2);
    }
    return level.front();
  }

  /// Whether this warp holds the first block: all its bits along the dimension are those of the -1.
  static Value isFirst(OpBuilder &b, Location loc, ArrayRef<Value> bits, ArrayRef<int> before) {
    size_t first = size_t(llvm::find(before, -1) - before.begin());
    Value all;
    for (auto [i, bit] : llvm::enumerate(bits)) {
      Value fits = bit;
      if (!(first >> i & 1)) {
        Value yes = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1);
        fits = arith::XOrIOp::create(b, loc, bit, yes);
      }
      all = all ? Value(arith::AndIOp::create(b, loc, all, fits)) : fits;
    }
    return all;
  }
};

} // namespace

void populateScan(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<ScanBlocks, ScanCarry>(converter, patterns.getContext());
}

} // namespace tile
