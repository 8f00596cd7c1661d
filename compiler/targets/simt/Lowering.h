// Lane IR to LLVM for the virtual GPU: lanes are the elements of vectors of 32, as on a CPU; accesses and barriers, as
// wide and as masked as on a GPU, are calls of the runtime.
//
// The kernel's body is a function of one warp of one program: its arguments, then the hidden ones that `Hidden` lists.
#pragma once

#include "compiler/targets/Lowering.h"
#include "compiler/targets/simt/Abi.h"
#include "compiler/targets/simt/Sites.h"

namespace tile::targets::simt {

/// What a warp's body is told beside the kernel's arguments, in this order.
struct Hidden {
  enum Index { ProgramX, ProgramY, ProgramZ, GridX, GridY, GridZ, Warp, Context, Count };
  static llvm::SmallVector<mlir::Type> types(mlir::MLIRContext *context);
  /// The value of one of them in the function around `op`, already lowered.
  static mlir::Value of(mlir::Operation *op, Index index);
};

/// The address of the field of the context at `offset` bytes.
mlir::Value field(mlir::OpBuilder &b, mlir::Location loc, mlir::Value context, size_t offset);

/// Calls the function in the context's field at `offset` with the context and `operands`.
void callRuntime(mlir::OpBuilder &b, mlir::Location loc, mlir::Value context, size_t offset, mlir::ValueRange operands);

/// Warp and program ids, barriers, and what lanes in vectors have on any machine.
void addLanePatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns, SiteList &sites);

/// Global memory and scratch.
void addMemoryPatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns, SiteList &sites);

/// The function the runtime calls (see Abi.h); `body` runs one warp of `kernel`.
void makeEntry(mlir::func::FuncOp kernel, mlir::LLVM::LLVMFuncOp body, mlir::OpBuilder &b);

} // namespace tile::targets::simt
