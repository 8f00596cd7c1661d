// The op of the exact function, marked as one that a machine may approximate.
#include "compiler/dsl/Fast.h"

#include "compiler/dialect/TileDialect.h"
#include "compiler/dsl/Impl.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace tile {
using namespace detail;

/// The op that made `x`.
template <class Op> static Op made(const Tile &x, Loc loc) {
  BuilderImpl &b = builderOf(x.value(), "the Tile", loc);
  return cast<Op>(b.use(x.value(), "the Tile", loc).getDefiningOp());
}

Tile fast_log2(const Operand &x) {
  Tile result = log2(x);
  made<math::Log2Op>(result, x.loc).setFastmath(arith::FastMathFlags::afn);
  return result;
}

Tile fast_reciprocal(const Operand &x) {
  if (x.tile.dtype() != f32)
    fail(x.loc, "'fast_reciprocal' on ", name_of(x.tile.dtype()), "; it takes f32, convert with .to(f32)");
  Tile result = Operand(1.f, x.loc) / x;
  made<arith::DivFOp>(result, x.loc).setFastmath(arith::FastMathFlags::afn);
  return result;
}

Tile fast_sigmoid(const Operand &x) {
  Tile result = sigmoid(x);
  made<ir::SigmoidOp>(result, x.loc).setFast(true);
  return result;
}

} // namespace tile
