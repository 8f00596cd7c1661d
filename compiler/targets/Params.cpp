// The packed block of a kernel's arguments, from the types and attributes of its function.
#include "compiler/targets/Params.h"

#include "compiler/dialect/TileDialect.h"
#include "compiler/support/Error.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tile::targets {

static DType dtypeOf(Type type) {
  if (type.isInteger(1)) return DType::i1;
  if (type.isInteger(32)) return DType::i32;
  if (type.isInteger(64) || type.isIndex()) return DType::i64;
  if (type.isF16()) return DType::f16;
  if (type.isBF16()) return DType::bf16;
  if (type.isF32()) return DType::f32;
  throw InternalError("a kernel argument of a type that the language does not have");
}

static int64_t integerOf(func::FuncOp kernel, unsigned arg, StringRef name, int64_t otherwise) {
  auto attr = kernel.getArgAttrOfType<IntegerAttr>(arg, name);
  return attr ? attr.getInt() : otherwise;
}

static Param paramOf(func::FuncOp kernel, unsigned arg) {
  Type type = kernel.getFunctionType().getInput(arg); // its body may have moved on already
  auto name = kernel.getArgAttrOfType<StringAttr>(arg, ir::kNameAttr);
  Param p{};
  p.name = name ? name.str() : "arg" + llvm::utostr(arg);
  if (auto pointer = dyn_cast<ir::PtrType>(type)) {
    p.kind = Param::Kind::Pointer;
    p.dtype = dtypeOf(pointer.getElementType());
    p.size = 8;
    p.align = uint32_t(integerOf(kernel, arg, ir::kAlignAttr, size_of(p.dtype)));
    return p;
  }
  p.kind = type.isIndex() ? Param::Kind::Index : Param::Kind::Scalar;
  p.dtype = dtypeOf(type);
  p.size = uint32_t(size_of(p.dtype));
  p.divisible = uint32_t(integerOf(kernel, arg, ir::kDivisibleAttr, 1));
  return p;
}

ParamBlock paramBlockOf(func::FuncOp kernel) {
  ParamBlock block;
  for (unsigned i = 0; i < kernel.getNumArguments(); ++i) {
    Param p = paramOf(kernel, i);
    p.offset = uint32_t(llvm::alignTo(block.bytes, p.size));
    block.bytes = p.offset + p.size;
    block.params.push_back(std::move(p));
  }
  return block;
}

func::FuncOp kernelOf(ModuleOp module) {
  func::FuncOp found;
  for (auto func : module.getOps<func::FuncOp>()) {
    if (found) return {};
    found = func;
  }
  return found;
}

int warpsOf(Operation *kernel) {
  auto warps = kernel->getAttrOfType<IntegerAttr>(ir::kWarpsAttr);
  return warps ? int(warps.getInt()) : 1;
}

int64_t scratchOf(Operation *kernel) {
  auto scratch = kernel->getAttrOfType<IntegerAttr>(ir::kScratchAttr);
  return scratch ? scratch.getInt() : 0;
}

} // namespace tile::targets
