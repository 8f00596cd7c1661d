// compile() and emit(): a kernel and a target in, code or the text of one stage out.
#include "compiler/Compiler.h"

#include "compiler/Compilation.h"
#include "compiler/StageFiles.h"
#include "compiler/dsl/Kernel.h"
#include "compiler/support/Error.h"
#include "compiler/support/Options.h"

#include "llvm/Config/llvm-config.h"

#include <iostream>

namespace tile {
namespace {

constexpr const char *kVersion = "0.1.0";

/// Up to the LLVM dialect, with stages written out and read back on the way.
void runPasses(Compilation &c, const StageFiles &files) {
  const Options &o = options();
  struct {
    Stage stage;
    bool wanted;
    const char *name;
  } const stages[] = {{Stage::Tile, o.dump_tile, "tile.mlir"},
                      {Stage::Layout, o.dump_layouts, "layouts.mlir"},
                      {Stage::Lane, o.dump_lane, "lane.mlir"}};
  if (o.dump_passes) c.recordDiffs();
  for (const auto &s : stages) {
    if (!s.wanted && o.override_dir.empty()) continue;
    c.runTo(s.stage);
    if (auto edited = files.replacement(s.name)) c.replace(edited->text, edited->path);
    if (s.wanted) files.write(true, s.name, c.text());
  }
  c.runTo(Stage::Llvm);
  files.write(o.dump_passes, "passes", c.diffs());
}

/// Code, from LLVM IR or in its final form where such a file stands for it.
targets::Generated generate(Compilation &c, const Target &target, const StageFiles &files) {
  const Options &o = options();
  const bool nvvm = target.kind == Target::Kind::Nvvm;
  const std::optional<StageFiles::Replacement> ir = files.replacement("ll");
  auto run = [&](targets::Output output, bool keep_llvm) {
    try {
      return c.generate(output, keep_llvm, ir ? ir->text : std::string());
    } catch (const UserError &e) {
      if (!ir) throw;
      throw UserError("TILE_OVERRIDE: " + ir->path + ": " + e.what());
    }
  };
  if (o.dump_code && !nvvm) {
    // The module is translated, not consumed: the host's assembly is a second run of the code generator.
    files.write(true, "s", run(targets::Output::Assembly, false).code);
  }
  targets::Generated made = run(targets::Output::Object, o.dump_llvm);
  if (auto edited = nvvm ? files.replacement("ptx") : std::nullopt) made.code = std::move(edited->text);
  files.write(o.dump_llvm, "ll", made.llvm);
  files.write(o.dump_code && nvvm, "ptx", made.code);
  return made;
}

} // namespace

Artifact compile(const Kernel &kernel, const Target &target) {
  StageFiles files(kernel, target);
  Compilation c(kernel, target);
  runPasses(c, files);
  targets::Generated made = generate(c, target, files);
  if (options().remarks) std::cerr << c.remarks();

  Artifact a;
  a.target = target;
  a.entry = kernel.name();
  a.code = std::move(made.code);
  a.params = c.params().params;
  a.param_bytes = c.params().bytes;
  a.warps = c.warps();
  a.scratch_bytes = c.scratchBytes();
  a.sites = c.sites();
  a.times = made.times;
  a.times.passes = c.passMilliseconds();
  return a;
}

std::string emit(const Kernel &kernel, const Target &target, Stage stage) {
  Compilation c(kernel, target);
  c.runTo(stage);
  if (stage == Stage::Llvm) return c.generate(targets::Output::Llvm, true).llvm;
  if (stage == Stage::Code) return c.generate(targets::Output::Assembly, false).code;
  return c.text();
}

std::string remarks(const Kernel &kernel, const Target &target) {
  Compilation c(kernel, target);
  c.runTo(Stage::Lane);
  return c.remarks();
}

Stage stage_named(std::string_view name) {
  if (name == "tile") return Stage::Tile;
  if (name == "layout") return Stage::Layout;
  if (name == "lane") return Stage::Lane;
  if (name == "llvm") return Stage::Llvm;
  if (name == "ptx" || name == "asm") return Stage::Code;
  throw UserError("there is no stage '" + std::string(name) +
                  "'; accepted: tile, layout, lane, llvm, ptx (GPU), asm (host)");
}

std::string compiler_version() {
  return std::string("tile ") + kVersion + ", LLVM " + LLVM_VERSION_STRING;
}

} // namespace tile
