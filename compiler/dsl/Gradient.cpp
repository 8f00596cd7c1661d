// Reverse mode over the IR between y and the x's: one sweep from y back, which adds up the contributions to each
// value's adjoint before it goes on through the op that defines the value.
//
// Two things of an adjoint are put off as long as possible, to keep the code lean: its sign, which becomes a
// subtraction instead of an addition, and the conditions of `where` (its guards), so that the contributions of both
// branches meet in one select. Since a guard is a select behind the derivative and not a product with 0 before it, an
// infinite or NaN derivative of what was not chosen never gets out.
#include "compiler/dsl/Gradient.h"

#include "compiler/dsl/Impl.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <numbers>

using namespace mlir;

namespace tile {
namespace detail {
namespace {

using V = mlir::Value;

bool isFloat(V v) {
  return isa<FloatType>(getElementTypeOrSelf(v.getType()));
}

// ---- What depends on what -------------------------------------------------------------------------------------------

/// The operands that a gradient can flow to; all of them for ops without a rule.
OperandRange differentiated(Operation *op) {
  if (isa<arith::CmpFOp, arith::CmpIOp>(op)) return op->getOperands().drop_front(op->getNumOperands());
  if (isa<arith::SelectOp>(op)) return op->getOperands().drop_front(1);
  if (isa<math::CopySignOp>(op)) return op->getOperands().drop_back(1);
  return op->getOperands();
}

bool hasRule(Operation *op) {
  if (!isFloat(op->getResult(0)) || !llvm::all_of(differentiated(op), isFloat)) return false;
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::NegFOp, arith::MaximumFOp,
             arith::MinimumFOp, arith::SelectOp, arith::ExtFOp, arith::TruncFOp, math::AbsFOp, math::CopySignOp,
             math::ExpOp, math::Exp2Op, math::LogOp, math::Log2Op, math::Log1pOp, math::SqrtOp, math::RsqrtOp,
             math::TanhOp, math::ErfOp, math::PowFOp, ir::SigmoidOp, ir::ExpandDimsOp, ir::BroadcastOp>(op);
}

/// An op in the words of Kernel.h.
std::string wordsOf(Operation *op) {
  if (auto reduce = dyn_cast<ir::ReduceOp>(op))
    return "the reduction '" + ir::stringifyCombine(reduce.getCombine()).str() + "'";
  if (isa<scf::ForOp>(op)) return "a loop";
  if (isa<scf::IfOp>(op)) return "a branch";
  if (isa<ir::ReduceWithOp>(op)) return "a reduction by a function";
  if (isa<ir::ScanOp>(op)) return "a scan";
  if (isa<arith::FPToSIOp>(op))
    return "the conversion " + words(op->getOperand(0).getType()) + " to " + words(op->getResult(0).getType());
  return "'" + op->getName().stripDialect().str() + "'";
}

[[noreturn]] void refuse(const std::string &what, Location where, Loc loc) {
  std::string place;
  if (auto at = dyn_cast<FileLineColLoc>(where))
    place = " (" + at.getFilename().str() + ":" + std::to_string(at.getLine()) + ")";
  fail(loc, "gradient() through ", what, place,
       "; between x and y can be + - * / abs min max where, the functions of floats, .to() from float to float, expand "
       "and broadcast");
}

/// Finds the ops between y and the x's.
class Path {
public:
  Path(V y, ArrayRef<V> xs, Loc loc) : xs_(xs.begin(), xs.end()), here_(y.getParentRegion()), loc_(loc) {
    depends(y);
    for (Operation *op : ops_)
      if (!hasRule(op)) refuse(wordsOf(op), op->getLoc(), loc_);
  }
  bool contains(V v) const { return depends_.lookup(v); }
  /// Each before the ops that use its result.
  ArrayRef<Operation *> ops() const { return ops_; }

private:
  bool depends(V v) {
    auto [at, isNew] = depends_.try_emplace(v, false);
    if (!isNew) return at->second;
    bool result = xs_.contains(v);
    if (Operation *op = v.getDefiningOp()) {
      if (operandsDepend(op)) {
        ops_.push_back(op);
        result = true;
      }
    } else if (!result && mayDependOnX(cast<BlockArgument>(v))) {
      refuse("a value that a loop carries, and that may depend on x", v.getLoc(), loc_);
    }
    return depends_[v] = result;
  }

