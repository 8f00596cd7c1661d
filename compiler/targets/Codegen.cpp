// LLVM: translation, optimisation and code generation, the same steps for both machines.
#include "compiler/targets/Codegen.h"

#include "compiler/support/Error.h"
#include "compiler/support/StageTimer.h"

#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
void LLVMInitializeAArch64TargetInfo();
void LLVMInitializeAArch64Target();
void LLVMInitializeAArch64TargetMC();
void LLVMInitializeAArch64AsmPrinter();
void LLVMInitializeX86TargetInfo();
void LLVMInitializeX86Target();
void LLVMInitializeX86TargetMC();
void LLVMInitializeX86AsmPrinter();
}

namespace tile::targets {
namespace {

void registerTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
}

/// LLVM's errors as text; by default it prints them and ends the process.
struct KeepErrors : llvm::DiagnosticHandler {
  explicit KeepErrors(std::string &text) : text(text) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() == llvm::DS_Error) {
      llvm::raw_string_ostream os(text);
      llvm::DiagnosticPrinterRawOStream printer(os);
      info.print(printer);
      os << '\n';
    }
    return true;
  }
  std::string &text;
};

/// No function of the C library may be called, nor a loop be made into one (memset).
llvm::TargetLibraryInfoImpl noLibrary(const llvm::Module &module) {
  llvm::TargetLibraryInfoImpl library(module.getTargetTriple());
  library.disableAllFunctions();
  return library;
}

/// Tiles arrive unrolled and as vectors, without memory of their own: what is left to do is to share and hoist address
/// arithmetic, to fold, and to clean up. LLVM's own O3 gives the same registers and instructions for our kernels and
/// takes two times as long for PTX, twenty for the host (its LoopLoadElimination compares all stores to all loads).
/// A pass of instcombine that leaves something to combine is no mistake of ours: LLVM ends the process unless told so.
constexpr const char *kOptimize =
    "always-inline,function(early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,loop-simplify,"
    "loop-mssa(loop-rotate,licm),gvn,loop(indvars),instcombine<no-verify-fixpoint>,adce,simplifycfg)";

void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(noLibrary(module)); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager passes;
  if (llvm::Error error = builder.parsePassPipeline(passes, kOptimize))
    throw InternalError("LLVM knows no such passes: " + llvm::toString(std::move(error)));
  passes.run(module, modules);
}

std::string emit(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream os(bytes);
  llvm::legacy::PassManager passes;
  passes.add(new llvm::TargetLibraryInfoWrapperPass(noLibrary(module)));
  if (machine.addPassesToEmitFile(passes, os, nullptr, type, /*DisableVerify=*/true))
    throw InternalError("LLVM cannot emit this kind of file for " + machine.getTargetTriple().str());
  passes.run(module);
  return std::string(bytes.begin(), bytes.end());
}

std::string textOf(const llvm::Module &module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os, nullptr);
  return text;
}

/// The CPU that runs the code.
const Target &cpuOf(const Target &target) {
  static const Target host = Target::host();
  return target.kind == Target::Kind::Simt ? host : target;
}

std::unique_ptr<llvm::Module> translate(mlir::ModuleOp source, llvm::LLVMContext &context, const Target &target,
                                        const llvm::TargetMachine &machine) {
  auto module = mlir::translateModuleToLLVMIR(source, context, "kernel");
  if (!module) throw InternalError("the LLVM dialect could not be translated to LLVM IR");
  module->setTargetTriple(machine.getTargetTriple());
  module->setDataLayout(machine.createDataLayout());
  for (llvm::Function &function : *module) {
    if (function.isDeclaration()) continue;
    function.addFnAttr(llvm::Attribute::NoUnwind);
    if (target.kind == Target::Kind::Nvvm)
      nvvm::addAttributes(function, target);
    else
      simd::addAttributes(function, cpuOf(target));
  }
  std::string wrong;
  llvm::raw_string_ostream os(wrong);
  if (llvm::verifyModule(*module, &os)) throw InternalError("LLVM's verifier refuses the module: " + wrong);
  return module;
}

std::unique_ptr<llvm::Module> parse(const std::string &ir, llvm::LLVMContext &context) {
  llvm::SMDiagnostic said;
  auto module = llvm::parseIR(llvm::MemoryBufferRef(ir, "edited"), said, context);
  if (!module)
    throw UserError("the edited LLVM IR cannot be read, line " + std::to_string(said.getLineNo()) + ": " +
                    said.getMessage().str());
  return module;
}

} // namespace

std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const std::string &triple, const std::string &cpu,
                                                       const std::string &features) {
  registerTargets();
  std::string error;
  llvm::Triple parsed(triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(parsed, error);
  if (!target) throw InternalError("this build's LLVM has no code generator for " + triple + ": " + error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Fast;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      parsed, cpu, features, options, llvm::Reloc::PIC_, llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default));
}

Generated generate(mlir::ModuleOp source, const Target &target, Output output, bool keepLlvm, const std::string &ir) {
  bool nvvm = target.kind == Target::Kind::Nvvm;
  Generated made;
  std::string errors;
  llvm::LLVMContext context;
  context.setDiagnosticHandler(std::make_unique<KeepErrors>(errors));
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
  {
    StageTimer timer(made.times.translate);
    machine = nvvm ? nvvm::makeTargetMachine(target) : simd::makeTargetMachine(cpuOf(target));
    module = ir.empty() ? translate(source, context, target, *machine) : parse(ir, context);
  }
  if (ir.empty()) {
    StageTimer timer(made.times.optimize);
    optimize(*module, *machine);
  }
  if (keepLlvm || output == Output::Llvm) made.llvm = textOf(*module);
  if (output != Output::Llvm) {
    StageTimer timer(made.times.codegen);
    bool text = nvvm || output == Output::Assembly;
    made.code = emit(*module, *machine, text ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile);
  }
  if (!errors.empty()) throw InternalError("LLVM: " + errors);
  return made;
}

} // namespace tile::targets
