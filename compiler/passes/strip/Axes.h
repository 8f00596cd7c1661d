// Which dimensions of a block's tiles run together: dimension 0 of a load, of the sum made of it and of the tile
// stored. Such a set of dimensions is an axis; work can be cut into strips along one.
#pragma once

#include "compiler/passes/Tiles.h"

#include "llvm/ADT/DenseSet.h"

namespace tile::strip {

class Axes {
public:
  explicit Axes(mlir::Block &block);

  /// The dimension of `v` that lies on `axis`, or -1.
  int dimOn(mlir::Value v, int axis) const;
  /// The axes of an op's tiles, each once.
  llvm::SmallVector<int> of(mlir::Operation *op) const;
  int64_t extent(int axis) const { return extents_[size_t(axis)]; }
  /// Whether a strip of what `op` gives can be made of strips of what it takes. A reduction along the axis can, since
  /// what it makes of the strips can be combined.
  bool canCut(mlir::Operation *op, int axis) const;
  static bool reducesAlong(mlir::Operation *op, int axis, const Axes &axes);

private:
  using Dim = std::pair<mlir::Value, int>;
  void visit(mlir::Operation *op);
  void joinAll(mlir::Operation *op, int except = -1);
  void joinReshaped(mlir::Operation *op, mlir::Value from, mlir::Value to);
  void join(mlir::Value a, int da, mlir::Value b, int db);
  void bar(mlir::Operation *op, mlir::Value v, int dim);
  int node(mlir::Value v, int dim);
  int root(int node) const;

  llvm::DenseMap<Dim, int> nodes_; ///< dimensions of extent 1 have none
  mutable llvm::SmallVector<int> parents_;
  llvm::SmallVector<int64_t> extents_;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<int, 2>> barred_; ///< dimensions an op needs whole
};

} // namespace tile::strip