  bool operandsDepend(Operation *op) {
    bool any = false;
    for (V operand : differentiated(op)) any |= depends(operand);
    for (Region &region : op->getRegions())
      region.walk([&](Operation *inner) {
        for (V operand : inner->getOperands()) any |= depends(operand);
      });
    return any;
  }

  /// What a loop carries into an iteration comes from earlier ones, which had the same x if that is from outside of the
  /// loop; and how, is not known before the loop's body is complete. Of a complete one the whole body is looked at.
  bool mayDependOnX(BlockArgument arg) {
    auto loop = dyn_cast<scf::ForOp>(arg.getOwner()->getParentOp());
    if (!loop || arg == loop.getInductionVar() || !loop.getRegion().isAncestor(here_)) return false;
    return !llvm::all_of(xs_, [&](V x) { return loop.getRegion().isAncestor(x.getParentRegion()); });
  }

  llvm::SmallDenseSet<V> xs_;
  Region *here_; ///< where the gradient is built
  Loc loc_;
  llvm::DenseMap<V, bool> depends_;
  SmallVector<Operation *> ops_;
};

// ---- Adjoints -------------------------------------------------------------------------------------------------------

struct Guard {
  V condition;
  bool when; ///< the value of the condition for which the adjoint is not 0
  bool operator==(const Guard &) const = default;
};

/// Always f32. Under its guards, the outermost first, it is `value` or its negative, elsewhere 0.
struct Adjoint {
  V value;
  bool negative = false;
  SmallVector<Guard, 1> guards = {};

  Adjoint negated() const { return {value, !negative, guards}; }
  Adjoint guarded(V condition, bool when) const {
    Adjoint a = *this;
    a.guards.push_back({condition, when});
    return a;
  }
};

/// Whether two adjoints are of the two branches of one `where`.
bool areBranches(const Adjoint &a, const Adjoint &b) {
  if (a.guards.empty() || a.guards.size() != b.guards.size()) return false;
  if (ArrayRef(a.guards).drop_back() != ArrayRef(b.guards).drop_back()) return false;
  return a.guards.back().condition == b.guards.back().condition && a.guards.back().when != b.guards.back().when;
}

/// Writes f32 tile arithmetic at the place of the gradient.
struct Emitter {
  BuilderImpl &b;
  Loc loc;

  template <class Op, class... A> V emit(A... args) { return b.builder.createOrFold<Op>(b.at(loc), args...); }
  V add(V x, V y) { return emit<arith::AddFOp>(x, y, arith::FastMathFlags::contract); }
  V sub(V x, V y) { return emit<arith::SubFOp>(x, y, arith::FastMathFlags::contract); }
  V mul(V x, V y) { return emit<arith::MulFOp>(x, y, arith::FastMathFlags::contract); }
  V div(V x, V y) { return emit<arith::DivFOp>(x, y); }
  V neg(V x) { return emit<arith::NegFOp>(x); }
  V select(V c, V x, V y) { return emit<arith::SelectOp>(c, x, y); }
  V compare(arith::CmpFPredicate p, V x, V y) { return emit<arith::CmpFOp>(p, wide(x), wide(y)); }
  V number(double x, V like) {
    return constantTile(b, Operand(x), f32, cast<RankedTensorType>(like.getType()).getShape(), loc);
  }
  V wide(V x) { return convert(b, x, *dtypeOf(getElementTypeOrSelf(x.getType())), f32, loc); }

  Adjoint times(const Adjoint &g, V x) { return {mul(g.value, x), g.negative, g.guards}; }
  Adjoint over(const Adjoint &g, V x) { return {div(g.value, x), g.negative, g.guards}; }

  /// The innermost guard made part of the value.
  void dropGuard(Adjoint &a) {
    Guard guard = a.guards.pop_back_val();
    V zero = number(0, a.value);
    a.value = guard.when ? select(guard.condition, a.value, zero) : select(guard.condition, zero, a.value);
  }

  /// Both of the same guards.
  void addTo(Adjoint &sum, const Adjoint &a) {
    if (sum.negative == a.negative) {
      sum.value = add(sum.value, a.value);
    } else {
      sum.value = sum.negative ? sub(a.value, sum.value) : sub(sum.value, a.value);
      sum.negative = false;
    }
  }

