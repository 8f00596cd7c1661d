// Combine functions on registers, and the two steps of a reduction with one: a tree over the registers of a lane, and a
// butterfly over lanes.
#include "compiler/distribute/CombineFunction.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tile {
namespace {

/// The type of a rank-0 tile of the function, for values like `like`.
Type lifted(Type tile, Value like) {
  Type element = getElementTypeOrSelf(tile);
  auto vector = dyn_cast<VectorType>(like.getType());
  return vector ? Type(vector.clone(element)) : element;
}

/// One op of the function, for values like `like`.
Value repeat(OpBuilder &b, Operation &op, IRMapping &mapping, Value like) {
  Type type = lifted(op.getResult(0).getType(), like);
  if (auto splat = dyn_cast<ir::SplatOp>(op))
    return asRegisterType(b, op.getLoc(), mapping.lookupOrDefault(splat.getValue()), type);
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto value = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!value) return b.clone(op)->getResult(0);
    auto number = cast<TypedAttr>(value.getSplatValue<Attribute>());
    if (auto vector = dyn_cast<VectorType>(type)) number = SplatElementsAttr::get(vector, Attribute(number));
    return arith::ConstantOp::create(b, op.getLoc(), number);
  }
  SmallVector<Value, 3> operands;
  for (Value v : op.getOperands()) operands.push_back(mapping.lookup(v));
  OperationState state(op.getLoc(), op.getName(), operands, type, llvm::to_vector(op.getDiscardableAttrs()));
  state.propertiesAttr = op.getPropertiesAsAttribute();
  return b.create(state)->getResult(0);
}

} // namespace

Registers CombineFunction::operator()(const Registers &first, const Registers &second) const {
  Block &block = function_.front();
  IRMapping mapping;
  size_t count = first.size();
  for (size_t i = 0; i < count; ++i) {
    mapping.map(block.getArgument(unsigned(i)), first[i]);
    mapping.map(block.getArgument(unsigned(count + i)), second[i]);
  }
  for (size_t i = 0; i < captures_.size(); ++i) mapping.map(block.getArgument(unsigned(2 * count + i)), captures_[i]);
  for (Operation &op : block.without_terminator()) mapping.map(op.getResult(0), repeat(b_, op, mapping, first.front()));
  Registers out;
  for (Value v : block.getTerminator()->getOperands()) out.push_back(mapping.lookup(v));
  return out;
}

Registers CombineFunction::operator()(const Registers &mine, const Registers &other, Value swapped) const {
  if (symmetric_ || !swapped) return (*this)(mine, other);
  return (*this)(choose(swapped, other, mine), choose(swapped, mine, other));
}

Registers CombineFunction::choose(Value condition, const Registers &yes, const Registers &no) const {
  Registers out;
  for (auto [y, n] : llvm::zip(yes, no)) out.push_back(arith::SelectOp::create(b_, loc_, condition, y, n));
  return out;
}

Registers CombineFunction::shuffled(const Registers &v, uint32_t mask) const {
  Registers out;
  for (Value each : v) out.push_back(lane::ShuffleXorOp::create(b_, loc_, each.getType(), each, mask));
  return out;
}

Registers CombineFunction::shifted(const Registers &v, int distance) const {
  Registers out;
  for (Value each : v) out.push_back(lane::ShiftOp::create(b_, loc_, each.getType(), each, uint32_t(distance)));
  return out;
}

Registers CombineFunction::ofLanes(const Registers &v, llvm::function_ref<uint32_t(uint32_t)> source) const {
  SmallVector<int32_t> sources;
  for (int lane = 0; lane < lanes_; ++lane) sources.push_back(int32_t(source(uint32_t(lane))));
  Registers out;
  for (Value each : v) out.push_back(lane::PermuteOp::create(b_, loc_, each.getType(), each, sources));
  return out;
}

Value CombineFunction::lanes(uint32_t mask, arith::CmpIPredicate compare, uint32_t number, Value like) const {
  auto vector = dyn_cast<VectorType>(like.getType());
  Type type = vector ? Type(vector.clone(b_.getI32Type())) : b_.getI32Type();
  auto constant = [&](uint32_t n) -> Value {
    TypedAttr value = b_.getI32IntegerAttr(int32_t(n));
    if (vector) value = SplatElementsAttr::get(cast<VectorType>(type), Attribute(value));
    return arith::ConstantOp::create(b_, loc_, value);
  };
  Value masked = arith::AndIOp::create(b_, loc_, lane::IdOp::create(b_, loc_, type), constant(mask));
  return arith::CmpIOp::create(b_, loc_, compare, masked, constant(number));
}

SmallVector<Registers> CombineFunction::transposed(ArrayRef<ValueRange> tiles) {
  SmallVector<Registers> elements(tiles.front().size());
  for (ValueRange tile : tiles)
    for (auto [element, v] : llvm::zip_equal(elements, tile)) element.push_back(v);
  return elements;
}

SmallVector<Value> numbersOf(ArrayRef<ValueRange> captures) {
  SmallVector<Value> out;
  for (ValueRange c : captures) out.push_back(c.front());
  return out;
}

