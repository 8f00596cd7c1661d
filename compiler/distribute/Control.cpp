// What a kernel's author knows: on a machine that checks it, a check; on others nothing is left.
#include "compiler/distribute/Distribute.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tile {
namespace {

/// "a multiple of 8, at least 0 and at most 1016"
std::string words(ir::AssumeOp op) {
  SmallVector<std::string, 3> parts;
  if (op.getDivisible() != 1) parts.push_back("a multiple of " + std::to_string(op.getDivisible()));
  if (auto least = op.getAtLeast()) parts.push_back("at least " + std::to_string(int64_t(*least)));
  if (auto most = op.getAtMost()) parts.push_back("at most " + std::to_string(int64_t(*most)));
  std::string last = parts.pop_back_val();
  return parts.empty() ? last : llvm::join(parts, ", ") + " and " + last;
}

struct Assume : TilePattern<ir::AssumeOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::AssumeOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value index = adaptor.getIndex().front();
    if (model().checks)
      if (Value holds = condition(rewriter, op, index))
        lane::AssumeOp::create(rewriter, op.getLoc(), holds, index, words(op));
    rewriter.replaceOp(op, index);
    return success();
  }

private:
  /// Null where nothing is assumed.
  static Value condition(OpBuilder &b, ir::AssumeOp op, Value index) {
    Location loc = op.getLoc();
    Value all;
    auto number = [&](int64_t n) { return arith::ConstantIndexOp::create(b, loc, n); };
    auto require = [&](arith::CmpIPredicate predicate, Value value, int64_t bound) {
      all = bothMasks(b, loc, all, arith::CmpIOp::create(b, loc, predicate, value, number(bound)));
    };
    if (int64_t divisor = int64_t(op.getDivisible()); divisor != 1)
      require(arith::CmpIPredicate::eq, arith::RemSIOp::create(b, loc, index, number(divisor)), 0);
    if (auto least = op.getAtLeast()) require(arith::CmpIPredicate::sge, index, int64_t(*least));
    if (auto most = op.getAtMost()) require(arith::CmpIPredicate::sle, index, int64_t(*most));
    return all;
  }
};

} // namespace

void populateControl(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<Assume>(converter, patterns.getContext());
}

} // namespace tile
