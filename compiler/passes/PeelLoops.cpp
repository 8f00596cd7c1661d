// tile-peel-loops: a loop whose accesses leave their views in its last iterations alone becomes two: whole steps, which
// tile-analyze-access then finds to stay inside, and the rest, which keeps its masks. A mask costs a CPU a comparison
// for each vector, those without masked access a branch, and all of them their stores around the cache.
#include "compiler/analysis/Extents.h"
#include "compiler/analysis/IndexFacts.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/strip/Narrow.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace tile {
#define GEN_PASS_DEF_PEELLOOPS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

/// Vectors that the ops of a loop give: of more, a second copy takes longer to compile than masks are worth.
constexpr int64_t kMostVectors = 512;
/// Iterations without masks from which on a second copy of the loop pays.
constexpr int64_t kLeastTrips = 2;

/// What a loop's whole steps must not go beyond.
using Ends = SmallVector<OpFoldResult, 4>;

struct Access {
  TypedValue<ir::ViewType> view;
  OperandRange indices;
  ArrayRef<int64_t> tile;
  ArrayRef<int64_t> dims = {}; ///< that matter; empty: all

  bool matters(int64_t dim) const { return dims.empty() || llvm::is_contained(dims, dim); }
};

std::optional<Access> accessOf(Operation *op) {
  if (auto load = dyn_cast<ir::LoadOp>(op))
    return Access{load.getView(), load.getIndices(), load.getTileType().getShape()};
  if (auto store = dyn_cast<ir::StoreOp>(op))
    return Access{store.getView(), store.getIndices(), store.getTileType().getShape()};
  if (auto mask = dyn_cast<ir::InBoundsOp>(op))
    return Access{mask.getView(), mask.getIndices(), mask.getType().getShape(), mask.getDims()};
  return std::nullopt;
}

/// c, if the index is the loop's induction variable + c.
std::optional<int64_t> offsetIn(scf::ForOp loop, Value index) {
  if (index == loop.getInductionVar()) return 0;
  auto sum = index.getDefiningOp<arith::AddIOp>();
  if (!sum || sum.getLhs() != loop.getInductionVar()) return std::nullopt;
  return getConstantIntValue(sum.getRhs());
}

/// Adds to `ends` those behind which the access leaves its view; nothing where it may do so before, or never does.
void addEnds(scf::ForOp loop, int64_t step, const Access &access, Ends &ends) {
  SmallVector<OpFoldResult, 3> found;
  for (auto [d, index, tile, extent] : llvm::enumerate(access.indices, access.tile, extentsOf(access.view))) {
    if (!access.matters(int64_t(d)) || staysInside(index, tile, extent)) continue;
    std::optional<int64_t> offset = offsetIn(loop, index);
    std::optional<int64_t> start = factsOf(index).min;
    if (!extent || !offset || *offset < 0 || *offset + tile > step || !start || *start < 0) return;
    found.push_back(extent);
  }
  for (OpFoldResult extent : found)
    if (!llvm::is_contained(ends, extent)) ends.push_back(extent);
}

int64_t vectorsOf(scf::ForOp loop, const strip::Limits &limits) {
  int64_t vectors = 0;
  loop.getBody()->walk([&](Operation *op) {
    for (Value v : op->getResults())
      if (isTile(v)) vectors += limits.vectors(v.getType());
  });
  return vectors;
}

/// lower + max(end - lower, 0) / step * step, in the form that isBelow knows.
Value wholeSteps(OpBuilder &b, scf::ForOp loop, int64_t step, const Ends &ends) {
  Location loc = loop.getLoc();
  Value lower = loop.getLowerBound(), end = loop.getUpperBound();
  for (OpFoldResult other : ends)
    if (!isAtMost(end, other))
      end = arith::MinSIOp::create(b, loc, end, getValueOrCreateConstantIndexOp(b, loc, other));
  Value size = arith::ConstantIndexOp::create(b, loc, step), zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value distance = arith::MaxSIOp::create(b, loc, arith::SubIOp::create(b, loc, end, lower), zero);
  Value steps = arith::MulIOp::create(b, loc, arith::DivUIOp::create(b, loc, distance, size), size);
  return arith::AddIOp::create(b, loc, lower, steps);
}

/// The same where all of it is known.
std::optional<int64_t> wholeSteps(scf::ForOp loop, int64_t step, const Ends &ends) {
  auto lower = getConstantIntValue(loop.getLowerBound()), end = getConstantIntValue(loop.getUpperBound());
  for (OpFoldResult other : ends) {
    auto number = getConstantIntValue(other);
    end = end && number ? std::optional(std::min(*end, *number)) : std::nullopt;
  }
  if (!lower || !end) return std::nullopt;
  return *lower + std::max<int64_t>(*end - *lower, 0) / step * step;
}

void peel(scf::ForOp loop, const strip::Limits &limits) {
  std::optional<int64_t> step = getConstantIntValue(loop.getStep());
  if (!step || *step < 1 || loop.getUnsignedCmp()) return;
  Ends ends;
  loop.getBody()->walk([&](Operation *op) {
    if (auto access = accessOf(op)) addEnds(loop, *step, *access, ends);
  });
  if (ends.empty() || vectorsOf(loop, limits) > kMostVectors) return;

  OpBuilder b(loop);
  Value whole;
  if (std::optional<int64_t> known = wholeSteps(loop, *step, ends)) {
    if (*known < *getConstantIntValue(loop.getLowerBound()) + kLeastTrips * *step) return;
    whole = arith::ConstantIndexOp::create(b, loop.getLoc(), *known);
  } else {
    whole = wholeSteps(b, loop, *step, ends);
  }
  b.setInsertionPointAfter(loop);
  auto rest = cast<scf::ForOp>(b.clone(*loop));
  loop.replaceAllUsesWith(rest.getResults());
  loop.getUpperBoundMutable().assign(whole);
  rest.getLowerBoundMutable().assign(whole);
  rest.getInitArgsMutable().assign(loop.getResults());
  strip::narrow(rest, *step, limits); // less code, for what runs once
}

struct PeelLoops : impl::PeelLoopsBase<PeelLoops> {
  void runOnOperation() override {
    ir::TargetAttr target = ir::targetOf(getOperation());
    if (!target || !target.isSimd()) return;
    SmallVector<scf::ForOp> loops; // inner ones first
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops) peel(loop, strip::Limits{target.getLanes()});
  }
};

} // namespace
} // namespace tile
