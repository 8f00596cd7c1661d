// Where in its tile the element of a register lies, as IR. A coordinate is the xor of what the register, the lane and
// the warp contribute; layouts whose parts share no bit (all that passes make) turn the xor into a sum, so that the
// register's part becomes a constant.
#pragma once

#include "compiler/distribute/Distribute.h"

namespace tile {

class Coordinates {
public:
  /// Fails with a diagnostic on `op` where register and lane bits of a coordinate overlap.
  static mlir::FailureOr<Coordinates> of(mlir::Operation *op, const layout::Layout &layout, const LaneModel &model,
                                         mlir::OpBuilder &builder);

  /// What the lane contributes to a coordinate, an i32 lane value; null if nothing.
  mlir::Value lanePart(int dim);
  /// What the warp contributes, a uniform i32; null if nothing.
  mlir::Value warpPart(int dim);
  /// Lane and warp together, a lane value (on SIMT they are not told apart); null if nothing.
  mlir::Value hardwarePart(int dim);
  int64_t registerPart(uint32_t reg, int dim) const;

  /// The same for row-major flat positions.
  mlir::Value flatHardwarePart();
  int64_t flatRegisterPart(uint32_t reg) const;

  /// True in one of all lanes and warps that hold the same elements; null where all hold different ones.
  mlir::Value ownerMask();

private:
  Coordinates(const layout::Layout &layout, const LaneModel &model, mlir::OpBuilder &builder, mlir::Location loc)
      : layout_(layout), model_(model), b_(builder), loc_(loc) {}
  mlir::Value part(layout::In in, uint32_t mask, int shift);
  mlir::Value bitsOf(mlir::Value source, const layout::Bases &bases, uint32_t mask, int shift);
  mlir::Value join(mlir::Value lane, mlir::Value warp);
  mlir::Value noBits(mlir::Value source, uint32_t bits);
  mlir::Value constantLike(mlir::Value v, int64_t c);

  const layout::Layout layout_;
  const LaneModel model_;
  mlir::OpBuilder &b_;
  mlir::Location loc_;
};

} // namespace tile
