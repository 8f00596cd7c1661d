// A bf16 is the upper half of an f32. One that was unpacked from a 32-bit word is widened by one operation on the word:
// a mask for the upper half, a shift for the lower. LLVM would find that too, had it not turned the unpacking into a
// vector of 16-bit elements first, from which an upper half takes two.
//
// A conversion that is marked to be done anew is a permutation of the word's bytes, which neither LLVM nor ptxas takes
// for a shift or a mask done before; both halves stay together in one register.
#include "compiler/targets/nvvm/Lowering.h"

#include "compiler/dialect/Anew.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace tile::targets::nvvm {
namespace {

template <class Op> Op definedBy(Value v) {
  return v.getDefiningOp<Op>();
}

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

/// Text with operand 0, an f32, and operand 1.
Value floatByAsm(OpBuilder &b, Location loc, const Twine &text, StringRef constraints, Value v) {
  return LLVM::InlineAsmOp::create(b, loc, TypeRange(b.getF32Type()), ValueRange(v), b.getStringAttr(text),
                                   b.getStringAttr(constraints), UnitAttr(), UnitAttr(),
                                   LLVM::TailCallKindAttr::get(b.getContext(), LLVM::TailCallKind::None),
                                   LLVM::AsmDialectAttr(), ArrayAttr())
      .getRes();
}

/// A bf16 or f16 as f32, of which neither LLVM nor ptxas finds that another conversion has made it already: to them a
/// permutation of bytes is another thing than a shift, and than one that takes its zeros from other bytes of the 0.
Value widenAnew(OpBuilder &b, Location loc, Value x, int64_t time) {
  auto [word, upper] = halfOf(x);
  if (!word) {
    Value bits = LLVM::BitcastOp::create(b, loc, b.getIntegerType(16), x);
    word = LLVM::ZExtOp::create(b, loc, b.getI32Type(), bits);
  }
  static_assert(ir::kMostAnew == 4, "as many as the 0 has bytes");
  // Two bytes of the 0, which are the lower half, and two of the word.
  const int64_t zero = 3 + time, selector = (upper ? 0x3200 : 0x1000) + 0x11 * zero;
  if (x.getType().isBF16()) {
    Type i32 = b.getI32Type();
    const Value from[] = {word, constant(b, loc, i32, 0), constant(b, loc, i32, selector)};
    Value bits = LLVM::CallIntrinsicOp::create(b, loc, i32, b.getStringAttr("llvm.nvvm.prmt"), from).getResult(0);
    return LLVM::BitcastOp::create(b, loc, b.getF32Type(), bits);
  }
  // LLVM sees which half is asked for, and would take it from the word.
  return floatByAsm(b, loc,
                    llvm::formatv("{{\n\t.reg .b32 w;\n\t.reg .b16 none, half;\n\tprmt.b32 w, $1, 0, {0};\n\tmov.b32 "
                                  "{{none, half}, w;\n\tcvt.f32.f16 $0, half;\n\t}",
                                  selector)
                        .str(),
                    "=f,r", word);
}

struct LowerWidening : ConvertOpToLLVMPattern<arith::ExtFOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!op.getType().isF32()) return failure();
    Location loc = op.getLoc();
    if (auto time = op->getAttrOfType<IntegerAttr>(ir::kAnewAttr)) {
      rewriter.replaceOp(op, widenAnew(rewriter, loc, adaptor.getIn(), time.getInt()));
      return success();
    }
    if (!op.getIn().getType().isBF16()) return failure();
    Type i32 = rewriter.getI32Type();
    auto [word, upper] = halfOf(adaptor.getIn());
    if (upper) {
      word = LLVM::AndOp::create(rewriter, loc, word, constant(rewriter, loc, i32, int32_t(0xffff0000u)));
    } else {
      if (!word) {
        word = LLVM::BitcastOp::create(rewriter, loc, rewriter.getIntegerType(16), adaptor.getIn());
        word = LLVM::ZExtOp::create(rewriter, loc, i32, word);
      }
      word = LLVM::ShlOp::create(rewriter, loc, word, constant(rewriter, loc, i32, 16));
    }
    rewriter.replaceOpWithNewOp<LLVM::BitcastOp>(op, op.getType(), word);
    return success();
  }
};

} // namespace

void addWideningPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns) {
  patterns.add<LowerWidening>(types, /*benefit=*/2); // before upstream's fpext
}

} // namespace tile::targets::nvvm
