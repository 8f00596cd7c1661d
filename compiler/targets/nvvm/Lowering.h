// Lane IR to LLVM for NVIDIA GPUs, by what it is about. Each adds the patterns of its own ops.
#pragma once

#include "compiler/targets/Lowering.h"

namespace tile::targets::nvvm {

/// Program ids, lane ids, shuffles, reductions over lanes, barriers. `warps`: of a program; `hasRedux`: a warp reduces
/// integers by one instruction.
void addLanePatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns, int warps, bool hasRedux);

struct MemoryOptions {
  bool hasPolicies;  ///< the second-level cache can be told about each access
  bool fewRegisters; ///< the author has counted them: none for addresses that a loop could do without
};

/// Global memory and scratch, `scratch` being the global variable that holds it (null: none).
void addMemoryPatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns,
                       mlir::LLVM::GlobalOp scratch, const MemoryOptions &options);

/// Before the lowering: requirements become branches to a print and a trap.
void expandRequirements(mlir::ModuleOp module);

/// bf16 -> f32.
void addWideningPatterns(const mlir::LLVMTypeConverter &types, mlir::RewritePatternSet &patterns);

inline constexpr unsigned kGlobalSpace = 1;
inline constexpr unsigned kSharedSpace = 3;

} // namespace tile::targets::nvvm
