// What the lowerings of all machines share: the way from lane IR to the LLVM dialect, and how elements lie in memory.
#pragma once

#include "compiler/dialect/TileDialect.h"
#include "compiler/lane/LaneDialect.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace tile::targets {

/// Patterns of one machine, added to the common ones.
using AddPatterns = llvm::function_ref<void(const mlir::LLVMTypeConverter &, mlir::RewritePatternSet &)>;

/// Lowers everything in `module` to the LLVM dialect: scf through cf, then arith, math and cf by upstream's patterns
/// and lane, tile and func by the machine's. Indices become i64, pointers lie in `addressSpace`.
mlir::LogicalResult lowerToLlvm(mlir::ModuleOp module, unsigned addressSpace, AddPatterns machine);

/// The kernel of a module, or an error that says why it cannot be lowered.
mlir::FailureOr<mlir::func::FuncOp> kernelToLower(mlir::ModuleOp module);

/// The type an element has in memory: i1 is a byte, 16-bit floats are i16, for which every machine has moves.
mlir::Type storageType(mlir::Type elementType);

/// A value (scalar or vector) as it lies in memory, and back.
mlir::Value toStorage(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value);
mlir::Value fromStorage(mlir::OpBuilder &b, mlir::Location loc, mlir::Value stored, mlir::Type elementType);

/// `pointer` + `index` elements of `elementType` in memory.
mlir::Value element(mlir::OpBuilder &b, mlir::Location loc, mlir::Value pointer, mlir::Type elementType,
                    llvm::ArrayRef<mlir::LLVM::GEPArg> index);

/// The kernel's function in the LLVM dialect, with the same name, arguments and body, and `hidden` more arguments.
/// Pointers carry the alignment their `tile.align` promises.
mlir::FailureOr<mlir::LLVM::LLVMFuncOp> lowerFunction(mlir::func::FuncOp func, const mlir::LLVMTypeConverter &types,
                                                      mlir::TypeRange hidden,
                                                      mlir::ConversionPatternRewriter &rewriter);

/// The values of the kernel's arguments, read from the packed block, as `body` takes them.
llvm::SmallVector<mlir::Value> unpackArguments(mlir::OpBuilder &b, mlir::Location loc, mlir::func::FuncOp kernel,
                                               mlir::LLVM::LLVMFuncOp body, mlir::Value block);

/// i32 and i64 constants.
mlir::Value constant(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, int64_t value);

} // namespace tile::targets
