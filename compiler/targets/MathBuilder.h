// Writes f32 arithmetic of lane values (scalars or vectors) op by op, with C++ numbers as constants.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"

#include <bit>
#include <limits>

namespace tile::targets {

class MathBuilder {
public:
  using Value = mlir::Value;
  MathBuilder(mlir::Location loc, mlir::OpBuilder &b, mlir::Type floats)
      : b(loc, b), floats_(floats), ints_(like(floats, b.getI32Type())) {}

  Value f(float x) { return number(floats_, b.getF32FloatAttr(x)); }
  Value i(int32_t x) { return number(ints_, b.getI32IntegerAttr(x)); }

  Value add(Value x, Value y) { return mlir::arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return mlir::arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return mlir::arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return mlir::arith::DivFOp::create(b, x, y); }
  /// Off by a few units in the last place where the machine has that; `y`, and x / y, are 0, normal numbers or
  /// infinite.
  Value approximateDiv(Value x, Value y) {
    return mlir::arith::DivFOp::create(b, x, y, mlir::arith::FastMathFlags::afn);
  }
  Value fma(Value x, Value y, Value z) { return mlir::math::FmaOp::create(b, x, y, z); }
  /// x y + z by way of double, which holds every product: what f32 lost of one comes out exactly.
  Value fmaInDouble(Value x, Value y, Value z) {
    auto wide = [&](Value v) { return mlir::arith::ExtFOp::create(b, like(floats_, b.getF64Type()), v); };
    Value product = mlir::arith::MulFOp::create(b, wide(x), wide(y));
    return mlir::arith::TruncFOp::create(b, floats_, mlir::arith::AddFOp::create(b, product, wide(z)));
  }
  Value neg(Value x) { return mlir::arith::NegFOp::create(b, x); }
  Value abs(Value x) { return mlir::math::AbsFOp::create(b, x); }
  Value copySign(Value x, Value sign) { return mlir::math::CopySignOp::create(b, x, sign); }
  Value select(Value c, Value x, Value y) { return mlir::arith::SelectOp::create(b, c, x, y); }
  Value compare(mlir::arith::CmpFPredicate p, Value x, Value y) { return mlir::arith::CmpFOp::create(b, p, x, y); }
  /// The smaller / larger of a value and a number; NaN stays NaN.
  Value atMost(Value x, float limit) {
    return select(compare(mlir::arith::CmpFPredicate::OGT, x, f(limit)), f(limit), x);
  }
  Value atLeast(Value x, float limit) {
    return select(compare(mlir::arith::CmpFPredicate::OLT, x, f(limit)), f(limit), x);
  }

  Value bits(Value x) { return mlir::arith::BitcastOp::create(b, ints_, x); }
  Value asFloat(Value x) { return mlir::arith::BitcastOp::create(b, floats_, x); }
  Value toFloat(Value x) { return mlir::arith::SIToFPOp::create(b, floats_, x); }
  Value addI(Value x, Value y) { return mlir::arith::AddIOp::create(b, x, y); }
  Value subI(Value x, Value y) { return mlir::arith::SubIOp::create(b, x, y); }
  Value andI(Value x, int32_t mask) { return mlir::arith::AndIOp::create(b, x, i(mask)); }
  Value shl(Value x, int32_t n) { return mlir::arith::ShLIOp::create(b, x, i(n)); }
  Value sar(Value x, int32_t n) { return mlir::arith::ShRSIOp::create(b, x, i(n)); }

  /// c[0] + c[1] x + c[2] x^2 + ... by Horner's rule.
  Value polynomial(Value x, llvm::ArrayRef<float> c) {
    Value sum = f(c.back());
    for (float term : llvm::reverse(c.drop_back())) sum = fma(sum, x, f(term));
    return sum;
  }

  static mlir::Type like(mlir::Type type, mlir::Type element) {
    auto vector = mlir::dyn_cast<mlir::VectorType>(type);
    return vector ? mlir::Type(vector.clone(element)) : element;
  }

  mlir::ImplicitLocOpBuilder b;

private:
  Value number(mlir::Type type, mlir::TypedAttr x) {
    if (auto vector = mlir::dyn_cast<mlir::VectorType>(type))
      x = mlir::SplatElementsAttr::get(vector, mlir::Attribute(x));
    return mlir::arith::ConstantOp::create(b, x);
  }
  mlir::Type floats_, ints_;
};

/// A positive number as 2^exponent (1 + f), f in [-1/3, 1/3]; subnormals are scaled first.
struct Reduced {
  mlir::Value exponent, f;
};
Reduced reduceMantissa(MathBuilder &m, mlir::Value x);

/// tanh for 0 <= x < 0.6: x + x^3 P(x^2), to 2^-28.
mlir::Value smallTanh(MathBuilder &m, mlir::Value x);

/// Rewrites one unary op of f32 by a function of MathBuilder.
template <class Op> struct ExpandMath : mlir::OpRewritePattern<Op> {
  using Function = mlir::Value (*)(MathBuilder &, mlir::Value);
  ExpandMath(mlir::MLIRContext *context, Function function) : mlir::OpRewritePattern<Op>(context), function(function) {}
  mlir::LogicalResult matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    if (!mlir::getElementTypeOrSelf(op.getType()).isF32()) return mlir::failure();
    MathBuilder m(op.getLoc(), rewriter, op.getType());
    rewriter.replaceOp(op, function(m, op.getOperand()));
    return mlir::success();
  }
  Function function;
};

} // namespace tile::targets
