// One compilation on its way through the stages: a copy of the kernel's module that passes rewrite, and what is needed
// to report a failure so that it can be repeated.
#pragma once

#include "compiler/Compiler.h"
#include "compiler/targets/Codegen.h"
#include "compiler/targets/Params.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace tile {

class Compilation {
public:
  Compilation(const Kernel &kernel, const Target &target);

  /// Runs the passes up to `stage`; InternalError with a reproducer when one fails, UserError when the kernel asks for
  /// more than the target has.
  void runTo(Stage stage);
  /// The module as it is now.
  std::string text();
  /// What the code calls the runtime for (Simt), after Stage::Llvm.
  std::vector<Site> sites() const;
  /// Code from the module of Stage::Llvm, or from `ir` (LLVM IR as text) where it is not empty.
  targets::Generated generate(targets::Output output, bool keepLlvm, const std::string &ir = {});

  /// Goes on with this module instead of the one at hand. UserError, naming `path`, unless it is one of the same kernel
  /// for the same target.
  void replace(const std::string &text, const std::string &path);
  /// Keeps what each pass from now on changes.
  void recordDiffs() { record_ = true; }
  const std::string &diffs() const { return diffs_; }
  /// What passes remarked so far, one line each.
  const std::string &remarks() const { return remarks_; }

  const targets::ParamBlock &params() const { return params_; }
  int warps() const { return warps_; }
  int64_t scratchBytes() const { return scratch_; }
  double passMilliseconds() const { return milliseconds_; }

private:
  using BuildPipeline = void (*)(mlir::OpPassManager &);
  void step(Stage stage);
  void run(BuildPipeline build);
  void checkKernel() const;
  void checkTiles();
  void checkLane();
  [[noreturn]] void fail(const std::string &what) const;
  std::string reproducer() const;

  const Kernel &kernel_;
  Target target_;
  mlir::OwningOpRef<mlir::ModuleOp> module_;
  targets::ParamBlock params_;
  std::vector<BuildPipeline> built_; ///< pipelines run so far, for the reproducer
  int next_ = 0;                     ///< the first stage not yet reached
  int warps_ = 1;
  int64_t scratch_ = 0;
  double milliseconds_ = 0;
  bool record_ = false;
  std::string diffs_, remarks_;
};

} // namespace tile
