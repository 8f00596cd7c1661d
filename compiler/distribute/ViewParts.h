// A view after conversion: the pointer, and of extents and strides those that are known only at run time.
#pragma once

#include "compiler/distribute/Distribute.h"

namespace tile {

/// The parts of a converted view.
struct ViewParts {
  ir::ViewType type;
  mlir::Value pointer;
  mlir::ValueRange extents, strides; ///< the run-time ones

  ViewParts(ir::ViewType type, mlir::ValueRange parts)
      : type(type), pointer(parts.front()), extents(parts.slice(1, size_t(type.getNumDynamicExtents()))),
        strides(parts.drop_front(1 + size_t(type.getNumDynamicExtents()))) {}

  bool isStatic(int64_t dim) const { return type.getStrides()[dim] != mlir::ShapedType::kDynamic; }
  mlir::Value extent(mlir::OpBuilder &b, mlir::Location loc, int64_t dim) const {
    return at(b, loc, type.getShape(), extents, dim);
  }
  mlir::Value stride(mlir::OpBuilder &b, mlir::Location loc, int64_t dim) const {
    return at(b, loc, type.getStrides(), strides, dim);
  }

private:
  static mlir::Value at(mlir::OpBuilder &b, mlir::Location loc, llvm::ArrayRef<int64_t> numbers,
                        mlir::ValueRange values, int64_t dim) {
    if (numbers[dim] != mlir::ShapedType::kDynamic) return mlir::arith::ConstantIndexOp::create(b, loc, numbers[dim]);
    return values[size_t(llvm::count(numbers.take_front(dim), mlir::ShapedType::kDynamic))];
  }
};

} // namespace tile
