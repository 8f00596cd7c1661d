// The one MLIR context of the process, and diagnostics that stay with the thread that caused them.
//
// Kernels share the context, so that types and attributes are uniqued once. Any number of threads may build and compile
// at the same time: the context's own threading is on (without it uniquing takes no locks), and every dialect and
// translation is loaded before the first use, so that nothing is registered later.
#pragma once

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"

#include <string>

namespace tile {

/// Never destroyed: kernels may live as long as the process.
mlir::MLIRContext &context();

/// What context() loads: every dialect a kernel meets on its way to machine code, and their translations to LLVM IR.
void registerEveryDialect(mlir::DialectRegistry &registry);

/// While it lives, the errors, warnings and remarks that this thread causes are kept as text instead of printed.
class DiagnosticCapture {
public:
  explicit DiagnosticCapture(mlir::MLIRContext &context);
  ~DiagnosticCapture();
  DiagnosticCapture(const DiagnosticCapture &) = delete;

  /// One line each, `file:line: text`, notes included; empty when there was nothing to say.
  const std::string &text() const { return text_; }

private:
  mlir::MLIRContext &context_;
  mlir::DiagnosticEngine::HandlerID handler_;
  std::string text_;
};

} // namespace tile
