// tile-opt: every pass and pipeline of the compiler by hand, as mlir-opt does it, and two things beside:
//   tile-opt --tile-to-llvm=arch=sm_90a --emit=ptx kernel.mlir   goes on to code: llvm, ptx, asm or obj
//   tile-opt --draw-layout='<[4, 256], reg = ..., lane = ..., warp = ...>'   draws a layout
#include "compiler/dsl/Context.h"
#include "compiler/passes/Passes.h"
#include "compiler/support/Error.h"
#include "compiler/targets/Codegen.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace {

enum class Emit { Mlir, Llvm, Ptx, Asm, Object };

llvm::cl::opt<Emit>
    emitAs("emit",
           llvm::cl::desc("What to make of the module after the passes (beyond mlir it must be in the LLVM dialect)"),
           llvm::cl::init(Emit::Mlir),
           llvm::cl::values(clEnumValN(Emit::Mlir, "mlir", "MLIR, as the last pass left it"),
                            clEnumValN(Emit::Llvm, "llvm", "optimised LLVM IR"), clEnumValN(Emit::Ptx, "ptx", "PTX"),
                            clEnumValN(Emit::Asm, "asm", "the host's assembly"),
                            clEnumValN(Emit::Object, "obj", "the host's object code")));
llvm::cl::opt<std::string> drawLayout("draw-layout",
                                      llvm::cl::desc("Draw the layout <[extents], reg = ..., lane = ..., warp = ...>"),
                                      llvm::cl::value_desc("layout"));

int draw(const std::string &text) {
  auto layout = dyn_cast_or_null<tile::ir::LayoutAttr>(parseAttribute("#tile.layout" + text, &tile::context()));
  if (!layout) return EXIT_FAILURE; // the parser has said why
  llvm::outs() << layout.map().table();
  return EXIT_SUCCESS;
}

/// The machine a module says it is for.
tile::Target targetOf(ModuleOp module) {
  tile::ir::TargetAttr target = tile::ir::targetOf(module);
  if (!target) throw tile::UserError("--emit needs a module with tile.target; tile-set-target gives it one");
  if (target.isSimt()) return tile::Target::simt();
  return target.isSimd() && target.getArch() == tile::Target::host().arch ? tile::Target::host()
                                                                          : tile::Target::named(target.getArch());
}

std::string codeOf(ModuleOp module) {
  tile::Target target = targetOf(module);
  bool nvvm = target.kind == tile::Target::Kind::Nvvm;
  if (emitAs != Emit::Llvm && nvvm != (emitAs == Emit::Ptx))
    throw tile::UserError("--emit: a GPU's code is ptx, the host's is asm or obj; the module is for " + target.arch);
  using tile::targets::Output;
  Output output = emitAs == Emit::Llvm ? Output::Llvm : emitAs == Emit::Object ? Output::Object : Output::Assembly;
  tile::targets::Generated made = tile::targets::generate(module, target, output);
  return emitAs == Emit::Llvm ? made.llvm : made.code;
}

/// Runs the passes that the command line names, then generates code from what they leave.
int runAndEmit(llvm::StringRef input, llvm::StringRef output, DialectRegistry &registry) {
  std::string error;
  auto file = openInputFile(input, &error);
  auto out = openOutputFile(output, &error);
  if (!file || !out) {
    llvm::errs() << error << '\n';
    return EXIT_FAILURE;
  }
  std::string lowered;
  llvm::raw_string_ostream os(lowered);
  if (failed(MlirOptMain(os, std::move(file), registry, MlirOptMainConfig::createFromCLOptions()))) return EXIT_FAILURE;
  auto module = parseSourceString<ModuleOp>(lowered, &tile::context());
  if (!module) return EXIT_FAILURE;
  out->os() << codeOf(*module);
  out->keep();
  return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tile::registerPipelines();
  DialectRegistry registry;
  tile::registerEveryDialect(registry);
  auto [input, output] = registerAndParseCLIOptions(argc, argv, "the tile compiler's passes", registry);
  try {
    if (!drawLayout.empty()) return draw(drawLayout);
    if (emitAs != Emit::Mlir) return runAndEmit(input, output, registry);
    return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
  } catch (const tile::Error &error) {
    llvm::errs() << "tile-opt: " << error.what() << '\n';
    return error.exit_code();
  }
}
