// The process's MLIR context and the capture of diagnostics by thread.
#include "compiler/dsl/Context.h"

#include "compiler/dialect/TileDialect.h"
#include "compiler/lane/LaneDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"

#include "llvm/Support/Threading.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tile {

void registerEveryDialect(DialectRegistry &registry) {
  registry.insert<ir::TileDialect, lane::LaneDialect, arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect,
                  LLVM::LLVMDialect, math::MathDialect, NVVM::NVVMDialect, scf::SCFDialect, ub::UBDialect,
                  vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}

MLIRContext &context() {
  static MLIRContext *shared = [] {
    DialectRegistry registry;
    registerEveryDialect(registry);
    auto *made = new MLIRContext(registry, MLIRContext::Threading::ENABLED);
    made->loadAllAvailableDialects();
    return made;
  }();
  return *shared;
}

static void write(llvm::raw_ostream &os, Diagnostic &diagnostic) {
  if (auto at = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
    os << at.getFilename().getValue() << ':' << at.getLine() << ": ";
  const bool is_remark = diagnostic.getSeverity() == DiagnosticSeverity::Remark;
  if (is_remark) os << "remark: ";
  diagnostic.print(os);
  os << '\n';
  if (is_remark) return; // its notes show the op, which is no help to the author
  for (Diagnostic &note : diagnostic.getNotes()) write(os, note);
}

DiagnosticCapture::DiagnosticCapture(MLIRContext &context) : context_(context) {
  handler_ = context.getDiagEngine().registerHandler(
      [this, mine = llvm::get_threadid()](Diagnostic &diagnostic) -> LogicalResult {
        if (llvm::get_threadid() != mine) return failure(); // another thread's handler takes it
        llvm::raw_string_ostream os(text_);
        write(os, diagnostic);
        return success();
      });
}

DiagnosticCapture::~DiagnosticCapture() {
  context_.getDiagEngine().eraseHandler(handler_);
}

} // namespace tile
