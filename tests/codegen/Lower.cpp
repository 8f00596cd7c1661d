#include "tests/codegen/Lower.h"

#include "compiler/dsl/Context.h"
#include "compiler/passes/Passes.h"
#include "compiler/targets/Codegen.h"
#include "compiler/targets/Params.h"
#include "compiler/targets/simt/Sites.h"

#include "mlir/Parser/Parser.h"

#include <stdexcept>

namespace tile::test {

Artifact lower(const std::string &lane, const Target &target) {
  mlir::MLIRContext &shared = context();
  DiagnosticCapture said(shared);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(lane, &shared);
  if (!module) throw std::runtime_error(said.text());
  setTarget(*module, target);
  mlir::func::FuncOp kernel = targets::kernelOf(*module);
  targets::ParamBlock block = targets::paramBlockOf(kernel);
  Artifact a;
  a.target = target;
  a.entry = kernel.getName().str();
  a.params = block.params;
  a.param_bytes = block.bytes;
  a.warps = targets::warpsOf(kernel);
  a.scratch_bytes = targets::scratchOf(kernel);

  mlir::PassManager pm(&shared);
  machinePipeline(target.kind)(pm);
  if (failed(pm.run(*module))) throw std::runtime_error(said.text());
  a.sites = targets::simt::sitesOf(*module);
  a.code = targets::generate(*module, target, targets::Output::Object).code;
  return a;
}

std::vector<Target> vectorMachines() {
  std::vector<Target> machines{Target::host()};
#if defined(__x86_64__)
  // Without masked accesses to 16 bits, and without bf16; then without masks, fused multiply-add and f16.
  if (machines[0].vector_bytes > 32) machines.push_back(Target::cpu("x86-64-v3"));
  if (machines[0].vector_bytes > 16) machines.push_back(Target::cpu("x86-64"));
#endif
  return machines;
}

HostKernel::HostKernel(const std::string &lane, const Target &target)
    : loader_(runtime::ObjectLoader::create()), object_(loader_->load(lower(lane, target))) {}

void HostKernel::run(const void *args, int64_t x, int64_t y, int64_t z) const {
  object_->entry(args, 0, x * y * z, x, y, z);
}

static void replaceAll(std::string &text, const std::string &what, const std::string &with) {
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size()) text.replace(at, what.size(), with);
}

std::string fill(std::string text, const Target &target, const std::string &op, const std::string &type) {
  replaceAll(text, "$W", std::to_string(target.lanes));
  replaceAll(text, "$OP", op);
  replaceAll(text, "$T", type);
  return text;
}

} // namespace tile::test
