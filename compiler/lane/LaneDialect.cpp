// Registration of the lane dialect and what makes its ops valid.
#include "compiler/lane/LaneDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "compiler/lane/LaneDialect.cpp.inc"
#include "compiler/lane/LaneEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/lane/LaneAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "compiler/lane/LaneOps.cpp.inc"

namespace tile::lane {

void LaneDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/lane/LaneAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/lane/LaneOps.cpp.inc"
      >();
}

/// Lanes of a value: the elements of a vector, or 0 for a scalar (which a SIMT machine has one of in each lane).
static int64_t lanesOf(Type t) {
  auto v = dyn_cast<VectorType>(t);
  return v ? v.getNumElements() : 0;
}

LogicalResult SplatOp::verify() {
  if (getElementTypeOrSelf(getResult().getType()) != getValue().getType())
    return emitOpError() << "a value of " << getValue().getType() << " as lanes of " << getResult().getType();
  return success();
}

LogicalResult FirstOp::verify() {
  if (getElementTypeOrSelf(getValue().getType()) != getResult().getType())
    return emitOpError() << "lanes of " << getValue().getType() << " as a value of " << getResult().getType();
  return success();
}

LogicalResult ShuffleXorOp::verify() {
  int64_t lanes = lanesOf(getValue().getType());
  int64_t limit = lanes ? lanes : 32;
  if (int64_t(getMask()) >= limit)
    return emitOpError() << "mask " << getMask() << " in a warp of " << limit << " lanes";
  return success();
}

LogicalResult ShiftOp::verify() {
  int64_t lanes = lanesOf(getValue().getType());
  int64_t limit = lanes ? lanes : 32, distance = int32_t(getDistance());
  if (distance == 0 || std::abs(distance) >= limit)
    return emitOpError() << "distance " << distance << " in a warp of " << limit << " lanes";
  return success();
}

/// sources[a ^ b] == sources[a] ^ sources[b] ^ sources[0], for a power of two of lanes.
static bool isAffine(ArrayRef<int32_t> sources) {
  if (!llvm::isPowerOf2_64(sources.size())) return false;
  for (size_t lane = 1; lane < sources.size(); ++lane) {
    size_t rest = lane & (lane - 1); // without its lowest bit
    if (sources[lane] != (sources[rest] ^ sources[lane ^ rest] ^ sources[0])) return false;
  }
  return true;
}

LogicalResult PermuteOp::verify() {
  int64_t lanes = lanesOf(getValue().getType());
  int64_t count = int64_t(getSources().size());
  if (lanes && count != lanes) return emitOpError() << "has " << count << " sources for " << lanes << " lanes";
  for (int32_t s : getSources())
    if (s < 0 || s >= count) return emitOpError() << "source lane " << s << " in a warp of " << count << " lanes";
  if (!isAffine(getSources())) return emitOpError() << "the source lanes are no affine map of the lane's bits";
  return success();
}

LogicalResult ReduceOp::verify() {
  if (getElementTypeOrSelf(getValue().getType()) != getResult().getType())
    return emitOpError() << "lanes of " << getValue().getType() << " combined to a value of " << getResult().getType();
  return success();
}

/// An offset of every lane, and a mask, go with values of as many lanes.
static LogicalResult verifyLanes(Operation *op, Type value, Value lane, Value mask) {
  if (lane && lanesOf(lane.getType()) != lanesOf(value))
    return op->emitOpError() << "a lane offset of " << lane.getType() << " for values of " << value;
  if (mask && lanesOf(mask.getType()) != lanesOf(value))
    return op->emitOpError() << "a mask of " << mask.getType() << " for values of " << value;
  return success();
}

/// One rule for loads and stores: how many values, of which shape, with which lane offset.
static LogicalResult verifyAccess(Operation *op, AccessKind kind, TypeRange values, ir::PtrType pointer, Value lane,
                                  Value mask, int64_t align) {
  if (values.empty()) return op->emitOpError() << "accesses no value";
  if (!llvm::all_equal(values)) return op->emitOpError() << "the values of one access have one type";
  if (!llvm::isPowerOf2_64(values.size()))
    return op->emitOpError() << "accesses a power of two of values, not " << values.size();
  if (getElementTypeOrSelf(values[0]) != pointer.getElementType())
    return op->emitOpError() << "values of " << values[0] << " at a pointer to " << pointer.getElementType();
  if (kind != AccessKind::PerLane && values.size() != 1)
    return op->emitOpError() << "a contiguous or uniform access has one value, not " << values.size();
  if (bool(lane) != (kind == AccessKind::PerLane))
    return op->emitOpError() << "a lane offset is given for per_lane, and only there";
  if (kind == AccessKind::Contiguous && !isa<VectorType>(values[0]))
    return op->emitOpError() << "a contiguous access is of a vector, not of " << values[0];
  if (kind == AccessKind::Uniform && isa<VectorType>(values[0]))
    return op->emitOpError() << "a uniform access is of a scalar, not of " << values[0];
  if (failed(verifyLanes(op, values[0], lane, mask))) return failure();
  if (!llvm::isPowerOf2_64(uint64_t(align))) return op->emitOpError() << "align is a power of two, not " << align;
  return success();
}

LogicalResult LoadOp::verify() {
  return verifyAccess(*this, getKind(), getResultTypes(), getPointer().getType(), getLane(), getMask(), getAlign());
}

LogicalResult StoreOp::verify() {
  return verifyAccess(*this, getKind(), getValues().getTypes(), getPointer().getType(), getLane(), getMask(),
                      getAlign());
}

LogicalResult AtomicAddOp::verify() {
  Type type = getValue().getType(), element = getElementTypeOrSelf(type);
  if (!element.isF32() && !element.isInteger(32) && !element.isInteger(64))
    return emitOpError() << "adds f32, i32 or i64, not " << element;
  return verifyAccess(*this, getKind(), TypeRange(type), getPointer().getType(), getLane(), getMask(), /*align=*/1);
}

static LogicalResult verifyScratch(Operation *op, TypeRange values, Value lane, Value mask, int64_t offset) {
  if (values.empty()) return op->emitOpError() << "accesses no value";
  if (!llvm::all_equal(values)) return op->emitOpError() << "the values of one access have one type";
  if (!llvm::isPowerOf2_64(values.size()))
    return op->emitOpError() << "accesses a power of two of values, not " << values.size();
  if (failed(verifyLanes(op, values[0], lane, mask))) return failure();
  if (offset < 0) return op->emitOpError() << "offset is not negative, but " << offset << " is";
  return success();
}

LogicalResult ScratchLoadOp::verify() {
  return verifyScratch(*this, getResultTypes(), getLane(), Value(), int64_t(getOffset()));
}

LogicalResult ScratchStoreOp::verify() {
  return verifyScratch(*this, getValues().getTypes(), getLane(), getMask(), int64_t(getOffset()));
}

} // namespace tile::lane
