// Common to all machines: lane IR to the LLVM dialect.
#include "compiler/targets/Lowering.h"

#include "compiler/targets/Params.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace tile::targets {

Type storageType(Type elementType) {
  MLIRContext *context = elementType.getContext();
  if (elementType.isInteger(1)) return IntegerType::get(context, 8);
  if (elementType.isBF16() || elementType.isF16()) return IntegerType::get(context, 16);
  return elementType;
}

static Type withElement(Type like, Type element) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? Type(vector.clone(element)) : element;
}

Value toStorage(OpBuilder &b, Location loc, Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  Type storage = storageType(element);
  if (element == storage) return value;
  Type type = withElement(value.getType(), storage);
  if (element.isInteger(1)) return LLVM::ZExtOp::create(b, loc, type, value);
  return LLVM::BitcastOp::create(b, loc, type, value);
}

Value fromStorage(OpBuilder &b, Location loc, Value stored, Type elementType) {
  if (getElementTypeOrSelf(stored.getType()) == elementType) return stored;
  Type type = withElement(stored.getType(), elementType);
  if (elementType.isInteger(1)) {
    Value zero = LLVM::ZeroOp::create(b, loc, stored.getType());
    return LLVM::ICmpOp::create(b, loc, type, LLVM::ICmpPredicate::ne, stored, zero);
  }
  return LLVM::BitcastOp::create(b, loc, type, stored);
}

Value element(OpBuilder &b, Location loc, Value pointer, Type elementType, ArrayRef<LLVM::GEPArg> index) {
  Type type = pointer.getType();
  for (const LLVM::GEPArg &i : index)
    if (Value value = llvm::dyn_cast_if_present<Value>(i))
      if (auto vector = dyn_cast<VectorType>(value.getType())) type = VectorType::get(vector.getShape(), type);
  return LLVM::GEPOp::create(b, loc, type, storageType(elementType), pointer, index);
}

Value constant(OpBuilder &b, Location loc, Type type, int64_t value) {
  return LLVM::ConstantOp::create(b, loc, type, b.getIntegerAttr(type, value));
}

FailureOr<func::FuncOp> kernelToLower(ModuleOp module) {
  func::FuncOp kernel = kernelOf(module);
  if (!kernel) return module.emitError("a module to lower has exactly one function, the kernel");
  if (kernel.getNumResults() || kernel.isExternal())
    return kernel.emitOpError("is no kernel: a kernel has a body and returns nothing");
  return kernel;
}

FailureOr<LLVM::LLVMFuncOp> lowerFunction(func::FuncOp func, const LLVMTypeConverter &types, TypeRange hidden,
                                          ConversionPatternRewriter &rewriter) {
  TypeConverter::SignatureConversion signature(func.getNumArguments());
  if (failed(types.convertSignatureArgs(func.getArgumentTypes(), signature))) return failure();
  signature.addInputs(llvm::to_vector(hidden));
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(func.getContext()), signature.getConvertedTypes());
  auto lowered = LLVM::LLVMFuncOp::create(rewriter, func.getLoc(), func.getName(), type);
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    if (auto align = func.getArgAttrOfType<IntegerAttr>(i, ir::kAlignAttr))
      if (isa<ir::PtrType>(func.getArgument(i).getType()))
        lowered.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(), rewriter.getI64IntegerAttr(align.getInt()));
  rewriter.inlineRegionBefore(func.getBody(), lowered.getBody(), lowered.end());
  if (failed(rewriter.convertRegionTypes(&lowered.getBody(), types, &signature))) return failure();
  return lowered;
}

SmallVector<Value> unpackArguments(OpBuilder &b, Location loc, func::FuncOp kernel, LLVM::LLVMFuncOp body,
                                   Value block) {
  SmallVector<Value> values;
  Type i8 = b.getI8Type();
  for (auto [i, param] : llvm::enumerate(paramBlockOf(kernel).params)) {
    Value at = LLVM::GEPOp::create(b, loc, block.getType(), i8, block, ArrayRef<LLVM::GEPArg>{int32_t(param.offset)});
    Type type = body.getFunctionType().getParamType(unsigned(i));
    Value stored = LLVM::LoadOp::create(b, loc, storageType(type), at, param.size);
    values.push_back(fromStorage(b, loc, stored, type));
  }
  return values;
}

