// The layouts that memory accesses would like.
#pragma once

#include "compiler/passes/Tiles.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tile::assign {

class Preferred {
public:
  Preferred(mlir::func::FuncOp func, ir::TargetAttr target);

  /// For an access of `vector` elements of a row a lane; for values that no access reaches, of 1.
  layout::Layout of(mlir::Value tile, int vector = 1) const;
  /// How many elements of a row one lane could access at once.
  int widthOf(ir::LoadOp op) const { return width(op.getView().getType(), op.getAligned()); }
  int widthOf(ir::StoreOp op) const { return width(op.getView().getType(), op.getAligned()); }
  bool isSimd() const { return access_.lane_contiguous; }

private:
  int width(ir::ViewType view, std::optional<uint64_t> aligned) const;

  ir::TargetAttr target_;
  layout::AccessShape access_;
};

} // namespace tile::assign
