// Run-time conditions and branches. A branch's results are known only once its bodies have run, so that they run inside
// an scf.if without results, which the one with results then takes over.
#include "compiler/dsl/Impl.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tile {
using namespace detail;

namespace {

/// The IR of what a body returns, made inside its branch.
SmallVector<mlir::Value> runBody(BuilderImpl &b, scf::IfOp branch, Region &region, const Body &body, Loc loc) {
  Nested inside(b, branch, region);
  std::vector<Carried> out = body.call(body.state);
  SmallVector<mlir::Value> values;
  for (size_t n = 0; n < out.size(); ++n) values.push_back(use(b, out[n], "value " + std::to_string(n), loc));
  inside.complete();
  return values;
}

void checkSame(ValueRange a, ValueRange b, Loc loc) {
  if (a.size() != b.size())
    fail(loc, "one branch returns ", a.size(), " values, the other ", b.size(), "; both return as many");
  for (size_t n = 0; n < a.size(); ++n)
    if (a[n].getType() != b[n].getType())
      fail(loc, "value ", n, " of the branches is ", words(a[n].getType()), " in one and ", words(b[n].getType()),
           " in the other; dtype and shape must be the same");
}

void moveInto(Region &to, Region &from, ValueRange results, OpBuilder &builder, Location at) {
  to.takeBody(from);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&to.front());
  scf::YieldOp::create(builder, at, results);
}

} // namespace

namespace detail {

mlir::Value use(BuilderImpl &b, const Condition &c, Loc loc) {
  if (c.value()) return b.use(c.value(), "the Condition", loc);
  return arith::ConstantIntOp::create(b.builder, b.at(loc), c.constant(), 1);
}

} // namespace detail

// ---- Conditions -----------------------------------------------------------------------------------------------------

Condition::Condition(const Tile &tile, Loc loc) : loc_(loc) {
  BuilderImpl &b = builderOf(tile.value(), "the Tile", loc);
  mlir::Value v = b.use(tile.value(), "the Tile", loc);
  if (tile.dtype() != DType::i1 || tile.rank() != 0)
    fail(loc, "a condition from ", words(tile),
         "; it is one truth for the whole program: i1 of rank 0, as a comparison ",
         "of Scalars gives (where() chooses element by element)");
  v_ = b.wrap(ir::ToScalarOp::create(b.builder, b.at(loc), typeOf(DType::i1), v));
}

Condition Condition::combine(bool either, const Condition &a, const Condition &b) {
  for (const auto &[known, other] : {std::pair(&a, &b), std::pair(&b, &a)})
    if (!known->value()) return known->constant() == either ? *known : *other;
  BuilderImpl &builder = builderOf(a.value(), "the Condition", a.loc());
  mlir::Value x = use(builder, a, a.loc()), y = use(builder, b, a.loc());
  Location at = builder.at(a.loc());
  mlir::Value both = either ? mlir::Value(arith::OrIOp::create(builder.builder, at, x, y))
                            : mlir::Value(arith::AndIOp::create(builder.builder, at, x, y));
  return Condition(builder.wrap(both), a.loc());
}

Condition Condition::negate(const Condition &a) {
  if (!a.value()) return Condition(!a.constant(), a.loc());
  BuilderImpl &b = builderOf(a.value(), "the Condition", a.loc());
  mlir::Value x = use(b, a, a.loc());
  mlir::Value one = arith::ConstantIntOp::create(b.builder, b.at(a.loc()), 1, 1);
  return Condition(b.wrap(arith::XOrIOp::create(b.builder, b.at(a.loc()), x, one)), a.loc());
}

namespace detail {

Condition index_compare(Compare op, const Index &a, const Index &b, Loc loc) {
  constexpr arith::CmpIPredicate predicates[] = {arith::CmpIPredicate::slt, arith::CmpIPredicate::sle,
                                                 arith::CmpIPredicate::sgt, arith::CmpIPredicate::sge,
                                                 arith::CmpIPredicate::eq,  arith::CmpIPredicate::ne};
  if (!a.value() && !b.value()) {
    auto order = a.constant() <=> b.constant();
    const bool holds[] = {order < 0, order <= 0, order > 0, order >= 0, order == 0, order != 0};
    return Condition(holds[size_t(op)], loc);
  }
  BuilderImpl &builder = builderOf(a.value() ? a.value() : b.value(), "the Index", loc);
  mlir::Value x = builder.use(a, loc), y = builder.use(b, loc);
  mlir::Value result = arith::CmpIOp::create(builder.builder, builder.at(loc), predicates[size_t(op)], x, y);
  return Condition(builder.wrap(result), loc);
}

} // namespace detail

// ---- Branches -------------------------------------------------------------------------------------------------------

std::vector<detail::Value> KernelBuilder::branch(const Condition &condition, const Body &then, const Body &otherwise,
                                                 Loc loc) {
  BuilderImpl &b = *impl_;
  b.checkOpen(loc);
  mlir::Value holds = use(b, condition, loc);
  auto draft = scf::IfOp::create(b.builder, b.at(loc), TypeRange(), holds, /*addThenBlock=*/true,
                                 /*addElseBlock=*/true);
  SmallVector<mlir::Value> first = runBody(b, draft, draft.getThenRegion(), then, loc);
  SmallVector<mlir::Value> second = runBody(b, draft, draft.getElseRegion(), otherwise, loc);
  Nested unfinished(b, draft, draft.getThenRegion());
  checkSame(first, second, loc);
  unfinished.complete();

  auto types = llvm::map_to_vector(first, [](mlir::Value v) { return v.getType(); });
  OpBuilder::InsertionGuard guard(b.builder);
  b.builder.setInsertionPoint(draft);
  auto branch = scf::IfOp::create(b.builder, b.at(loc), types, holds, /*addThenBlock=*/false, /*addElseBlock=*/false);
  moveInto(branch.getThenRegion(), draft.getThenRegion(), first, b.builder, b.at(loc));
  moveInto(branch.getElseRegion(), draft.getElseRegion(), second, b.builder, b.at(loc));
  draft.erase();
  std::vector<Value> results;
  for (mlir::Value v : branch.getResults()) results.push_back(b.wrap(v));
  return results;
}

Index KernelBuilder::choose(const Condition &condition, const Index &a, const Index &b, Loc loc) {
  BuilderImpl &builder = *impl_;
  builder.checkOpen(loc);
  for (const Index &i : {a, b})
    if (i.value()) builder.use(i, loc); // also where only the other is taken
  if (!condition.value()) return condition.constant() ? a : b;
  mlir::Value holds = use(builder, condition, loc), x = builder.use(a, loc), y = builder.use(b, loc);
  return builder.index(arith::SelectOp::create(builder.builder, builder.at(loc), holds, x, y));
}

} // namespace tile
