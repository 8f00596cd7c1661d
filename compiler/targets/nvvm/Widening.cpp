// A bf16 that was unpacked from a 32-bit word and widened to f32 is one operation on the word: a mask for the upper
// half, a shift for the lower. LLVM would find that too, had it not turned the unpacking into a vector of 16-bit
// elements first, from which an upper half takes two.
#include "compiler/targets/nvvm/Lowering.h"

using namespace mlir;

namespace tile::targets::nvvm {
namespace {

template <class Op> Op definedBy(Value v) { return v.getDefiningOp<Op>(); }

bool isConstant(Value v, int64_t number) {
  auto constant = definedBy<LLVM::ConstantOp>(v);
  auto value = constant ? dyn_cast<IntegerAttr>(constant.getValue()) : IntegerAttr();
  return value && value.getInt() == number;
}

/// A 32-bit word, and which half of it.
struct Half {
  Value word;
  bool upper = false;
};

/// The half of a word that `bits`, an i16, was truncated from; no word where it was not.
Half halfOf(Value bits) {
  while (auto cast = definedBy<LLVM::BitcastOp>(bits)) bits = cast.getArg();
  auto trunc = definedBy<LLVM::TruncOp>(bits);
  if (!trunc || !trunc.getType().isInteger(16) || !trunc.getArg().getType().isInteger(32)) return {};
  auto shift = definedBy<LLVM::LShrOp>(trunc.getArg());
  if (shift && isConstant(shift.getRhs(), 16)) return {shift.getLhs(), true};
  return {trunc.getArg(), false};
}

/// (zext half) << 16
void fold(LLVM::ShlOp shl) {
  auto wide = definedBy<LLVM::ZExtOp>(shl.getLhs());
  if (!wide || !shl.getType().isInteger(32) || !isConstant(shl.getRhs(), 16)) return;
  Half half = halfOf(wide.getArg());
  if (!half.word) return;
  OpBuilder b(shl);
  Location loc = shl.getLoc();
  Type i32 = b.getI32Type();
  Value folded = half.upper
                     ? Value(LLVM::AndOp::create(b, loc, half.word, constant(b, loc, i32, int64_t(int32_t(0xffff0000u)))))
                     : Value(LLVM::ShlOp::create(b, loc, half.word, constant(b, loc, i32, 16)));
  shl.replaceAllUsesWith(folded);
  shl.erase();
}

} // namespace

void foldWidening(ModuleOp module) { module.walk([](LLVM::ShlOp op) { fold(op); }); }

} // namespace tile::targets::nvvm
