// The module is printed before and after each pass; the comparison is the system's `diff`.
#include "compiler/PassDiffs.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassInstrumentation.h"

#include "llvm/IR/PrintPasses.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tile {
namespace {

class Recorder : public PassInstrumentation {
public:
  explicit Recorder(std::string &text) : text_(text) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (isAdaptor(pass)) return;
    before_ = moduleText(op);
  }

  void runAfterPass(Pass *pass, Operation *op) override {
    if (isAdaptor(pass)) return;
    const std::string after = moduleText(op);
    if (after == before_) return;
    text_ += "==== " + pass->getArgument().str() + "\n";
    text_ += llvm::doSystemDiff(before_, after, "-%l\n", "+%l\n", " %l\n");
  }

private:
  /// A pass that only hands the functions of a module to passes.
  static bool isAdaptor(Pass *pass) { return pass->getArgument().empty(); }

  /// Kernels are modules of one function, so that nothing else changes while one is printed.
  static std::string moduleText(Operation *op) {
    while (Operation *parent = op->getParentOp()) op = parent;
    std::string text;
    llvm::raw_string_ostream os(text);
    op->print(os);
    return text + "\n";
  }

  std::string &text_;
  std::string before_;
};

} // namespace

void recordDiffs(PassManager &pm, std::string &text) {
  pm.addInstrumentation(std::make_unique<Recorder>(text));
}

} // namespace tile
