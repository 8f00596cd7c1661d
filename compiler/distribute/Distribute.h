// Inside of tile-distribute: what its families of patterns share. Nothing here knows a machine by name; the lane model
// (how many lanes, whether a lane value is a scalar or a vector, and who likes which access) is data.
#pragma once

#include "compiler/lane/LaneDialect.h"
#include "compiler/layout/Layout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/DialectConversion.h"

namespace tile {

/// How a machine holds the values of one warp.
struct LaneModel {
  int64_t lanes = 32;
  bool vectors = false; ///< a lane value is a vector of `lanes` elements
  bool cpu = false;     ///< accesses are those of a CPU: of all lanes at once, or of one element for all
  int64_t vectorBytes = 16;
  bool checks = false; ///< what the author assumes is checked

  /// The type of one register of a tile: a scalar where lanes are threads or all hold the same, else a vector.
  mlir::Type registerType(mlir::Type element, const layout::Layout &layout) const {
    if (!vectors || layout.uniform(layout::In::Lane)) return element;
    return mlir::VectorType::get({lanes}, element);
  }
  mlir::Type laneType(mlir::Type element) const {
    return vectors ? mlir::Type(mlir::VectorType::get({lanes}, element)) : element;
  }
  /// What one access to scratch moves: on a GPU each lane's own value, though all may be the same.
  mlir::Type scratchType(mlir::Type element, const layout::Layout &layout) const {
    return cpu ? registerType(element, layout) : laneType(element);
  }
};

/// tile -> one value for each register; view -> pointer, run-time extents, run-time strides; scratch -> nothing.
class TileConverter : public mlir::TypeConverter {
public:
  explicit TileConverter(LaneModel model);
  const LaneModel &model() const { return model_; }

private:
  LaneModel model_;
};

/// Base of all patterns: typed access to the converter.
template <class Op> struct TilePattern : mlir::OpConversionPattern<Op> {
  TilePattern(const TileConverter &converter, mlir::MLIRContext *context)
      : mlir::OpConversionPattern<Op>(converter, context) {}
  const LaneModel &model() const { return static_cast<const TileConverter *>(this->getTypeConverter())->model(); }
};

/// Replaces an op of one result by the registers of that result.
inline mlir::LogicalResult replaceWithRegisters(mlir::Operation *op, llvm::SmallVector<mlir::Value> registers,
                                                mlir::ConversionPatternRewriter &rewriter) {
  rewriter.replaceOpWithMultiple(op, llvm::SmallVector<llvm::SmallVector<mlir::Value>>{std::move(registers)});
  return mlir::success();
}

/// A value of one register in another's type: splat of a uniform value, the first lane of one that is the same in all.
mlir::Value asRegisterType(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value v, mlir::Type type);

/// Where both masks hold, each uniform, a lane value or null for everywhere.
mlir::Value bothMasks(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value a, mlir::Value b);
/// A mask for values of type `value`; null stays null.
mlir::Value fitMask(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value mask, mlir::Type value);

/// a combined with b, lane by lane.
mlir::Value combine(mlir::OpBuilder &builder, mlir::Location loc, ir::Combine kind, mlir::Value a, mlir::Value b);
/// `v` of all lanes combined, a uniform value; null where the plan does not go over all lanes, or over integers.
mlir::Value reduceAllLanes(mlir::OpBuilder &builder, mlir::Location loc, lane::ReduceKind kind,
                           const layout::ReductionPlan &plan, const LaneModel &model, mlir::Value v);

void populateElementwise(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populateShape(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populateReduce(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populateCombine(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populateScan(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populateRearrange(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populateMemory(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populatePoints(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populateControl(mlir::RewritePatternSet &patterns, const TileConverter &converter);
void populateScratch(mlir::RewritePatternSet &patterns, const TileConverter &converter);

} // namespace tile
