// Element-wise arithmetic: operands find their common builder, dtype and shape, then one op of arith or math is built.
#include "compiler/dsl/Impl.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include "mlir/IR/Matchers.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;

namespace tile {
namespace detail {
namespace {

using Operands = ArrayRef<const Operand *>;

/// A number known in C++; it takes part without a value in the IR. One that was an Index keeps its dtype.
bool isNumber(const Operand &o) {
  return o.kind == Operand::Kind::Integer || o.kind == Operand::Kind::Float ||
         (o.kind == Operand::Kind::Scalar && !o.tile.value());
}

bool hasDType(const Operand &o) {
  return o.kind == Operand::Kind::Tile || o.kind == Operand::Kind::Scalar;
}

/// An unsigned number of C++ beyond 2^63, which its double remembers.
bool wraps(const Operand &o) {
  return o.integer < 0 && o.number > 0;
}

std::string digits(const Operand &o) {
  return wraps(o) ? std::to_string(uint64_t(o.integer)) : std::to_string(o.integer);
}

std::string describe(const Operand &o) {
  if (o.kind == Operand::Kind::Integer) return "the number " + digits(o);
  if (o.kind == Operand::Kind::Float) {
    std::string text;
    llvm::raw_string_ostream(text) << "the number " << llvm::format("%g", o.number);
    return text;
  }
  if (o.kind == Operand::Kind::Scalar) return "a Scalar of " + std::string(name_of(o.tile.dtype()));
  return words(o.tile);
}

llvm::StringRef handle(const Operand &o) {
  return o.kind == Operand::Kind::Tile ? "the Tile" : "the Scalar";
}

BuilderImpl &builderOf(Operands operands, llvm::StringRef name, Loc loc) {
  for (const Operand *o : operands)
    if (!isNumber(*o)) return detail::builderOf(o->tile.value(), handle(*o), loc);
  fail(loc, "'", name, "' of C++ numbers alone; one operand is a Tile or a Scalar of a kernel");
}

DType dtypeOf(Operands operands, llvm::StringRef name, Loc loc) {
  const Operand *first = nullptr;
  for (const Operand *o : operands) {
    if (!hasDType(*o)) continue;
    if (first && first->tile.dtype() != o->tile.dtype())
      fail(loc, "'", name, "' of ", describe(*first), " and ", describe(*o),
           "; the dtypes must be equal, convert one with .to()");
    if (!first) first = o;
  }
  if (!first) fail(loc, "'", name, "' of two C++ numbers has no dtype; make one a tile with full()");
  return first->tile.dtype();
}

std::vector<int64_t> shapeOf(Operands operands, llvm::StringRef name, Loc loc) {
  std::vector<int64_t> shape;
  for (const Operand *o : operands) {
    const std::vector<int64_t> &mine = o->tile.shape();
    if (o->kind != Operand::Kind::Tile || mine.empty()) continue;
    bool fits = shape.empty() || shape.size() == mine.size();
    if (shape.empty()) shape = mine;
    for (size_t d = 0; fits && d < mine.size(); ++d) {
      fits = shape[d] == mine[d] || shape[d] == 1 || mine[d] == 1;
      shape[d] = std::max(shape[d], mine[d]);
    }
    if (fits) continue;
    std::string all;
    for (const Operand *each : operands)
      if (each->kind == Operand::Kind::Tile) all += (all.empty() ? "" : " and ") + describe(*each);
    fail(loc, "'", name, "' of ", all,
         "; the ranks must be equal, and extents equal or 1 (expand() inserts a dimension of extent 1)");
  }
  return shape;
}

mlir::Value use(BuilderImpl &b, const Operand &o, DType dtype, ArrayRef<int64_t> shape, Loc loc) {
  if (isNumber(o)) return constantTile(b, o, dtype, shape, loc);
  mlir::Value v = b.use(o.tile.value(), handle(o), loc);
  if (o.kind == Operand::Kind::Tile) return broadcastTo(b, v, shape, loc);
  return ir::SplatOp::create(b.builder, b.at(loc), typeOf(dtype, shape), v);
}

// ---- Constants ------------------------------------------------------------------------------------------------------

FloatAttr floatAttr(const Operand &o, DType dtype, Loc loc) {
  auto type = cast<FloatType>(typeOf(dtype));
  if (o.kind == Operand::Kind::Float) {
    llvm::APFloat value(o.number);
    bool lost;
    value.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
    if (value.isInfinity() && std::isfinite(o.number))
      fail(loc, describe(o), " is beyond the range of ", name_of(dtype), ", which holds numbers up to ",
           llvm::format("%g", llvm::APFloat::getLargest(type.getFloatSemantics()).convertToDouble()));
    return FloatAttr::get(type, value);
  }
  llvm::APFloat value(type.getFloatSemantics());
  llvm::APInt exact(64, uint64_t(o.integer));
  if (value.convertFromAPInt(exact, !wraps(o), llvm::APFloat::rmNearestTiesToEven) != llvm::APFloat::opOK)
    fail(loc, "the number ", digits(o), " has no exact value in ", name_of(dtype),
         "; write it as a C++ floating number to round it");
  return FloatAttr::get(type, value);
}

IntegerAttr integerAttr(const Operand &o, DType dtype, Loc loc) {
  if (o.kind == Operand::Kind::Float)
    fail(loc, describe(o), " with a tile of ", name_of(dtype),
         "; a floating number goes with floats only, convert the tile with .to(f32)");
  int64_t low = 0, high = 1;
  if (dtype == i32) low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  if (dtype == i64) low = std::numeric_limits<int64_t>::min(), high = std::numeric_limits<int64_t>::max();
  if (o.integer < low || o.integer > high || wraps(o))
    fail(loc, "the number ", digits(o), " does not fit into ", name_of(dtype), ", which holds ", low, " to ", high);
  return IntegerAttr::get(typeOf(dtype), o.integer);
}

// ---- Binary ---------------------------------------------------------------------------------------------------------

llvm::StringRef nameOf(Binary op) {
  constexpr llvm::StringLiteral names[] = {"+", "-", "*", "/", "%", "min", "max", "&", "|", "^", "pow", "<<", ">>"};
  return names[size_t(op)];
}

[[noreturn]] void refuseNarrow(llvm::StringRef name, DType dtype, Loc loc) {
  fail(loc, "'", name, "' on ", name_of(dtype), "; arithmetic is done in f32, convert with .to(f32) first");
}

void checkBinary(Binary op, DType dtype, Loc loc) {
  bool bits = op == Binary::And || op == Binary::Or || op == Binary::Xor;
  bool choice = op == Binary::Min || op == Binary::Max;
  if (dtype == DType::i1 && !bits)
    fail(loc, "'", nameOf(op), "' on i1; it takes &, |, ^, !, == and != (convert with .to(i32) to count)");
  if (op == Binary::Pow && !is_float(dtype))
    fail(loc, "'pow' on ", name_of(dtype), "; it takes f32, convert with .to(f32)");
  if (is_float(dtype) && (bits || op == Binary::Rem || op == Binary::Shl || op == Binary::Shr))
    fail(loc, "'", nameOf(op), "' on ", name_of(dtype), "; it is an operation on integers");
  if ((dtype == f16 || dtype == bf16) && !choice) refuseNarrow(nameOf(op), dtype, loc);
}

mlir::Value emitFloat(OpBuilder &b, Location at, Binary op, mlir::Value x, mlir::Value y) {
  constexpr auto contract = arith::FastMathFlags::contract; // a * b + c may become one fused operation
  switch (op) {
  case Binary::Add:
    return arith::AddFOp::create(b, at, x, y, contract);
  case Binary::Sub:
    return arith::SubFOp::create(b, at, x, y, contract);
  case Binary::Mul:
    return arith::MulFOp::create(b, at, x, y, contract);
  case Binary::Div:
    return arith::DivFOp::create(b, at, x, y);
  case Binary::Min:
    return arith::MinimumFOp::create(b, at, x, y);
  case Binary::Max:
    return arith::MaximumFOp::create(b, at, x, y);
  default:
    throw InternalError("no such arithmetic on floats");
  }
}

/// x / y and x % y of any two numbers: by 0 they are 0 and x, and -2^31 / -1 wraps. A CPU would end the process
/// instead, even for elements that are never stored, like those outside of views.
mlir::Value emitDivision(OpBuilder &b, Location at, Binary op, mlir::Value x, mlir::Value y) {
  auto divide = [&](mlir::Value by) -> mlir::Value {
    if (op == Binary::Div) return arith::DivSIOp::create(b, at, x, by);
    return arith::RemSIOp::create(b, at, x, by);
  };
  APInt known;
  if (matchPattern(y, m_ConstantInt(&known)) && !known.isZero() && !known.isAllOnes()) return divide(y);
  auto type = cast<RankedTensorType>(y.getType());
  auto number = [&](int64_t n) -> mlir::Value {
    auto value = DenseElementsAttr::get(type, IntegerAttr::get(type.getElementType(), n));
    return arith::ConstantOp::create(b, at, value);
  };
  auto is = [&](int64_t n) -> mlir::Value {
    return arith::CmpIOp::create(b, at, arith::CmpIPredicate::eq, y, number(n));
  };
  auto choose = [&](mlir::Value c, mlir::Value yes, mlir::Value no) -> mlir::Value {
    return arith::SelectOp::create(b, at, c, yes, no);
  };
  mlir::Value zero = is(0), minus = is(-1);
  mlir::Value usual = divide(choose(arith::OrIOp::create(b, at, zero, minus), number(1), y));
  if (op == Binary::Rem) return choose(zero, x, usual); // by 1 it is 0, and so it is by -1
  return choose(zero, number(0), choose(minus, arith::SubIOp::create(b, at, number(0), x), usual));
}

/// Shifts by any number of places, of which arith knows those from 0 to less than the width.
mlir::Value emitShift(OpBuilder &b, Location at, Binary op, mlir::Value x, mlir::Value y) {
  auto shift = [&](mlir::Value by) -> mlir::Value {
    if (op == Binary::Shl) return arith::ShLIOp::create(b, at, x, by);
    return arith::ShRSIOp::create(b, at, x, by);
  };
  auto type = cast<RankedTensorType>(y.getType());
  const unsigned width = type.getElementType().getIntOrFloatBitWidth();
  APInt known;
  if (matchPattern(y, m_ConstantInt(&known)) && known.ult(width)) return shift(y);
  auto number = [&](int64_t n) -> mlir::Value {
    auto value = DenseElementsAttr::get(type, IntegerAttr::get(type.getElementType(), n));
    return arith::ConstantOp::create(b, at, value);
  };
  mlir::Value most = shift(arith::MinUIOp::create(b, at, y, number(width - 1)));
  if (op == Binary::Shr) return most;
  mlir::Value some = arith::CmpIOp::create(b, at, arith::CmpIPredicate::ult, y, number(width));
  return arith::SelectOp::create(b, at, some, most, number(0));
}

mlir::Value emitInteger(OpBuilder &b, Location at, Binary op, mlir::Value x, mlir::Value y) {
  switch (op) {
  case Binary::Add:
    return arith::AddIOp::create(b, at, x, y);
  case Binary::Sub:
    return arith::SubIOp::create(b, at, x, y);
  case Binary::Mul:
    return arith::MulIOp::create(b, at, x, y);
  case Binary::Div:
  case Binary::Rem:
    return emitDivision(b, at, op, x, y);
  case Binary::Min:
    return arith::MinSIOp::create(b, at, x, y);
  case Binary::Max:
    return arith::MaxSIOp::create(b, at, x, y);
  case Binary::And:
    return arith::AndIOp::create(b, at, x, y);
  case Binary::Or:
    return arith::OrIOp::create(b, at, x, y);
  case Binary::Xor:
    return arith::XOrIOp::create(b, at, x, y);
  case Binary::Shl:
  case Binary::Shr:
    return emitShift(b, at, op, x, y);
  case Binary::Pow:
    break;
  }
  throw InternalError("no such arithmetic on integers");
}

/// The factor that stands for a division by `divisor`; nothing where the quotient has to be computed.
std::optional<double> reciprocal(const Operand &divisor) {
  float d = float(divisor.number);
  float r = float(1.0 / double(d));
  return std::isnormal(d) && std::isnormal(r) ? std::optional<double>(r) : std::nullopt;
}

void checkIntegerDivision(Binary op, DType dtype, const Operand &divisor, Loc loc) {
  bool divides = op == Binary::Div || op == Binary::Rem;
  if (divides && !is_float(dtype) && divisor.kind != Operand::Kind::Float && isNumber(divisor) && divisor.integer == 0)
    fail(loc, "'", nameOf(op), "' by the number 0 on ", name_of(dtype), "; the divisor is not 0");
}

} // namespace

mlir::Value constantTile(BuilderImpl &b, const Operand &number, DType dtype, ArrayRef<int64_t> shape, Loc loc) {
  Attribute value;
  if (is_float(dtype))
    value = floatAttr(number, dtype, loc);
  else
    value = integerAttr(number, dtype, loc);
  return arith::ConstantOp::create(b.builder, b.at(loc), DenseElementsAttr::get(typeOf(dtype, shape), value));
}

mlir::Value power(BuilderImpl &b, mlir::Value base, mlir::Value exponent, Loc loc) {
  Location at = b.at(loc);
  auto number = [&](double x) {
    return constantTile(b, Operand(x), f32, cast<RankedTensorType>(base.getType()).getShape(), loc);
  };
  auto times = [&](mlir::Value x, mlir::Value y) { return emitFloat(b.builder, at, Binary::Mul, x, y); };
  llvm::APFloat n(0.f);
  if (!matchPattern(exponent, m_ConstantFloat(&n))) return math::PowFOp::create(b.builder, at, base, exponent);
  if (n.isZero()) return number(1); // of NaN too
  if (n.isExactlyValue(1)) return base;
  if (n.isExactlyValue(-1)) return emitFloat(b.builder, at, Binary::Div, number(1), base);
  if (n.isExactlyValue(2)) return times(base, base);
  if (n.isExactlyValue(3)) return times(times(base, base), base);
  if (!n.isExactlyValue(4)) return math::PowFOp::create(b.builder, at, base, exponent);
  mlir::Value square = times(base, base);
  return times(square, square);
}

Tile binary(Binary op, const Operand &x, const Operand &y) {
  Loc loc = x.loc;
  const Operand *operands[] = {&x, &y};
  BuilderImpl &b = builderOf(operands, nameOf(op), loc);
  DType dtype = dtypeOf(operands, nameOf(op), loc);
  checkBinary(op, dtype, loc);
  checkIntegerDivision(op, dtype, y, loc);
  std::vector<int64_t> shape = shapeOf(operands, nameOf(op), loc);
  if (op == Binary::Div && dtype == f32 && isNumber(y)) {
    floatAttr(y, dtype, loc); // the number itself must be one of f32
    if (std::optional<double> factor = reciprocal(y)) return binary(Binary::Mul, x, Operand(*factor, y.loc));
  }
  mlir::Value left = use(b, x, dtype, shape, loc), right = use(b, y, dtype, shape, loc);
  if (op == Binary::Pow) return b.tile(power(b, left, right, loc), dtype);
  auto *emit = is_float(dtype) ? emitFloat : emitInteger;
  return b.tile(emit(b.builder, b.at(loc), op, left, right), dtype);
}

// ---- Compare and choose ---------------------------------------------------------------------------------------------

Tile compare(Compare op, const Operand &x, const Operand &y) {
  constexpr llvm::StringLiteral names[] = {"<", "<=", ">", ">=", "==", "!="};
  constexpr arith::CmpFPredicate floats[] = {arith::CmpFPredicate::OLT, arith::CmpFPredicate::OLE,
                                             arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE,
                                             arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE};
  constexpr arith::CmpIPredicate integers[] = {arith::CmpIPredicate::slt, arith::CmpIPredicate::sle,
                                               arith::CmpIPredicate::sgt, arith::CmpIPredicate::sge,
                                               arith::CmpIPredicate::eq,  arith::CmpIPredicate::ne};
  Loc loc = x.loc;
  const Operand *operands[] = {&x, &y};
  llvm::StringRef name = names[size_t(op)];
  BuilderImpl &b = builderOf(operands, name, loc);
  DType dtype = dtypeOf(operands, name, loc);
  if (dtype == f16 || dtype == bf16) refuseNarrow(name, dtype, loc);
  if (dtype == DType::i1 && op != Compare::Eq && op != Compare::Ne)
    fail(loc, "'", name, "' on i1; it takes &, |, ^, !, == and !=");
  std::vector<int64_t> shape = shapeOf(operands, name, loc);
  mlir::Value left = use(b, x, dtype, shape, loc), right = use(b, y, dtype, shape, loc);
  mlir::Value result;
  if (is_float(dtype))
    result = arith::CmpFOp::create(b.builder, b.at(loc), floats[size_t(op)], left, right);
  else
    result = arith::CmpIOp::create(b.builder, b.at(loc), integers[size_t(op)], left, right);
  return b.tile(result, DType::i1);
}

// ---- Unary ----------------------------------------------------------------------------------------------------------

static llvm::StringRef nameOf(Unary op) {
  constexpr llvm::StringLiteral names[] = {"-",    "abs",   "exp",  "exp2", "log",     "log2", "log1p",
                                           "sqrt", "rsqrt", "tanh", "erf",  "sigmoid", "!"};
  return names[size_t(op)];
}

static void checkUnary(Unary op, DType dtype, Loc loc) {
  if ((op == Unary::Not) != (dtype == DType::i1))
    fail(loc, "'", nameOf(op), "' on ", name_of(dtype),
         op == Unary::Not ? "; it takes i1" : "; of these i1 takes only !, convert with .to()");
  if (dtype == f16 || dtype == bf16) refuseNarrow(nameOf(op), dtype, loc);
  bool any = op == Unary::Neg || op == Unary::Abs || op == Unary::Not;
  if (!any && !is_float(dtype))
    fail(loc, "'", nameOf(op), "' on ", name_of(dtype), "; it takes f32, convert with .to(f32)");
}

static mlir::Value emitFloat(OpBuilder &b, Location at, Unary op, mlir::Value x) {
  switch (op) {
  case Unary::Neg:
    return arith::NegFOp::create(b, at, x);
  case Unary::Abs:
    return math::AbsFOp::create(b, at, x);
  case Unary::Exp:
    return math::ExpOp::create(b, at, x);
  case Unary::Exp2:
    return math::Exp2Op::create(b, at, x);
  case Unary::Log:
    return math::LogOp::create(b, at, x);
  case Unary::Log2:
    return math::Log2Op::create(b, at, x);
  case Unary::Log1p:
    return math::Log1pOp::create(b, at, x);
  case Unary::Sqrt:
    return math::SqrtOp::create(b, at, x);
  case Unary::Rsqrt:
    return math::RsqrtOp::create(b, at, x);
  case Unary::Tanh:
    return math::TanhOp::create(b, at, x);
  case Unary::Erf:
    return math::ErfOp::create(b, at, x);
  case Unary::Sigmoid:
    return ir::SigmoidOp::create(b, at, x);
  case Unary::Not:
    break;
  }
  throw InternalError("no such function on floats");
}

Tile unary(Unary op, const Operand &x) {
  Loc loc = x.loc;
  const Operand *operands[] = {&x};
  BuilderImpl &b = builderOf(operands, nameOf(op), loc);
  DType dtype = x.tile.dtype();
  checkUnary(op, dtype, loc);
  std::vector<int64_t> shape = x.tile.shape();
  mlir::Value v = use(b, x, dtype, shape, loc);
  Location at = b.at(loc);
  if (is_float(dtype)) return b.tile(emitFloat(b.builder, at, op, v), dtype);
  if (op == Unary::Abs) return b.tile(math::AbsIOp::create(b.builder, at, v), dtype);
  if (op == Unary::Neg)
    return b.tile(arith::SubIOp::create(b.builder, at, constantTile(b, Operand(0), dtype, shape, loc), v), dtype);
  return b.tile(arith::XOrIOp::create(b.builder, at, v, constantTile(b, Operand(1), dtype, shape, loc)), dtype);
}

} // namespace detail

Tile where(Operand condition, Operand x, Operand y) {
  using namespace detail;
  Loc loc = condition.loc;
  const Operand *all[] = {&condition, &x, &y}, *choices[] = {&x, &y};
  BuilderImpl &b = builderOf(all, "where", loc);
  if (!hasDType(condition) || condition.tile.dtype() != DType::i1)
    fail(loc, "the condition of 'where' is ", describe(condition), "; it is a tile of i1, as comparisons give");
  DType dtype = dtypeOf(choices, "where", loc);
  std::vector<int64_t> shape = shapeOf(all, "where", loc);
  mlir::Value c = use(b, condition, DType::i1, shape, loc);
  mlir::Value chosen = use(b, x, dtype, shape, loc), other = use(b, y, dtype, shape, loc);
  return b.tile(arith::SelectOp::create(b.builder, b.at(loc), c, chosen, other), dtype);
}

} // namespace tile
