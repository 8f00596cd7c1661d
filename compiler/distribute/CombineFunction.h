// A combine function at work on registers: the region of a tile op, repeated for lane values.
#pragma once

#include "compiler/distribute/Distribute.h"

namespace tile {

/// One register of each operand of a reduction or scan, all for the same element.
using Registers = llvm::SmallVector<mlir::Value, 2>;

class CombineFunction {
public:
  CombineFunction(mlir::OpBuilder &builder, mlir::Location loc, mlir::Region &function, mlir::ValueRange captures,
                  bool symmetric, int lanes)
      : b_(builder), loc_(loc), function_(function), captures_(captures), symmetric_(symmetric), lanes_(lanes) {}

  /// The combination, in the types of `first`.
  Registers operator()(const Registers &first, const Registers &second) const;

  /// The same where lanes whose `swapped` is true hold the two the other way round: all lanes get the same bits.
  Registers operator()(const Registers &mine, const Registers &other, mlir::Value swapped) const;

  /// `yes` in lanes whose `condition` is true, else `no`.
  Registers choose(mlir::Value condition, const Registers &yes, const Registers &no) const;

  /// The values of the lanes whose number differs in `mask`.
  Registers shuffled(const Registers &v, uint32_t mask) const;
  /// The values of the lanes `distance` before.
  Registers shifted(const Registers &v, int distance) const;
  /// For each lane the value of the lane that `source`, affine over F2, gives.
  Registers ofLanes(const Registers &v, llvm::function_ref<uint32_t(uint32_t)> source) const;

  /// (the lane's number & mask) `compare` number, for values like `like`.
  mlir::Value lanes(uint32_t mask, mlir::arith::CmpIPredicate compare, uint32_t number, mlir::Value like) const;

  /// The registers of tiles, operand by operand, as those of elements.
  static llvm::SmallVector<Registers> transposed(llvm::ArrayRef<mlir::ValueRange> tiles);

private:
  mlir::OpBuilder &b_;
  mlir::Location loc_;
  mlir::Region &function_;
  mlir::ValueRange captures_;
  bool symmetric_;
  int lanes_;
};

/// The numbers that a function captures.
llvm::SmallVector<mlir::Value> numbersOf(llvm::ArrayRef<mlir::ValueRange> captures);

/// Replaces an op by tiles given element by element.
mlir::LogicalResult replaceWithElements(mlir::Operation *op, llvm::ArrayRef<llvm::ArrayRef<Registers>> tiles,
                                        mlir::ConversionPatternRewriter &rewriter);

} // namespace tile