  void joinBranches(Adjoint &a, const Adjoint &other) {
    Guard guard = a.guards.pop_back_val();
    V mine = a.value, its = a.negative == other.negative ? other.value : neg(other.value);
    a.value = guard.when ? select(guard.condition, mine, its) : select(guard.condition, its, mine);
  }

  /// The sum of contributions: those under equal guards first, then branches, from the innermost `where` out.
  Adjoint sum(SmallVector<Adjoint> terms) {
    while (true) {
      for (size_t i = 0; i < terms.size(); ++i)
        for (size_t j = terms.size() - 1; j > i; --j)
          if (terms[i].guards == terms[j].guards) {
            addTo(terms[i], terms[j]);
            terms.erase(terms.begin() + j);
          }
      if (terms.size() == 1) return terms.front();
      auto deepest = std::max_element(terms.begin(), terms.end(), [](const Adjoint &x, const Adjoint &y) {
        return x.guards.size() < y.guards.size();
      });
      auto branch = llvm::find_if(terms, [&](const Adjoint &a) { return areBranches(*deepest, a); });
      if (branch == terms.end()) {
        dropGuard(*deepest);
      } else {
        joinBranches(*deepest, *branch);
        terms.erase(branch);
      }
    }
  }

  V finished(Adjoint a) {
    if (a.negative) a.value = neg(a.value);
    while (!a.guards.empty()) dropGuard(a);
    return a.value;
  }

  /// Without guards, for what changes the shape.
  Adjoint unguarded(Adjoint a) {
    while (!a.guards.empty()) dropGuard(a);
    return a;
  }
};

// ---- Rules ----------------------------------------------------------------------------------------------------------

class Sweep {
public:
  Sweep(BuilderImpl &b, const Path &path, Loc loc) : path_(path), e_{b, loc} {}

  void run(V y, V dy) {
    contribute(y, {dy});
    for (Operation *op : llvm::reverse(path_.ops())) {
      const Adjoint g = adjointOf(op->getResult(0));
      llvm::TypeSwitch<Operation *>(op)
          .Case<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp, arith::NegFOp, arith::MaximumFOp,
                arith::MinimumFOp, arith::SelectOp, arith::ExtFOp, arith::TruncFOp, math::AbsFOp, math::CopySignOp,
                math::PowFOp, ir::ExpandDimsOp, ir::BroadcastOp>([&](auto o) { rule(o, g); })
          .Default([&](Operation *function) { contribute(function->getOperand(0), derivative(function, g)); });
    }
  }

  V gradientOf(V x) { return e_.finished(adjointOf(x)); }

private:
  void contribute(V to, Adjoint a) {
    if (path_.contains(to)) terms_[to].push_back(std::move(a));
  }
  Adjoint adjointOf(V v) {
    SmallVector<Adjoint> &terms = terms_[v];
    Adjoint total = e_.sum(std::move(terms));
    terms = {total};
    return total;
  }

  void rule(arith::AddFOp op, const Adjoint &g) {
    contribute(op.getLhs(), g);
    contribute(op.getRhs(), g);
  }
  void rule(arith::SubFOp op, const Adjoint &g) {
    contribute(op.getLhs(), g);
    contribute(op.getRhs(), g.negated());
  }
  void rule(arith::NegFOp op, const Adjoint &g) { contribute(op.getOperand(), g.negated()); }

  void rule(arith::MulFOp op, const Adjoint &g) {
    V x = op.getLhs(), y = op.getRhs();
    if (x == y) {
      Adjoint half = e_.times(g, x);
      contribute(x, half);
      contribute(x, half);
      return;
    }
    if (path_.contains(x)) contribute(x, e_.times(g, y));
    if (path_.contains(y)) contribute(y, e_.times(g, x));
  }

  /// x / y: 1 / y, and -(x / y) / y, which is -(1 / y)^2 where x is 1.
  void rule(arith::DivFOp op, const Adjoint &g) {
    V x = op.getLhs(), y = op.getRhs();
    if (matchPattern(x, m_OneFloat())) {
      contribute(y, e_.times(e_.times(g, op.getResult()), op.getResult()).negated());
      return;
    }
    Adjoint quotient = e_.over(g, y);
    contribute(x, quotient);
    if (path_.contains(y)) contribute(y, e_.times(quotient, op.getResult()).negated());
  }