namespace {

struct LowerReturn : ConvertOpToLLVMPattern<func::ReturnOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(func::ReturnOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<LLVM::ReturnOp>(op, ValueRange{});
    return success();
  }
};

} // namespace

/// Upstream's lowering of the others ends in a call to libm, which no kernel may make.
static LogicalResult checkMath(ModuleOp module) {
  WalkResult walk = module.walk([](Operation *op) {
    if (!isa_and_nonnull<math::MathDialect>(op->getDialect())) return WalkResult::advance();
    if (isa<math::FmaOp, math::SqrtOp, math::AbsFOp, math::AbsIOp, math::FloorOp, math::CeilOp, math::RoundEvenOp,
            math::TruncOp, math::CopySignOp>(op))
      return WalkResult::advance();
    op->emitOpError("has no lowering without a call to libm; lane-math-policy expands those that are supported");
    return WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}

/// A kernel's author promises that it divides an index by at least 1 and that loops step by at least 1, and its caller
/// may break that: a divisor of 0 would end the process on a CPU, a step of 0 would never end. Here, and not where the
/// author writes it, since a guard hides from analyses that i % n is below n.
static void guardAgainstZeros(ModuleOp module) {
  module.walk([](Operation *op) {
    const bool divides = isa<arith::DivUIOp, arith::RemUIOp>(op) && !isa<VectorType>(op->getResult(0).getType());
    if (!divides && !isa<scf::ForOp>(op)) return;
    const unsigned number = divides ? 1 : 2; // the divisor, or the step
    Value value = op->getOperand(number);
    if (matchPattern(value, m_Constant()) || isa_and_nonnull<ir::NumProgramsOp>(value.getDefiningOp())) return;
    OpBuilder b(op);
    Value one = arith::ConstantOp::create(b, op->getLoc(), b.getIntegerAttr(value.getType(), 1));
    op->setOperand(number, divides ? Value(arith::MaxUIOp::create(b, op->getLoc(), value, one))
                                   : Value(arith::MaxSIOp::create(b, op->getLoc(), value, one)));
  });
}

static LogicalResult lowerLoops(ModuleOp module) {
  MLIRContext *context = module.getContext();
  RewritePatternSet patterns(context);
  populateSCFToControlFlowConversionPatterns(patterns);
  ConversionTarget target(*context);
  target.addIllegalDialect<scf::SCFDialect>();
  target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
  return applyPartialConversion(module, target, std::move(patterns));
}

LogicalResult lowerToLlvm(ModuleOp module, unsigned addressSpace, AddPatterns machine) {
  MLIRContext *context = module.getContext();
  if (failed(checkMath(module))) return failure();
  guardAgainstZeros(module);
  if (failed(lowerLoops(module))) return failure();

  LowerToLLVMOptions options(context);
  options.overrideIndexBitwidth(64);
  LLVMTypeConverter types(context, options);
  types.addConversion([&](ir::PtrType) { return LLVM::LLVMPointerType::get(context, addressSpace); });

  RewritePatternSet patterns(context);
  arith::populateArithToLLVMConversionPatterns(types, patterns);
  populateMathToLLVMConversionPatterns(types, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
  patterns.add<LowerReturn>(types);
  machine(types, patterns);

  LLVMConversionTarget target(*context);
  target.addLegalDialect<NVVM::NVVMDialect>();
  target.addLegalOp<ModuleOp>();
  ConversionConfig config;
  config.allowPatternRollback = false; // no pattern changes its mind, and undoing costs as much as doing
  return applyFullConversion(module, target, std::move(patterns), config);
}

} // namespace tile::targets
