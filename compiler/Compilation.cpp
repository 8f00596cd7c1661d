// Stage by stage through the passes, each verified; failures become errors with a reproducer.
#include "compiler/Compilation.h"

#include "compiler/PassDiffs.h"
#include "compiler/dsl/Impl.h"
#include "compiler/passes/Passes.h"
#include "compiler/support/Error.h"
#include "compiler/support/Options.h"
#include "compiler/support/StageTimer.h"
#include "compiler/targets/simt/Sites.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/raw_ostream.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace mlir;

namespace tile {
namespace {

/// Static shared memory of one block; more would have to be asked of the driver at each launch.
constexpr int64_t kMaxScratch = 48 * 1024;
/// Elements of one tile in one thread of a GPU, which has 255 registers: beyond, code would be memory traffic, and take
/// minutes to compile.
constexpr int kMaxRegisters = 1024;
/// On the host scratch lies on a thread's stack, of which there are 8 MiB as a rule.
constexpr int64_t kMaxStack = 6 << 20;
/// Bytes of a kernel's parameters that every driver takes.
constexpr uint32_t kMaxParams = 4096;

std::string archOf(const Target &target) {
  return target.kind == Target::Kind::Simd && target.arch == Target::host().arch ? "host" : target.arch;
}

using BuildPipeline = void (*)(OpPassManager &);

/// Pipelines that ran before, each for one compilation at a time: what a pass prepares once, patterns above all, takes
/// as long as a small kernel's passes.
class KeptPasses {
public:
  std::unique_ptr<PassManager> take(BuildPipeline build, MLIRContext *context) {
    {
      std::lock_guard lock(mutex_);
      std::vector<std::unique_ptr<PassManager>> &kept = kept_[{context, build}];
      if (!kept.empty()) {
        std::unique_ptr<PassManager> pm = std::move(kept.back());
        kept.pop_back();
        return pm;
      }
    }
    auto pm = std::make_unique<PassManager>(context);
    pm->enableVerifier(false); // once a stage instead: after each pass it took up to a sixth of the time of the passes
    build(*pm);
    return pm;
  }

