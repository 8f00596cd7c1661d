// KernelBuilder: the kernel's arguments and programs, and its end; Kernel.
#include "compiler/dsl/Impl.h"
#include "compiler/support/Options.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Verifier.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tile {
using namespace detail;

KernelBuilder::KernelBuilder(std::string_view name, LaunchOptions options, Loc loc) {
  if (!isIdentifier(name))
    fail(loc, "the kernel name '", name, "' is not a C identifier (letters, digits and _, no digit first)");
  if (options.warps < 1 || options.warps > 32 || !llvm::isPowerOf2_32(uint32_t(options.warps)))
    fail(loc, "the kernel '", name, "' asks for ", options.warps, " warps; a program has 1, 2, 4, 8, 16 or 32");
  if (options.registers && (options.registers < ir::kLeastRegisters || options.registers > ir::kMostRegisters))
    fail(loc, "the kernel '", name, "' asks for ", options.registers, " registers; a lane has ", ir::kLeastRegisters,
         " to ", ir::kMostRegisters, ", or 0 to leave the choice to the GPU's assembler");
  impl_ = std::make_unique<BuilderImpl>(std::string(name), options.warps, loc);
  if (options.registers)
    impl_->function->setAttr(ir::kRegistersAttr, impl_->builder.getI32IntegerAttr(options.registers));
  if (options.primary) impl_->function->setAttr(ir::kPrimaryAttr, impl_->builder.getUnitAttr());
  if (options.secondary) impl_->function->setAttr(ir::kSecondaryAttr, impl_->builder.getUnitAttr());
  impl_->debug = options.debug || tile::options().debug;
}

KernelBuilder::~KernelBuilder() = default;

Index KernelBuilder::runtime(std::string_view name, int64_t divisible, Loc loc) {
  if (divisible < 1 || divisible > std::numeric_limits<int32_t>::max())
    fail(loc, "the argument '", name, "' is promised to be divisible by ", divisible, "; a divisor is 1 to 2^31-1");
  Builder &b = impl_->builder;
  auto promise = b.getNamedAttr(ir::kDivisibleAttr, b.getI64IntegerAttr(divisible));
  return impl_->index(impl_->argument(name, b.getIndexType(), promise, loc));
}

Scalar KernelBuilder::scalar(std::string_view name, DType dtype, Loc loc) {
  if (dtype == DType::i1) fail(loc, "the argument '", name, "' is a number of i1; pass an i32 and compare it with 0");
  return Scalar(impl_->wrap(impl_->argument(name, typeOf(dtype), {}, loc)), dtype);
}

static void checkProgramAxis(int axis, Loc loc) {
  if (axis < 0 || axis > 2) fail(loc, "the grid has no axis ", axis, "; its axes are 0, 1 and 2");
}

Index KernelBuilder::program_id(int axis, Loc loc) {
  impl_->checkOpen(loc);
  checkProgramAxis(axis, loc);
  return impl_->index(ir::ProgramIdOp::create(impl_->builder, impl_->at(loc), uint64_t(axis)));
}

Index KernelBuilder::num_programs(int axis, Loc loc) {
  impl_->checkOpen(loc);
  checkProgramAxis(axis, loc);
  return impl_->index(ir::NumProgramsOp::create(impl_->builder, impl_->at(loc), uint64_t(axis)));
}

Tile KernelBuilder::iota(int64_t extent, DType dtype, Loc loc) {
  impl_->checkOpen(loc);
  if (dtype != i32 && dtype != i64) fail(loc, "iota counts in i32 or i64, not in ", name_of(dtype));
  checkShape({extent}, loc);
  return impl_->tile(ir::IotaOp::create(impl_->builder, impl_->at(loc), typeOf(dtype, {extent})), dtype);
}

Tile KernelBuilder::full(std::vector<int64_t> shape, double value, DType dtype, Loc loc) {
  bool whole = value == std::trunc(value) && std::abs(value) < 0x1p63;
  return constant(shape, is_float(dtype) || !whole ? Operand(value) : Operand(int64_t(value)), dtype, loc);
}

Tile KernelBuilder::constant(const std::vector<int64_t> &shape, const Operand &number, DType dtype, Loc loc) {
  impl_->checkOpen(loc);
  checkShape(shape, loc);
  return impl_->tile(constantTile(*impl_, number, dtype, shape, loc), dtype);
}

Kernel KernelBuilder::finish(Loc loc) {
  impl_->checkOpen(loc);
  if (impl_->builder.getInsertionBlock()->getParentOp() != impl_->function)
    fail(loc, "finish() inside the body of a loop, a branch or a combine function; finish the kernel after it");
  func::ReturnOp::create(impl_->builder, impl_->at(loc));
  impl_->finished = true;
  for (Operation *op : impl_->abandoned) op->destroy();
  impl_->abandoned.clear();

  DiagnosticCapture diagnostics(context());
  if (failed(verify(*impl_->module)))
    throw InternalError("the kernel '" + impl_->name + "' was built wrong:\n" + diagnostics.text());
  auto kernel = std::make_shared<KernelImpl>(KernelImpl{impl_->name, impl_->warps, std::move(impl_->module)});
  return Kernel(std::move(kernel));
}

// ---- Kernel ---------------------------------------------------------------------------------------------------------

const KernelImpl &Kernel::impl() const {
  if (!impl_) throw UserError("an empty Kernel: it was declared but never given one that KernelBuilder::finish() made");
  return *impl_;
}

const std::string &Kernel::name() const {
  return impl().name;
}

int Kernel::warps() const {
  return impl().warps;
}

std::string Kernel::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  // Verified by finish(); verifying again would order the blocks' ops, which two threads must not do at once.
  moduleOf(*this)->print(os, OpPrintingFlags().assumeVerified());
  return text;
}

ModuleOp moduleOf(const Kernel &kernel) {
  return const_cast<OwningOpRef<ModuleOp> &>(kernel.impl().module).get();
}

OwningOpRef<ModuleOp> copyOf(const Kernel &kernel) {
  return moduleOf(kernel).clone();
}

Kernel kernelFrom(OwningOpRef<ModuleOp> module) {
  func::FuncOp found;
  for (auto function : module->getOps<func::FuncOp>()) {
    if (!function->hasAttr(ir::kKernelAttr)) continue;
    if (found) throw InternalError("the module holds more than one kernel; it must hold exactly one");
    found = function;
  }
  if (!found) throw InternalError("the module holds no function with the attribute tile.kernel");
  auto warps = found->getAttrOfType<IntegerAttr>(ir::kWarpsAttr);
  if (!warps) throw InternalError("the kernel '" + found.getName().str() + "' lacks the attribute tile.warps");
  auto name = found.getName().str();
  return Kernel(std::make_shared<KernelImpl>(KernelImpl{name, int(warps.getInt()), std::move(module)}));
}

} // namespace tile