LogicalResult replaceWithElements(Operation *op, ArrayRef<ArrayRef<Registers>> tiles,
                                  ConversionPatternRewriter &rewriter) {
  SmallVector<SmallVector<Value>> results;
  for (ArrayRef<Registers> elements : tiles)
    for (size_t operand = 0; operand < elements.front().size(); ++operand) {
      SmallVector<Value> &registers = results.emplace_back();
      for (const Registers &element : elements) registers.push_back(element[operand]);
    }
  rewriter.replaceOpWithMultiple(op, std::move(results));
  return success();
}

namespace {

/// What the function is where it is one of those that a machine may have an instruction for.
std::optional<lane::ReduceKind> reduceKindOf(Region &function) {
  Block &block = function.front();
  Operation &op = block.front();
  const bool ofBoth = block.getNumArguments() == 2 && op.getNumOperands() == 2 &&
                      op.getOperand(0) != op.getOperand(1) &&
                      llvm::is_contained(block.getArguments(), op.getOperand(0)) &&
                      llvm::is_contained(block.getArguments(), op.getOperand(1));
  if (!ofBoth || !op.getNumResults() || block.getTerminator()->getOperands() != op.getResults()) return std::nullopt;
  using Kind = std::optional<lane::ReduceKind>;
  return llvm::TypeSwitch<Operation *, Kind>(&op)
      .Case([](arith::AddIOp) { return lane::ReduceKind::Add; })
      .Case([](arith::MinSIOp) { return lane::ReduceKind::Min; })
      .Case([](arith::MaxSIOp) { return lane::ReduceKind::Max; })
      .Case([](arith::AndIOp) { return lane::ReduceKind::And; })
      .Case([](arith::OrIOp) { return lane::ReduceKind::Or; })
      .Case([](arith::XOrIOp) { return lane::ReduceKind::Xor; })
      .Default([](Operation *) { return Kind(); });
}

/// As the builtin reductions: a short chain, and an error that grows with the depth and not the length.
Registers combineTree(const CombineFunction &combine, SmallVector<Registers> values) {
  while (values.size() > 1) {
    size_t half = values.size() / 2, left = values.size() - half;
    for (size_t i = 0; i < half; ++i) values[i] = combine(values[i], values[left + i]);
    values.truncate(left);
  }
  return values.front();
}

struct ReduceRegisters : TilePattern<ir::ReduceRegistersWithOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ReduceRegistersWithOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &layout = *ir::layoutOf(op.getSources()[0].getType());
    auto plan = layout::plan_reduction(layout, int(op.getAxis()));
    SmallVector<Value> captures = numbersOf(adaptor.getCaptures());
    CombineFunction combine(rewriter, op.getLoc(), op.getCombine(), captures, op.getSymmetric(), layout.lanes());
    SmallVector<Registers> sources = CombineFunction::transposed(adaptor.getSources()), results;
    for (const std::vector<int> &group : plan.registers) {
      SmallVector<Registers> values;
      for (int s : group) values.push_back(sources[size_t(s)]);
      results.push_back(combineTree(combine, std::move(values)));
    }
    return replaceWithElements(op, {results}, rewriter);
  }
};

struct ReduceLanes : TilePattern<ir::ReduceLanesWithOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(ir::ReduceLanesWithOp op, OneToNOpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    const layout::Layout &layout = *ir::layoutOf(op.getSources()[0].getType());
    auto plan = layout::plan_reduction(layout, int(op.getAxis()));
    SmallVector<Value> captures = numbersOf(adaptor.getCaptures());
    CombineFunction combine(rewriter, op.getLoc(), op.getCombine(), captures, op.getSymmetric(), layout.lanes());
    bool scalar = model().vectors && plan.after_lanes.uniform(layout::In::Lane); // lane 0 alone is taken
    std::optional<lane::ReduceKind> kind = reduceKindOf(op.getCombine());
    auto butterfly = [&](Registers v) {
      for (int mask : plan.lane_masks) {
        Value swapped;
        if (!scalar && !op.getSymmetric())
          swapped = combine.lanes(uint32_t(mask), arith::CmpIPredicate::ne, 0, v.front());
        v = combine(v, combine.shuffled(v, uint32_t(mask)), swapped);
      }
      return v;
    };
    SmallVector<Registers> results;
    for (Registers v : CombineFunction::transposed(adaptor.getSources())) {
      Value whole = kind ? reduceAllLanes(rewriter, op.getLoc(), *kind, plan, model(), v.front()) : Value();
      v = whole ? Registers{whole} : butterfly(std::move(v));
      for (Value &each : v)
        each = asRegisterType(rewriter, op.getLoc(), each,
                              model().registerType(getElementTypeOrSelf(each.getType()), plan.after_lanes));
      results.push_back(std::move(v));
    }
    return replaceWithElements(op, {results}, rewriter);
  }
};

} // namespace

void populateCombine(RewritePatternSet &patterns, const TileConverter &converter) {
  patterns.add<ReduceRegisters, ReduceLanes>(converter, patterns.getContext());
}

} // namespace tile