  template <class Op> void choice(Op op, const Adjoint &g, arith::CmpFPredicate wins, arith::CmpFPredicate loses) {
    V x = op.getLhs(), y = op.getRhs();
    if (!path_.contains(x)) std::swap(x, y);
    if (!path_.contains(y)) return contribute(x, g.guarded(e_.compare(wins, x, y), true));
    Adjoint shared = g;
    V equal = e_.compare(arith::CmpFPredicate::OEQ, x, y);
    shared.value = e_.select(equal, e_.mul(g.value, e_.number(0.5, g.value)), g.value);
    contribute(x, shared.guarded(e_.compare(loses, x, y), false));
    contribute(y, shared.guarded(e_.compare(loses, y, x), false));
  }
  // Unordered: NaN lets the adjoint through.
  void rule(arith::MaximumFOp op, const Adjoint &g) {
    choice(op, g, arith::CmpFPredicate::UGT, arith::CmpFPredicate::OLT);
  }
  void rule(arith::MinimumFOp op, const Adjoint &g) {
    choice(op, g, arith::CmpFPredicate::ULT, arith::CmpFPredicate::OGT);
  }

  void rule(arith::SelectOp op, const Adjoint &g) {
    contribute(op.getTrueValue(), g.guarded(op.getCondition(), true));
    contribute(op.getFalseValue(), g.guarded(op.getCondition(), false));
  }

  void rule(math::AbsFOp op, const Adjoint &g) {
    V x = op.getOperand();
    V sign = e_.emit<math::CopySignOp>(e_.number(1, x), x);
    contribute(x, e_.times(g, sign).guarded(e_.compare(arith::CmpFPredicate::OEQ, x, e_.number(0, x)), false));
  }
  /// What the rule of abs makes, to be differentiated again: |x| with the sign of y.
  void rule(math::CopySignOp op, const Adjoint &g) {
    V x = op.getLhs(), one = e_.number(1, x);
    V sign = e_.mul(e_.emit<math::CopySignOp>(one, x), e_.emit<math::CopySignOp>(one, op.getRhs()));
    contribute(x, e_.times(g, sign));
  }

  void rule(arith::ExtFOp op, const Adjoint &g) { contribute(op.getIn(), g); }
  void rule(arith::TruncFOp op, const Adjoint &g) { contribute(op.getIn(), g); }

  void rule(math::PowFOp op, const Adjoint &g) {
    V x = op.getLhs(), y = op.getRhs(), zero = e_.number(0, x);
    APFloat fixed(0.f);
    bool isFixed = matchPattern(y, m_ConstantFloat(&fixed));
    if (path_.contains(x)) {
      V less = power(e_.b, x, e_.sub(y, e_.number(1, y)), e_.loc);
      Adjoint a = e_.times(g, e_.mul(y, less));
      if (!isFixed) a = a.guarded(e_.compare(arith::CmpFPredicate::OEQ, y, zero), false);
      contribute(x, a);
    }
    if (path_.contains(y)) {
      V flat = e_.emit<arith::AndIOp>(e_.compare(arith::CmpFPredicate::OEQ, x, zero),
                                      e_.compare(arith::CmpFPredicate::OGE, y, zero));
      V slope = e_.mul(op.getResult(), e_.emit<math::LogOp>(x));
      contribute(y, e_.times(g, slope).guarded(flat, false));
    }
  }

  void rule(ir::ExpandDimsOp op, const Adjoint &g) {
    contribute(op.getSource(), summed(g, op.getAxis(), /*keep=*/false));
  }
  void rule(ir::BroadcastOp op, const Adjoint &g) {
    auto from = op.getSource().getType(), to = op.getType();
    Adjoint a = g;
    for (int64_t d = 0; d < from.getRank(); ++d)
      if (from.getDimSize(d) != to.getDimSize(d)) a = summed(a, uint64_t(d), /*keep=*/true);
    contribute(op.getSource(), a);
  }

