// lane-pack-carried: two halves of a word that come from one load cross the borders of loops and branches as that word.
//
// A register of a GPU holds 32 bits, also where the value in it has 16: a loop that carries the loads of its next
// iterations (tile-pipeline-loops) would hold each bf16 in a register of its own, twice what was loaded.
#include "compiler/passes/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace tile {
#define GEN_PASS_DEF_PACKCARRIED
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

/// Whether the two are halves of one word: neighbours among the results of one op, the first of them even; what this
/// pass has unpacked; or what a loop carries and begins with halves.
bool areHalves(Value low, Value high) {
  if (auto a = dyn_cast<BlockArgument>(low), b = dyn_cast<BlockArgument>(high);
      a && b && a.getOwner() == b.getOwner()) {
    auto loop = dyn_cast<scf::ForOp>(a.getOwner()->getParentOp());
    return loop && a.getArgNumber() > 0 && b.getArgNumber() == a.getArgNumber() + 1 &&
           areHalves(loop.getInitArgs()[a.getArgNumber() - 1], loop.getInitArgs()[b.getArgNumber() - 1]);
  }
  auto a = low.getDefiningOp<LLVM::ExtractElementOp>(), b = high.getDefiningOp<LLVM::ExtractElementOp>();
  if (a && b)
    return a.getVector() == b.getVector() && matchPattern(a.getPosition(), m_Zero()) &&
           matchPattern(b.getPosition(), m_One());
  auto first = dyn_cast<OpResult>(low), second = dyn_cast<OpResult>(high);
  return first && second && first.getOwner() == second.getOwner() && first.getResultNumber() % 2 == 0 &&
         second.getResultNumber() == first.getResultNumber() + 1;
}

bool isHalf(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() == 16;
}

/// The values of a border, some of which cross it in pairs: `pairs` holds the numbers of each pair's first.
class Border {
public:
  explicit Border(TypeRange types) : types_(types) {}

  /// Pairs up what `values` has halves in, unless it is in pairs already.
  void pairUp(ValueRange values) {
    for (unsigned i = 0; i + 1 < values.size(); ++i) {
      if (!isHalf(types_[i]) || types_[i] != types_[i + 1] || !areHalves(values[i], values[i + 1])) continue;
      if (pairs_.contains(i + 1) || (i > 0 && pairs_.contains(i - 1))) continue;
      pairs_.insert(i);
      ++i;
    }
  }
  bool hasPairs() const { return !pairs_.empty(); }

  SmallVector<Type> packedTypes(MLIRContext *context) const {
    SmallVector<Type> all;
    for (unsigned i = 0; i < types_.size(); ++i) {
      all.push_back(pairs_.contains(i) ? Type(IntegerType::get(context, 32)) : types_[i]);
      i += pairs_.contains(i);
    }
    return all;
  }

  SmallVector<Value> packed(OpBuilder &b, Location loc, ValueRange values) const {
    SmallVector<Value> all;
    for (unsigned i = 0; i < values.size(); ++i) {
      all.push_back(pairs_.contains(i) ? word(b, loc, values[i], values[i + 1]) : values[i]);
      i += pairs_.contains(i);
    }
    return all;
  }

  SmallVector<Value> unpacked(OpBuilder &b, Location loc, ValueRange values) const {
    SmallVector<Value> all;
    for (Value v : values) {
      const unsigned i = unsigned(all.size());
      if (!pairs_.contains(i)) {
        all.push_back(v);
        continue;
      }
      Value halves = LLVM::BitcastOp::create(b, loc, VectorType::get({2}, types_[i]), v);
      for (int64_t half : {0, 1}) all.push_back(LLVM::ExtractElementOp::create(b, loc, halves, number(b, loc, half)));
    }
    return all;
  }

private:
  static Value number(OpBuilder &b, Location loc, int64_t n) {
    return LLVM::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(int32_t(n)));
  }

  static Value word(OpBuilder &b, Location loc, Value low, Value high) {
    Value halves = LLVM::PoisonOp::create(b, loc, VectorType::get({2}, low.getType()));
    halves = LLVM::InsertElementOp::create(b, loc, halves, low, number(b, loc, 0));
    halves = LLVM::InsertElementOp::create(b, loc, halves, high, number(b, loc, 1));
    return LLVM::BitcastOp::create(b, loc, b.getI32Type(), halves);
  }

  SmallVector<Type> types_;
  llvm::SmallDenseSet<unsigned> pairs_;
};

/// `to` takes the ops of `from`, whose arguments become `arguments`, and yields its values packed.
void takeBody(IRRewriter &rewriter, const Border &border, Block *from, Block *to, ValueRange arguments) {
  rewriter.mergeBlocks(from, to, arguments);
  auto yield = cast<scf::YieldOp>(to->getTerminator());
  rewriter.setInsertionPoint(yield);
  yield->setOperands(border.packed(rewriter, yield.getLoc(), yield.getOperands()));
}

void pack(IRRewriter &rewriter, scf::ForOp loop) {
  Border border(loop.getResultTypes());
  border.pairUp(loop.getYieldedValues());
  border.pairUp(loop.getInitArgs());
  if (!border.hasPairs()) return;
  Location loc = loop.getLoc();
  rewriter.setInsertionPoint(loop);
  auto made = scf::ForOp::create(rewriter, loc, loop.getLowerBound(), loop.getUpperBound(), loop.getStep(),
                                 border.packed(rewriter, loc, loop.getInitArgs()));
  made->setDiscardableAttrs(llvm::to_vector(loop->getDiscardableAttrs()));
  rewriter.setInsertionPointToStart(made.getBody());
  SmallVector<Value> arguments{made.getInductionVar()};
  llvm::append_range(arguments, border.unpacked(rewriter, loc, made.getRegionIterArgs()));
  takeBody(rewriter, border, loop.getBody(), made.getBody(), arguments);
  rewriter.setInsertionPointAfter(made);
  rewriter.replaceOp(loop, border.unpacked(rewriter, loc, made.getResults()));
}

void pack(IRRewriter &rewriter, scf::IfOp branch) {
  if (branch.getNumResults() == 0) return;
  Border border(branch.getResultTypes());
  border.pairUp(branch.thenYield().getOperands());
  border.pairUp(branch.elseYield().getOperands());
  if (!border.hasPairs()) return;
  Location loc = branch.getLoc();
  rewriter.setInsertionPoint(branch);
  auto made = scf::IfOp::create(rewriter, loc, border.packedTypes(branch.getContext()), branch.getCondition(),
                                /*addThenBlock=*/true, /*addElseBlock=*/true);
  takeBody(rewriter, border, branch.thenBlock(), made.thenBlock(), {});
  takeBody(rewriter, border, branch.elseBlock(), made.elseBlock(), {});
  rewriter.setInsertionPointAfter(made);
  rewriter.replaceOp(branch, border.unpacked(rewriter, loc, made.getResults()));
}

struct PackCarried : impl::PackCarriedBase<PackCarried> {
  void runOnOperation() override {
    SmallVector<Operation *> all;
    // Inner ones first, whose results are halves of what they make.
    getOperation().walk([&](Operation *op) {
      if (isa<scf::ForOp, scf::IfOp>(op)) all.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : all) {
      if (auto loop = dyn_cast<scf::ForOp>(op)) pack(rewriter, loop);
      if (auto branch = dyn_cast<scf::IfOp>(op)) pack(rewriter, branch);
    }
  }
};

} // namespace
} // namespace tile
