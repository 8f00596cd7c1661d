// Run-time loops: the author's body is called once, with the insertion point inside an scf.for.
#include "compiler/dsl/Impl.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tile {
using namespace detail;

namespace {

std::string numbered(size_t n) {
  return "carried value " + std::to_string(n);
}

SmallVector<mlir::Value> successors(BuilderImpl &b, const std::vector<Carried> &out, TypeRange types, Loc loc) {
  if (out.size() != types.size())
    fail(loc, "the loop carries ", types.size(), " values, but its body returns ", out.size(),
         "; it returns one for each");
  SmallVector<mlir::Value> values;
  for (size_t n = 0; n < out.size(); ++n) {
    values.push_back(use(b, out[n], numbered(n), loc));
    if (values[n].getType() != types[n])
      fail(loc, "carried value ", n, " of the loop begins as ", words(types[n]), ", but the body returns ",
           words(values[n].getType()), "; dtype and shape must stay the same");
  }
  return values;
}

} // namespace

Loop Loop::stages(int n) const {
  if (n < 1 || n > ir::kMaxStages)
    fail(loc_, "a loop of ", n, " stages; accepted: 1 to ", ir::kMaxStages, " (1: nothing is loaded ahead)");
  Loop staged = *this;
  staged.stages_ = n;
  return staged;
}

std::vector<detail::Value> Loop::run(const std::vector<Carried> &initial, const LoopBody &body) const {
  BuilderImpl &b = *k_.impl_;
  b.checkOpen(loc_);
  if (!step_.value() && step_.constant() < 1) fail(loc_, "the loop's step is ", step_.constant(), "; it is at least 1");
  SmallVector<mlir::Value> init;
  for (size_t n = 0; n < initial.size(); ++n) init.push_back(use(b, initial[n], numbered(n), loc_));
  mlir::Value lo = b.use(lo_, loc_), hi = b.use(hi_, loc_), step = b.use(step_, loc_);
  auto loop = scf::ForOp::create(b.builder, b.at(loc_), lo, hi, step, init);
  if (stages_ > 1) loop->setAttr(ir::kStagesAttr, b.builder.getI32IntegerAttr(stages_));

  Nested inside(b, loop, loop.getRegion());
  std::vector<Value> in;
  for (mlir::Value v : loop.getRegionIterArgs()) in.push_back(b.wrap(v));
  std::vector<Carried> out = body.call(body.state, b.index(loop.getInductionVar()), in);
  scf::YieldOp::create(b.builder, b.at(loc_), successors(b, out, loop.getResultTypes(), loc_));
  inside.complete();

  std::vector<Value> results;
  for (mlir::Value v : loop.getResults()) results.push_back(b.wrap(v));
  return results;
}

} // namespace tile
