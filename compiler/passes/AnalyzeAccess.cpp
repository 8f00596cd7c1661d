// tile-analyze-access: what is known of each access to memory. Everything later passes need to choose vector widths and
// masks stands on the op afterwards, so they look at that op alone.
#include "compiler/analysis/Extents.h"
#include "compiler/analysis/IndexFacts.h"
#include "compiler/passes/Passes.h"

namespace tile {
#define GEN_PASS_DEF_ANALYZEACCESS
#include "compiler/passes/Passes.h.inc"
} // namespace tile

using namespace mlir;

namespace tile {
namespace {

/// Widest alignment anything can use, in bytes.
constexpr int64_t kMaxAlign = 128;

/// The extents and strides of a view, with what is known of each stride.
struct ViewFacts {
  SmallVector<OpFoldResult, 3> extents;
  SmallVector<IndexFacts, 3> strides;

  explicit ViewFacts(TypedValue<ir::ViewType> view) : extents(extentsOf(view)) {
    ir::ViewType type = view.getType();
    auto make = view.getDefiningOp<ir::MakeViewOp>();
    size_t next = 0;
    for (int64_t n : type.getStrides()) {
      bool dynamic = n == ShapedType::kDynamic;
      strides.push_back(!dynamic ? factsOf(n) : make ? factsOf(make.getStrides()[next++]) : IndexFacts());
      if (dynamic && alignmentOf(strides.back().divisor) < alignmentOf(type.getDivisible()))
        strides.back().divisor = type.getDivisible();
    }
  }

private:
  static int64_t alignmentOf(int64_t divisor) { return IndexFacts{divisor, {}, {}}.powerOfTwo(kMaxAlign); }
};

SmallVector<bool, 3> nonnegativeDims(OperandRange indices) {
  SmallVector<bool, 3> nonnegative;
  for (Value index : indices) {
    IndexFacts f = factsOf(index);
    nonnegative.push_back(f.min && *f.min >= 0);
  }
  return nonnegative;
}

SmallVector<bool, 3> insideDims(const ViewFacts &view, OperandRange indices, ArrayRef<int64_t> tile) {
  SmallVector<bool, 3> inside;
  for (auto [start, size, extent] : llvm::zip(indices, tile, view.extents))
    inside.push_back(staysInside(start, size, extent));
  return inside;
}

/// A power of two that divides, in elements, the address of every row of the tile; and, where the access may leave the
/// view in the last dimension, also the number of elements left there, so that a vector never straddles the end.
int64_t alignment(ir::ViewType type, const ViewFacts &view, OperandRange indices, ArrayRef<int64_t> tile,
                  ArrayRef<bool> inside) {
  int64_t bytes = type.getElementBytes();
  int64_t aligned = std::max<int64_t>(1, std::min(type.getAlign(), kMaxAlign) / bytes);
  int64_t rank = type.getRank();
  for (int64_t d = 0; d < rank; ++d) {
    IndexFacts start = factsOf(indices[size_t(d)]);
    aligned = (start * view.strides[d]).powerOfTwo(aligned);
    if (d + 1 < rank && tile[d] > 1) aligned = view.strides[d].powerOfTwo(aligned);
  }
  if (!inside.back()) {
    aligned = factsOf(view.extents.back()).powerOfTwo(aligned);
    aligned = factsOf(indices.back()).powerOfTwo(aligned);
  }
  return aligned;
}

template <class Access> void analyze(Access op) {
  ViewFacts view(op.getView());
  ArrayRef<int64_t> tile = op.getTileType().getShape();
  SmallVector<bool, 3> inside = insideDims(view, op.getIndices(), tile);
  op.setInside(ArrayRef<bool>(inside));
  op.setNonnegative(ArrayRef<bool>(nonnegativeDims(op.getIndices())));
  op.setAligned(alignment(op.getView().getType(), view, op.getIndices(), tile, inside));
}

void analyze(ir::LoadScalarOp op) {
  SmallVector<int64_t, 3> one(op.getIndices().size(), 1);
  op.setInside(ArrayRef<bool>(insideDims(ViewFacts(op.getView()), op.getIndices(), one)));
}

/// Of indices that are tiles nothing is known.
template <class Op> void analyzePoints(Op op) {
  ViewFacts view(op.getView());
  SmallVector<bool, 3> inside;
  for (auto [index, extent] : llvm::zip(op.getIndices(), view.extents))
    inside.push_back(!isa<RankedTensorType>(index.getType()) && staysInside(index, 1, extent));
  op.setInside(ArrayRef<bool>(inside));
}

/// Dimensions in which the tile is known to stay inside say nothing; without any left the mask is true.
void fold(ir::InBoundsOp op) {
  ViewFacts view(op.getView());
  SmallVector<bool, 3> inside = insideDims(view, op.getIndices(), op.getType().getShape());
  SmallVector<int64_t, 3> left;
  for (int64_t d : op.getDims())
    if (!inside[size_t(d)]) left.push_back(d);
  if (!left.empty()) {
    op.setDims(left);
    op.setNonnegative(ArrayRef<bool>(nonnegativeDims(op.getIndices())));
    return;
  }
  OpBuilder builder(op);
  Value all = arith::ConstantOp::create(builder, op.getLoc(), DenseElementsAttr::get(op.getType(), true));
  op.replaceAllUsesWith(all);
  op.erase();
}

struct AnalyzeAccess : impl::AnalyzeAccessBase<AnalyzeAccess> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto load = dyn_cast<ir::LoadOp>(op))
        analyze(load);
      else if (auto store = dyn_cast<ir::StoreOp>(op))
        analyze(store);
      else if (auto scalar = dyn_cast<ir::LoadScalarOp>(op))
        analyze(scalar);
      else if (auto gather = dyn_cast<ir::GatherOp>(op))
        analyzePoints(gather);
      else if (auto scatter = dyn_cast<ir::ScatterOp>(op))
        analyzePoints(scatter);
      else if (auto add = dyn_cast<ir::AtomicAddOp>(op))
        analyzePoints(add);
      else if (auto mask = dyn_cast<ir::InBoundsOp>(op))
        fold(mask);
    });
  }
};

} // namespace
} // namespace tile
