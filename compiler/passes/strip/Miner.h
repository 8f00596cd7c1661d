// Rewrites a block as its schedule says: loops over strips, and between them the ops that stay as they are.
#pragma once

#include "compiler/passes/strip/Schedule.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tile::strip {

class Miner {
public:
  Miner(mlir::Block &block, const Limits &limits)
      : block_(block), limits_(limits), axes_(block), schedule_(block, axes_, limits), b_(block.getParentOp()) {}

  /// False where nothing is to be cut.
  bool run();

private:
  using Map = llvm::DenseMap<mlir::Value, mlir::Value>;
  /// Where a value comes from that is needed in another place than the one that makes it.
  enum class Source : uint8_t {
    Direct, ///< it is there, whole
    Flows,  ///< the same loop has made this strip of it
    Again,  ///< it is cheap to make again
    Room,   ///< it is kept in scratch
  };
  /// A loop under construction: its strips so far and its number.
  struct Body {
    Place place;
    Map strips;
    Map starts; ///< indices moved to the strip
    mlir::Value start;
    int64_t strip = 0;
  };

  Source sourceOf(mlir::Value v, const Place &user);
  bool isCheap(mlir::Value v, const Place &user, int &budget);
  void plan(mlir::Value v, const Place &user);
  void planRooms();

  void emitWhole(mlir::Operation *op);
  void emitLoop(int time, int axis, llvm::ArrayRef<mlir::Operation *> ops);
  void emitBody(mlir::OpBuilder &b, Body &body, llvm::ArrayRef<mlir::Operation *> ops, mlir::ValueRange sums,
                llvm::SmallVectorImpl<mlir::Value> &next);
  mlir::Value get(mlir::OpBuilder &b, mlir::Value v, const Place &user, Body &body);
  mlir::Operation *copy(mlir::OpBuilder &b, mlir::Operation *op, const Place &user, Body &body);
  void moveStart(mlir::OpBuilder &b, mlir::Operation *op, int dim, Body &body);
  mlir::Type stripType(mlir::Type type, int dim, const Body &body);
  void keep(mlir::OpBuilder &b, mlir::Value original, mlir::Value made, const Body &body);

  mlir::Block &block_;
  const Limits &limits_;
  Axes axes_;
  Schedule schedule_;
  mlir::OpBuilder b_;
  llvm::SetVector<mlir::Value> kept_; ///< values that need a room
  Map rooms_;
  Map wholes_; ///< what loops have reduced
};

} // namespace tile::strip