  /// The sum over a dimension, which disappears or is kept with extent 1. An extent-1 dimension just inserted by an
  /// earlier sum goes away with it.
  Adjoint summed(const Adjoint &g, uint64_t axis, bool keep) {
    Adjoint a = e_.unguarded(g);
    auto type = cast<RankedTensorType>(a.value.getType());
    auto inserted = a.value.getDefiningOp<ir::ExpandDimsOp>();
    if (!keep && inserted && inserted.getAxis() == axis) return {inserted.getSource(), a.negative};
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + int64_t(axis));
    a.value = ir::ReduceOp::create(e_.b.builder, e_.b.at(e_.loc), type.clone(shape), ir::Combine::Sum, a.value, axis);
    if (keep) {
      shape.insert(shape.begin() + int64_t(axis), 1);
      a.value = ir::ExpandDimsOp::create(e_.b.builder, e_.b.at(e_.loc), type.clone(shape), a.value, axis);
    }
    return a;
  }

  /// Functions of one operand.
  Adjoint derivative(Operation *op, const Adjoint &g) {
    V x = op->getOperand(0), y = op->getResult(0);
    auto number = [&](double n) { return e_.number(n, x); };
    return llvm::TypeSwitch<Operation *, Adjoint>(op)
        .Case([&](math::ExpOp) { return e_.times(g, y); })
        .Case([&](math::Exp2Op) { return e_.times(e_.times(g, y), number(std::numbers::ln2)); })
        .Case([&](math::LogOp) { return e_.over(g, x); })
        .Case([&](math::Log2Op) { return e_.over(e_.times(g, number(std::numbers::log2e)), x); })
        .Case([&](math::Log1pOp) { return e_.over(g, e_.add(x, number(1))); })
        .Case([&](math::SqrtOp) { return e_.over(e_.times(g, number(0.5)), y); })
        .Case([&](math::RsqrtOp) {
          V cube = e_.mul(e_.mul(y, y), y);
          return e_.times(e_.times(g, number(0.5)), cube).negated();
        })
        .Case([&](math::TanhOp) { return e_.times(g, e_.sub(number(1), e_.mul(y, y))); })
        .Case([&](math::ErfOp) {
          V bell = e_.emit<math::ExpOp>(e_.neg(e_.mul(x, x)));
          return e_.times(e_.times(g, number(2 * std::numbers::inv_sqrtpi)), bell);
        })
        .Case([&](ir::SigmoidOp) { return e_.times(g, e_.mul(y, e_.sub(number(1), y))); })
        .Default([](Operation *o) -> Adjoint {
          throw InternalError("no derivative of " + o->getName().getStringRef().str());
        });
  }

  const Path &path_;
  Emitter e_;
  llvm::DenseMap<V, SmallVector<Adjoint>> terms_;
};

void checkDy(const Tile &y, const Tile &dy, Loc loc) {
  if (!is_float(y.dtype())) fail(loc, "gradient() of ", words(y), "; only floats have one");
  if (!is_float(dy.dtype()) || dy.shape() != y.shape())
    fail(loc, "gradient() of ", words(y), " with dy of ", words(dy), "; dy is a tile of floats of y's shape");
}

} // namespace
} // namespace detail

std::vector<Tile> gradient(const Tile &y, const std::vector<Tile> &xs, const Tile &dy, Loc loc) {
  using namespace detail;
  BuilderImpl &b = builderOf(y.value(), "y of gradient()", loc);
  V from = b.use(y.value(), "y of gradient()", loc), seed = b.use(dy.value(), "dy of gradient()", loc);
  checkDy(y, dy, loc);
  SmallVector<V> to;
  for (const Tile &x : xs) {
    to.push_back(b.use(x.value(), "x of gradient()", loc));
    if (x.dtype() != f32)
      fail(loc, "gradient() for x of ", words(x), "; it is for tiles of f32: differentiate by x.to(f32)");
  }
  Path path(from, to, loc);
  for (auto [n, x] : llvm::enumerate(to))
    if (!path.contains(x))
      fail(loc, "gradient() of a y that does not depend on x", to.size() == 1 ? "" : " number " + std::to_string(n),
           ", ", words(xs[n]), "; conditions and comparisons carry no gradient");
  Sweep sweep(b, path, loc);
  sweep.run(from, convert(b, seed, dy.dtype(), f32, loc));
  std::vector<Tile> result;
  for (V x : to) result.push_back(b.tile(sweep.gradientOf(x), f32));
  return result;
}

Tile gradient(const Tile &y, const Tile &x, const Tile &dy, Loc loc) {
  return gradient(y, std::vector{x}, dy, loc).front();
}

} // namespace tile
