// From the LLVM dialect to code: translation to LLVM IR, optimisation, and the machine's code generator.
#pragma once

#include "compiler/Compiler.h"

#include "mlir/IR/BuiltinOps.h"

#include <memory>

namespace llvm {
class Function;
class TargetMachine;
} // namespace llvm

namespace tile::targets {

enum class Output {
  Object,   ///< what a device loads: PTX text, or an ELF object
  Assembly, ///< the same for people: PTX text, or the host's assembly
  Llvm,     ///< no code: the optimised LLVM IR alone
};

struct Generated {
  std::string code;
  std::string llvm; ///< optimised LLVM IR as text, when asked for
  CompileTimes times;
};

/// `module` holds the LLVM dialect that lane-to-nvvm or lane-to-simd left. Thread-safe. InternalError with LLVM's words
/// when LLVM refuses. `ir`, where it is not empty, is optimised LLVM IR to make code of instead of the module.
Generated generate(mlir::ModuleOp module, const Target &target, Output output, bool keepLlvm = false,
                   const std::string &ir = {});

namespace nvvm {
/// 90 of "sm_90a"; 0 of what is no such name.
int capabilityOf(llvm::StringRef arch);
std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const Target &target);
void addAttributes(llvm::Function &function, const Target &target);
} // namespace nvvm

namespace simd {
std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const Target &target);
void addAttributes(llvm::Function &function, const Target &target);
} // namespace simd

/// A target machine with the options common to both: multiplications and additions may fuse. Registers LLVM's targets
/// on first use.
std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const std::string &triple, const std::string &cpu,
                                                       const std::string &features);

} // namespace tile::targets
