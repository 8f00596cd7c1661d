// Registration of the tile dialect, and how it prints.
#include "compiler/dialect/TileDialect.h"

#include "compiler/dialect/Anew.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "compiler/dialect/TileDialect.cpp.inc"
#include "compiler/dialect/TileEnums.cpp.inc"

namespace tile::ir {
namespace {

/// Layouts are long: they print as #layout, #layout1, ... at the top of a module.
struct Aliases : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;
  AliasResult getAlias(Attribute attr, raw_ostream &os) const override {
    if (!isa<LayoutAttr>(attr)) return AliasResult::NoAlias;
    os << "layout";
    return AliasResult::OverridableAlias;
  }
};

} // namespace

void TileDialect::initialize() {
  registerTypes();
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "compiler/dialect/TileOps.cpp.inc"
      >();
  addInterfaces<Aliases>();
}

// ---- Attributes of kernels ------------------------------------------------------------------------------------------

namespace {

constexpr int64_t kMaxWarps = 32;

/// Kernels get pointers and numbers, and give results through memory. What a machine's own function takes is its own
/// affair.
LogicalResult verifyKernel(Operation *op) {
  if (!isa<FunctionOpInterface>(op)) return op->emitError() << "'tile.kernel' is for functions";
  auto func = dyn_cast<func::FuncOp>(op);
  if (!func) return success();
  if (func.getNumResults()) return op->emitError() << "a kernel has no results; it stores them";
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    if (!isa<PtrType, IndexType>(type) && !isNumber(type))
      return op->emitError() << "argument " << i << " of a kernel is a pointer, an index or a number, not " << type;
  return success();
}

LogicalResult verifyWarps(Operation *op, Attribute value) {
  auto warps = dyn_cast<IntegerAttr>(value);
  if (!warps) return op->emitError() << "'tile.warps' is an integer, not " << value;
  int64_t n = warps.getInt();
  if (n < 1 || n > kMaxWarps || !llvm::isPowerOf2_64(uint64_t(n)))
    return op->emitError() << "'tile.warps' is a power of two, at most " << kMaxWarps << ", not " << n;
  return success();
}

LogicalResult verifyRegisters(Operation *op, Attribute value) {
  auto registers = dyn_cast<IntegerAttr>(value);
  if (!registers || registers.getInt() < kLeastRegisters || registers.getInt() > kMostRegisters)
    return op->emitError() << "'tile.registers' is a number from " << kLeastRegisters << " to " << kMostRegisters
                           << ", not " << value;
  return success();
}

LogicalResult verifyLaunchOrder(Operation *op, NamedAttribute attr) {
  StringRef name = attr.getName();
  if (!op->hasAttr(kKernelAttr)) return op->emitError() << "'" << name << "' is for kernels";
  if (!isa<UnitAttr>(attr.getValue()))
    return op->emitError() << "'" << name << "' has no value, not " << attr.getValue();
  return success();
}

LogicalResult verifyScratchBytes(Operation *op, Attribute value) {
  auto bytes = dyn_cast<IntegerAttr>(value);
  if (!bytes || bytes.getInt() < 0) return op->emitError() << "'tile.scratch' is a number of bytes, not " << value;
  return success();
}

LogicalResult verifyStages(Operation *op, Attribute value) {
  if (!isa<scf::ForOp>(op)) return op->emitError() << "'tile.stages' is for loops";
  auto stages = dyn_cast<IntegerAttr>(value);
  if (!stages || stages.getInt() < 1 || stages.getInt() > kMaxStages)
    return op->emitError() << "'tile.stages' is a number from 1 to " << kMaxStages << ", not " << value;
  return success();
}

/// Lowered, the mark stays where it was.
LogicalResult verifyAnew(Operation *op, Attribute value) {
  auto time = dyn_cast<IntegerAttr>(value);
  if (!time || time.getInt() < 1 || time.getInt() > kMostAnew)
    return op->emitError() << "'tile.anew' is a number from 1 to " << kMostAnew << ", not " << value;
  if (op->getName().getStringRef() == "llvm.fpext") return success();
  if (!isa<arith::ExtFOp>(op)) return op->emitError() << "'tile.anew' is for arith.extf";
  return success();
}

} // namespace

LogicalResult TileDialect::verifyOperationAttribute(Operation *op, NamedAttribute attr) {
  StringRef name = attr.getName();
  if (name == kKernelAttr) return verifyKernel(op);
  if (name == kWarpsAttr) return verifyWarps(op, attr.getValue());
  if (name == kRegistersAttr) return verifyRegisters(op, attr.getValue());
  if (name == kPrimaryAttr || name == kSecondaryAttr) return verifyLaunchOrder(op, attr);
  if (name == kScratchAttr) return verifyScratchBytes(op, attr.getValue());
  if (name == kScratchPlaceAttr)
    return isa<StringAttr>(attr.getValue()) ? success() : op->emitError() << "'tile.scratch_place' is a string";
  if (name == kAnewAttr) return verifyAnew(op, attr.getValue());
  if (name == kStagesAttr) return verifyStages(op, attr.getValue());
  if (name == kSitesAttr)
    return isa<ArrayAttr>(attr.getValue()) ? success() : op->emitError() << "'tile.sites' is a list";
  if (name != kTargetAttr) return op->emitError() << "no attribute '" << name << "' is known for an op";
  if (!isa<ModuleOp>(op)) return op->emitError() << "'tile.target' stands on the module";
  if (!isa<TargetAttr>(attr.getValue()))
    return op->emitError() << "'tile.target' is a #tile.target, not " << attr.getValue();
  return success();
}

LogicalResult TileDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned number, NamedAttribute attr) {
  StringRef name = attr.getName();
  auto error = [&]() -> InFlightDiagnostic { return op->emitError() << "argument " << number << ": "; };
  if (name == kNameAttr) {
    if (isa<StringAttr>(attr.getValue())) return success();
    return error() << "'tile.name' is a string, not " << attr.getValue();
  }
  if (name != kAlignAttr && name != kDivisibleAttr)
    return error() << "no attribute '" << name << "' is known for an argument";
  bool align = name == kAlignAttr;
  auto func = dyn_cast<func::FuncOp>(op);
  Type type = func ? func.getArgumentTypes()[number] : Type();
  if (type && (align ? !isa<PtrType>(type) : !isa<IndexType>(type)))
    return error() << "'" << name << "' is for " << (align ? "a pointer" : "an index");
  auto value = dyn_cast<IntegerAttr>(attr.getValue());
  if (!value || value.getInt() < 1 || (align && !llvm::isPowerOf2_64(uint64_t(value.getInt()))))
    return error() << "'" << name << "' is " << (align ? "a power of two" : "at least 1") << ", not "
                   << attr.getValue();
  return success();
}

Operation *TileDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

} // namespace tile::ir