  void give(BuildPipeline build, std::unique_ptr<PassManager> pm) {
    std::lock_guard lock(mutex_);
    kept_[{pm->getContext(), build}].push_back(std::move(pm));
  }

private:
  std::mutex mutex_;
  std::map<std::pair<MLIRContext *, BuildPipeline>, std::vector<std::unique_ptr<PassManager>>> kept_;
};

KeptPasses &keptPasses() {
  static auto *kept = new KeptPasses; // for as long as there are contexts
  return *kept;
}

} // namespace

Compilation::Compilation(const Kernel &kernel, const Target &target)
    : kernel_(kernel), target_(target), module_(copyOf(kernel)) {
  setTarget(*module_, target_);
  func::FuncOp function = targets::kernelOf(*module_);
  if (!function) throw InternalError("kernel '" + kernel.name() + "' is not one function");
  params_ = targets::paramBlockOf(function);
  warps_ = targets::warpsOf(function);
  checkKernel();
}

void Compilation::checkKernel() const {
  if (params_.bytes > kMaxParams)
    throw UserError("kernel '" + kernel_.name() + "' has " + std::to_string(params_.bytes) +
                    " bytes of arguments; accepted: up to " + std::to_string(kMaxParams));
}

void Compilation::runTo(Stage stage) {
  for (; next_ <= int(stage) && next_ <= int(Stage::Llvm); ++next_) step(Stage(next_));
}

void Compilation::step(Stage stage) {
  switch (stage) {
  case Stage::Tile:
    return run(buildTilePipeline);
  case Stage::Layout:
    run(buildLayoutPipeline);
    return checkTiles();
  case Stage::Lane:
    run(buildLanePipeline);
    return checkLane();
  case Stage::Llvm:
    return run(machinePipeline(target_.kind));
  case Stage::Code:
    return;
  }
}

void Compilation::run(BuildPipeline build) {
  built_.push_back(build);
  MLIRContext *context = module_->getContext();
  DiagnosticCapture said(*context);
  std::unique_ptr<PassManager> pm = keptPasses().take(build, context);
  if (record_) tile::recordDiffs(*pm, diffs_);
  LogicalResult result = success();
  {
    StageTimer timer(milliseconds_);
    result = failure(failed(pm->run(*module_)) || failed(verify(*module_)));
  }
  if (failed(result)) fail("a pass failed:\n" + said.text());
  if (!record_) keptPasses().give(build, std::move(pm));
  remarks_ += said.text();
}

void Compilation::checkTiles() {
  if (target_.kind == Target::Kind::Simd) return; // works on large tiles in loops
  module_->walk([&](Operation *op) {
    for (Type type : op->getResultTypes()) {
      const layout::Layout *layout = ir::layoutOf(type);
      if (!layout || layout->registers() <= kMaxRegisters) continue;
      throw UserError(ir::placeOf(op) + "kernel '" + kernel_.name() + "' has a tile of " +
                      std::to_string(cast<RankedTensorType>(type).getNumElements()) + " elements, " +
                      std::to_string(layout->registers()) + " in each of " + std::to_string(warps_ * 32) +
                      " threads; accepted: up to " + std::to_string(kMaxRegisters) +
                      ". Smaller tiles in a loop, or more warps, need less");
    }
  });
}

void Compilation::checkLane() {
  func::FuncOp kernel = targets::kernelOf(*module_);
  scratch_ = targets::scratchOf(kernel);
  const bool isHost = target_.kind == Target::Kind::Simd;
  const int64_t most = isHost ? kMaxStack : kMaxScratch;
  if (scratch_ <= most) return;
  auto place = kernel->getAttrOfType<StringAttr>(ir::kScratchPlaceAttr);
  throw UserError(
      (place ? place.getValue().str() : "") + "kernel '" + kernel_.name() + "' needs " + std::to_string(scratch_) +
      (isHost ? " bytes of stack a program on the host" : " bytes of shared memory a program on " + target_.arch) +
      "; accepted: up to " + std::to_string(most) +
      (isHost ? ". Smaller tiles need less" : ". Smaller tiles or fewer warps need less"));
}

std::string Compilation::text() {
  std::string text;
  llvm::raw_string_ostream os(text);
  module_->print(os);
  return text;
}

std::vector<Site> Compilation::sites() const {
  return targets::simt::sitesOf(*module_);
}

void Compilation::replace(const std::string &text, const std::string &path) {
  auto refuse = [&](const std::string &why) { throw UserError("TILE_OVERRIDE: " + path + ": " + why); };
  DiagnosticCapture said(*module_->getContext());
  auto edited = parseSourceString<ModuleOp>(text, module_->getContext(), path);
  if (!edited) refuse("it cannot be read:\n" + said.text());
  if ((*edited)->getAttr(ir::kTargetAttr) != (*module_)->getAttr(ir::kTargetAttr))
    refuse("it is for another target than " + target_.arch);
  func::FuncOp mine = targets::kernelOf(*module_), theirs = targets::kernelOf(*edited);
  if (!theirs || theirs.getName() != mine.getName() || theirs.getFunctionType() != mine.getFunctionType() ||
      theirs.getAllArgAttrs() != mine.getAllArgAttrs() || targets::warpsOf(theirs) != warps_)
    refuse("it is not one kernel '" + kernel_.name() + "' with the same arguments and warps");
  module_ = std::move(edited);
  scratch_ = targets::scratchOf(targets::kernelOf(*module_));
}

targets::Generated Compilation::generate(targets::Output output, bool keepLlvm, const std::string &ir) {
  runTo(Stage::Llvm);
  DiagnosticCapture said(*module_->getContext());
  try {
    return targets::generate(*module_, target_, output, keepLlvm, ir);
  } catch (const InternalError &error) {
    fail(std::string(error.what()) + "\n" + said.text());
  }
}

void Compilation::fail(const std::string &what) const {
  std::string message = "compiling kernel '" + kernel_.name() + "' for " + target_.arch + ": " + what;
  if (!message.ends_with('\n')) message += '\n';
  std::string path = reproducer();
  throw InternalError(message + (path.empty() ? "no reproducer could be written to " + options().repro_dir
                                              : "reproducer: tile-opt --run-reproducer " + path));
}

/// The kernel as its author wrote it and the passes run so far, in the form that --run-reproducer takes. Empty when the
/// file cannot be written.
std::string Compilation::reproducer() const {
  static std::atomic<int> count = 0;
  OwningOpRef<ModuleOp> original = copyOf(kernel_);
  PassManager pm(original->getContext());
  SetTargetOptions set;
  set.arch = archOf(target_);
  pm.addPass(createSetTarget(set));
  for (BuildPipeline build : built_) build(pm);

  std::string text;
  llvm::raw_string_ostream os(text);
  original->print(os);
  os << "\n{-#\n  external_resources: {\n    mlir_reproducer: {\n      pipeline: \"";
  pm.printAsTextualPipeline(os);
  os << "\",\n      disable_threading: false,\n      verify_each: true\n    }\n  }\n#-}\n";

  std::filesystem::path path = options().repro_dir;
  path /= "tile-" + kernel_.name() + "-" + std::to_string(getpid()) + "-" + std::to_string(count++) + ".mlir";
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  std::ofstream file(path);
  file << text;
  file.close();
  return file ? path.string() : std::string();
}

} // namespace tile
