#include "tests/simt/Run.h"

#include "compiler/dsl/Context.h"
#include "compiler/dsl/Impl.h"
#include "compiler/passes/Passes.h"
#include "compiler/support/Error.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

namespace tile::test {

VirtualGpu::VirtualGpu(uint64_t seed, int threads)
    : device_(runtime::open_simt_device({.seed = seed, .threads = threads})), stream_(device_->stream()) {}

void VirtualGpu::run(const Artifact &artifact, const Pointers &pointers, Grid grid, const Indices &indices) {
  auto kernel = device_->load(artifact);
  runtime::Arguments args(kernel->artifact());
  for (const auto &[name, pointer] : pointers) args.set(name, pointer);
  for (const auto &[name, value] : indices) args.set(name, value);
  kernel->launch(*stream_, grid, args.block());
  stream_->synchronize();
}

std::string VirtualGpu::fault(const Artifact &artifact, const Pointers &pointers, Grid grid, const Indices &indices) {
  try {
    run(artifact, pointers, grid, indices);
  } catch (const DeviceError &e) {
    return e.what();
  }
  return "";
}

Artifact lane_kernel(int warps, int scratch, const std::string &body, const std::string &type) {
  constexpr const char *kText = R"(
func.func @k(%x: !tile.ptr<{2}> {{tile.name = "x"}}, %y: !tile.ptr<{2}> {{tile.name = "y"}})
    attributes {{tile.kernel, tile.warps = {0} : i32, tile.scratch = {1} : i64}} {{
  %c0 = arith.constant 0 : index
  %id = lane.id : vector<32xi32>
  %w = lane.warp_id
{3}
  return
}}
)";
  return lower(fmt::format(fmt::runtime(kText), warps, scratch, type, body), Target::simt());
}

Artifact without_barriers(const Kernel &kernel) {
  mlir::OwningOpRef<mlir::ModuleOp> module = copyOf(kernel);
  DiagnosticCapture said(*module->getContext());
  setTarget(*module, Target::simt());
  mlir::PassManager pm(module->getContext());
  buildTilePipeline(pm);
  buildLayoutPipeline(pm);
  pm.addNestedPass<mlir::func::FuncOp>(createDecomposeReductions());
  pm.addNestedPass<mlir::func::FuncOp>(createDecomposeConversions());
  pm.addNestedPass<mlir::func::FuncOp>(createAllocateScratch());
  pm.addPass(createDistribute());
  pm.addPass(mlir::createCSEPass());
  if (failed(pm.run(*module))) throw std::runtime_error(said.text());
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os, mlir::OpPrintingFlags().enableDebugInfo());
  return lower(text, Target::simt());
}

} // namespace tile::test
