// Which loop each op of a block goes to. Time alternates between ops that stay as they are (even) and loops over strips
// (odd): what needs the whole of something that a loop makes comes at a later time.
#pragma once

#include "compiler/passes/strip/Conflicts.h"
#include "compiler/passes/strip/Rooms.h"

namespace tile::strip {

struct Place {
  int axis = -1; ///< of the strips; -1: the op stays as it is
  int time = 0;
  int order = 0; ///< in the block
};

class Schedule {
public:
  Schedule(mlir::Block &block, const Axes &axes, const Limits &limits);

  /// Whether there is anything to cut.
  bool cuts() const { return cuts_; }
  const Place *of(mlir::Operation *op) const;
  const Place &at(mlir::Operation *op) const { return places_.at(op); }
  llvm::ArrayRef<mlir::Operation *> ops() const { return ops_; }
  int end() const { return end_; } ///< an even time after all others
  /// Elements of the axis in a strip of these ops; 0 where the axis cannot be cut.
  int64_t stripOf(int axis, llvm::ArrayRef<mlir::Operation *> ops) const;
  /// Whether the load may happen again at a later place: nothing is stored in between to where it may read.
  bool canReload(mlir::Operation *load, const Place &later) const;
  /// Whether `user` takes `v` strip by strip as its loop makes it.
  bool flows(mlir::Value v, const Place &from, const Place &to) const;

private:
  void chooseAxes();
  int bestAxis(llvm::ArrayRef<mlir::Operation *> left) const;
  void setTimes();
  int earliest(mlir::Operation *op, const Place &place) const;

  mlir::Block &block_;
  const Axes &axes_;
  const Limits &limits_;
  llvm::SmallVector<mlir::Operation *> ops_;
  llvm::DenseMap<mlir::Operation *, Place> places_;
  llvm::SmallVector<std::pair<mlir::Operation *, Effects>> effects_;
  bool cuts_ = false;
  int end_ = 0;
};

/// The values an op or the ops in it take from around it.
llvm::SmallVector<mlir::Value> takenBy(mlir::Operation *op);

} // namespace tile::strip
