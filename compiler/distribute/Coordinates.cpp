// Coordinates of registers as IR.
#include "compiler/distribute/Coordinates.h"

using namespace mlir;

namespace tile {

static uint32_t span(const layout::Bases &bases) {
  uint32_t bits = 0;
  for (uint32_t b : bases) bits |= b;
  return bits;
}

FailureOr<Coordinates> Coordinates::of(Operation *op, const layout::Layout &layout, const LaneModel &model,
                                       OpBuilder &builder) {
  uint32_t reg = span(layout.bases(layout::In::Register)), lane = span(layout.bases(layout::In::Lane)),
           warp = span(layout.bases(layout::In::Warp));
  if ((reg & (lane | warp)) || (lane & warp))
    return op->emitOpError() << "has a layout whose registers, lanes and warps share coordinate bits: " << layout.str();
  return Coordinates(layout, model, builder, op->getLoc());
}

Value Coordinates::constantLike(Value v, int64_t c) {
  auto element = cast<IntegerType>(getElementTypeOrSelf(v.getType()));
  TypedAttr attr = IntegerAttr::get(element, c);
  if (auto vector = dyn_cast<VectorType>(v.getType())) attr = SplatElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b_, loc_, attr);
}

/// The bits of `source` moved to where `bases` put them, inside `mask`, shifted down. Runs of neighbouring bits move
/// together: three instructions for a blocked layout.
Value Coordinates::bitsOf(Value source, const layout::Bases &bases, uint32_t mask, int shift) {
  Value sum;
  uint32_t taken = 0; // bits that `sum` may have
  for (int i = 0; i < bases.size();) {
    uint32_t basis = (bases[i] & mask) >> shift;
    if (!basis) {
      ++i;
      continue;
    }
    int run = 1;
    bool single = llvm::isPowerOf2_32(basis);
    while (single && i + run < bases.size() && ((bases[i + run] & mask) >> shift) == basis << run) ++run;
    Value bits = source;
    if (i > 0) bits = arith::ShRUIOp::create(b_, loc_, bits, constantLike(source, i));
    if (i + run < bases.size()) bits = arith::AndIOp::create(b_, loc_, bits, constantLike(source, (1 << run) - 1));
    if (basis != 1) bits = arith::MulIOp::create(b_, loc_, bits, constantLike(source, basis));
    uint32_t reach = single ? basis * ((1u << run) - 1) : basis;
    if (!sum)
      sum = bits;
    else if (taken & reach)
      sum = arith::XOrIOp::create(b_, loc_, sum, bits);
    else
      sum = arith::OrIOp::create(b_, loc_, sum, bits);
    taken |= reach;
    i += run;
  }
  return sum;
}

Value Coordinates::part(layout::In in, uint32_t mask, int shift) {
  const layout::Bases &bases = layout_.bases(in);
  if (!(span(bases) & mask)) return {};
  Value source = in == layout::In::Lane ? Value(lane::IdOp::create(b_, loc_, model_.laneType(b_.getI32Type())))
                                        : Value(lane::WarpIdOp::create(b_, loc_, b_.getI32Type()));
  return bitsOf(source, bases, mask, shift);
}

Value Coordinates::join(Value lane, Value warp) {
  if (!lane || !warp) return lane ? lane : warp;
  return arith::OrIOp::create(b_, loc_, lane, asRegisterType(b_, loc_, warp, lane.getType()));
}

Value Coordinates::lanePart(int dim) {
  return part(layout::In::Lane, layout_.shape().mask(dim), layout_.shape().shift(dim));
}

Value Coordinates::warpPart(int dim) {
  return part(layout::In::Warp, layout_.shape().mask(dim), layout_.shape().shift(dim));
}

Value Coordinates::hardwarePart(int dim) {
  return join(lanePart(dim), warpPart(dim));
}

int64_t Coordinates::registerPart(uint32_t reg, int dim) const {
  return layout_.shape().coord(layout_.part(layout::In::Register, reg), dim);
}

Value Coordinates::flatHardwarePart() {
  return join(part(layout::In::Lane, ~0u, 0), part(layout::In::Warp, ~0u, 0));
}

int64_t Coordinates::flatRegisterPart(uint32_t reg) const {
  return layout_.part(layout::In::Register, reg);
}

/// source & bits == 0.
Value Coordinates::noBits(Value source, uint32_t bits) {
  Value masked = arith::AndIOp::create(b_, loc_, source, constantLike(source, bits));
  return arith::CmpIOp::create(b_, loc_, arith::CmpIPredicate::eq, masked, constantLike(source, 0));
}

Value Coordinates::ownerMask() {
  Value mask;
  // On a CPU a value that is the same in all lanes is one scalar, so only warps can hold copies of it.
  bool scalar = model_.cpu && layout_.uniform(layout::In::Lane);
  if (uint32_t free = layout_.free_bits(layout::In::Lane); free && !scalar)
    mask = noBits(lane::IdOp::create(b_, loc_, model_.laneType(b_.getI32Type())), free);
  if (uint32_t free = layout_.free_bits(layout::In::Warp)) {
    Value warp = noBits(lane::WarpIdOp::create(b_, loc_, b_.getI32Type()), free);
    mask = mask ? Value(arith::AndIOp::create(b_, loc_, mask, asRegisterType(b_, loc_, warp, mask.getType()))) : warp;
  }
  return mask;
}

} // namespace tile
