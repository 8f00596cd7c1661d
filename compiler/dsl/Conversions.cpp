// `.to`: one dtype as another. f16 and bf16 meet the others through f32.
#include "compiler/dsl/Anew.h"
#include "compiler/dsl/Impl.h"

#include "compiler/dialect/Anew.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace tile {
using namespace detail;

namespace {

/// Builds the op that converts to an element type and keeps the shape.
template <class Op> mlir::Value cast(BuilderImpl &b, mlir::Value v, DType to, Loc loc) {
  Type type = typeOf(to);
  if (auto tile = dyn_cast<RankedTensorType>(v.getType())) type = tile.clone(type);
  return Op::create(b.builder, b.at(loc), type, v);
}

void checkConvertible(DType from, DType to, Loc loc) {
  if (to == DType::i1 && from != DType::i1)
    fail(loc, "conversion of ", name_of(from), " to i1; compare instead, as in `x != 0`");
}

} // namespace

namespace detail {

mlir::Value convert(BuilderImpl &b, mlir::Value v, DType from, DType to, Loc loc) {
  if (from == to) return v;
  if (is_float(from) && from != f32) return convert(b, cast<arith::ExtFOp>(b, v, f32, loc), f32, to, loc);
  if (is_float(to) && to != f32) return cast<arith::TruncFOp>(b, convert(b, v, from, f32, loc), to, loc);
  if (from == f32) return cast<arith::FPToSIOp>(b, v, to, loc);
  if (from == DType::i1) return to == f32 ? cast<arith::UIToFPOp>(b, v, to, loc) : cast<arith::ExtUIOp>(b, v, to, loc);
  if (to == f32) return cast<arith::SIToFPOp>(b, v, to, loc);
  return from == i32 ? cast<arith::ExtSIOp>(b, v, to, loc) : cast<arith::TruncIOp>(b, v, to, loc);
}

} // namespace detail

/// A constant converted as one in the IR would be: wrapped, or rounded to a float that is exact.
static Scalar constantAs(int64_t c, DType to) {
  if (to == i32) return Scalar(int64_t(int32_t(uint32_t(uint64_t(c)))), to);
  if (!is_float(to)) return Scalar(c, to);
  llvm::APFloat rounded((float(c))); // f16 and bf16 by way of f32, as at run time
  bool lost;
  rounded.convert(mlir::cast<FloatType>(typeOf(to)).getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
  rounded.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
  const double number = rounded.convertToDouble();
  return Scalar(std::abs(number) < 0x1p63 ? int64_t(number) : c, to); // what is too large is refused where it is used
}

Tile Tile::to(DType to, Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the Tile", loc);
  mlir::Value v = b.use(v_, "the Tile", loc);
  checkConvertible(dtype_, to, loc);
  return b.tile(convert(b, v, dtype_, to, loc), to, origin_);
}

static_assert(kMostAnew == ir::kMostAnew);

Tile widened_anew(const Tile &x, int time, Loc loc) {
  if (time < 1 || time > kMostAnew)
    fail(loc, "widened_anew() for the ", time, "th time; it can be done anew from 1 to ", kMostAnew, " times");
  Tile wide = x.to(f32, loc);
  if (x.dtype() != f16 && x.dtype() != bf16) return wide;
  BuilderImpl &b = builderOf(wide.value(), "the Tile", loc);
  Operation *op = b.use(wide.value(), "the Tile", loc).getDefiningOp();
  op->setAttr(ir::kAnewAttr, b.builder.getI32IntegerAttr(time));
  return wide;
}

Scalar Scalar::to(DType to, Loc loc) const {
  checkConvertible(dtype_, to, loc);
  if (!v_) return constantAs(constant_, to);
  BuilderImpl &b = builderOf(v_, "the Scalar", loc);
  return Scalar(b.wrap(convert(b, b.use(v_, "the Scalar", loc), dtype_, to, loc)), to);
}

Scalar Index::to(DType to, Loc loc) const {
  checkConvertible(i64, to, loc);
  if (!v_) return constantAs(constant_, to);
  BuilderImpl &b = builderOf(v_, "the Index", loc);
  mlir::Value v = b.use(v_, "the Index", loc);
  DType first = to == i32 ? i32 : i64;
  v = cast<arith::IndexCastOp>(b, v, first, loc);
  return Scalar(b.wrap(convert(b, v, first, to, loc)), to);
}

Index Scalar::to_index(Loc loc) const {
  if (dtype_ != i32 && dtype_ != i64)
    fail(loc, "an Index from a Scalar of ", name_of(dtype_), "; it is made of i32 or i64");
  if (!v_) return Index(constant_);
  BuilderImpl &b = builderOf(v_, "the Scalar", loc);
  mlir::Value v = b.use(v_, "the Scalar", loc);
  return b.index(arith::IndexCastOp::create(b.builder, b.at(loc), b.builder.getIndexType(), v));
}

Scalar Tile::to_scalar(Loc loc) const {
  BuilderImpl &b = builderOf(v_, "the Tile", loc);
  mlir::Value v = b.use(v_, "the Tile", loc);
  if (rank() != 0 || dtype_ == DType::i1)
    fail(loc, "a Scalar from ", words(*this), "; it is made of a tile of rank 0, of any dtype but i1");
  return Scalar(b.wrap(ir::ToScalarOp::create(b.builder, b.at(loc), typeOf(dtype_), v)), dtype_);
}

} // namespace tile
