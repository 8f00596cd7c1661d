// Lane IR to LLVM for the host's vector unit, by what it is about. Each adds the patterns of its own ops.
//
// The kernel's body is a function of one program: its arguments, then the hidden ones that `Hidden` lists. The entry
// that the runtime calls runs it for a range of programs.
#pragma once

#include "compiler/targets/Lowering.h"

namespace tile::targets::simd {

/// What a program's body is told beside the kernel's arguments, in this order.
struct Hidden {
  enum Index { ProgramX, ProgramY, ProgramZ, GridX, GridY, GridZ, Scratch, Count };
  static llvm::SmallVector<mlir::Type> types(mlir::MLIRContext *context);
  /// The value of one of them in the function around `op`, already lowered.
  static mlir::Value of(mlir::Operation *op, Index index);
};

/// What lanes in vectors have on any machine: lane ids, splats, shuffles.
void addVectorPatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns);

/// Program ids, lane ids, shuffles, barriers.
void addLanePatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns);

/// Global memory and scratch.
void addMemoryPatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns);

/// Atomic additions.
void addAtomicPatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns);

/// Where the machine has no masked access to elements of a size, takes the plain access where all lanes are in, and the
/// slow one only at a tile's edge.
void splitMaskedAccesses(mlir::ModuleOp module);

/// Atomic additions of all lanes become loops of additions of one.
void splitAtomics(mlir::ModuleOp module);

/// Before the lowering: requirements become branches to a call of the runtime.
void expandRequirements(mlir::ModuleOp module);

/// The function the runtime calls (see Artifact in Compiler.h); `body` runs one program of `kernel`.
void makeEntry(mlir::func::FuncOp kernel, mlir::LLVM::LLVMFuncOp body, mlir::OpBuilder &b);

} // namespace tile::targets::simd
