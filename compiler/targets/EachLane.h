// Ops that a CPU does for one lane at a time.
#pragma once

#include "compiler/targets/Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tile::targets {

/// Replaces every `Op` of the module, which has a mask, by a loop over its lanes in which `makeOne(b, op, laneOf)`
/// makes the op of one lane that the mask lets in; laneOf(v) is that lane's part of an operand. An op whose operands
/// are all uniform needs no loop.
template <class Op, class MakeOne> void forEachLane(mlir::ModuleOp module, MakeOne makeOne) {
  using namespace mlir;
  SmallVector<Op> all;
  module.walk([&](Op op) { all.push_back(op); });
  for (Op op : all) {
    OpBuilder b(op);
    Location loc = op.getLoc();
    Value lane;
    for (Value v : op->getOperands()) {
      auto vector = dyn_cast<VectorType>(v.getType());
      if (!vector || lane) continue;
      auto number = [&](int64_t n) { return arith::ConstantIntOp::create(b, loc, b.getI32Type(), n); };
      auto loop = scf::ForOp::create(b, loc, number(0), number(vector.getNumElements()), number(1));
      b.setInsertionPointToStart(loop.getBody());
      lane = loop.getInductionVar();
    }
    auto laneOf = [&](Value v) {
      return isa<VectorType>(v.getType()) ? Value(LLVM::ExtractElementOp::create(b, loc, v, lane)) : v;
    };
    if (Value mask = op.getMask())
      b = scf::IfOp::create(b, loc, laneOf(mask), /*withElseRegion=*/false).getThenBodyBuilder();
    makeOne(b, op, laneOf);
    op.erase();
  }
}

} // namespace tile::targets
