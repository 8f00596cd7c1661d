// The NVIDIA GPUs there is code for, and LLVM's code generator for them.
#include "compiler/support/Error.h"
#include "compiler/targets/Codegen.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Function.h"
#include "llvm/Target/TargetMachine.h"

namespace tile {
namespace {

/// `ptx` is the first version of the PTX language that knows the architecture and priorities in caches (7.4): the
/// older, the more drivers take it.
struct Architecture {
  std::string_view name;
  int ptx;
};

constexpr Architecture kArchitectures[] = {
    {"sm_75", 74},  {"sm_80", 74},   {"sm_86", 74},  {"sm_87", 74},   {"sm_88", 90},  {"sm_89", 78},
    {"sm_90", 78},  {"sm_90a", 80},  {"sm_100", 86}, {"sm_100a", 86}, {"sm_103", 88}, {"sm_103a", 88},
    {"sm_110", 90}, {"sm_110a", 90}, {"sm_120", 87}, {"sm_120a", 87}, {"sm_121", 88}, {"sm_121a", 88},
};

const Architecture *find(std::string_view name) {
  for (const Architecture &a : kArchitectures)
    if (a.name == name) return &a;
  return nullptr;
}

} // namespace

Target Target::nvvm(std::string_view arch) {
  if (!find(arch)) {
    std::string known;
    for (const Architecture &a : kArchitectures) known += (known.empty() ? "" : ", ") + std::string(a.name);
    throw UserError("there is no GPU architecture '" + std::string(arch) + "'; accepted: " + known);
  }
  int number = 0;
  llvm::StringRef(arch).drop_front(3).consumeInteger(10, number);
  Target t;
  t.kind = Kind::Nvvm;
  t.arch = arch;
  t.lanes = 32;
  t.max_warps = 32;
  t.vector_bytes = 16;
  t.native_bf16 = t.reduces_warps = number >= 80;
  return t;
}

namespace targets::nvvm {

std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const Target &target) {
  const Architecture *a = find(target.arch);
  if (!a) throw InternalError("a target of unknown architecture '" + target.arch + "'");
  return targets::makeTargetMachine("nvptx64-nvidia-cuda", target.arch, "+ptx" + llvm::utostr(unsigned(a->ptx)));
}

/// All the code generator must know is in the target machine.
void addAttributes(llvm::Function &, const Target &) {}

} // namespace targets::nvvm
} // namespace tile
