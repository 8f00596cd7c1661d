// The NVIDIA GPUs there is code for, and LLVM's code generator for them.
#include "compiler/support/Error.h"
#include "compiler/targets/Codegen.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Function.h"
#include "llvm/Target/TargetMachine.h"

namespace tile {
namespace {

/// `ptx` is the first version of the PTX language that knows the architecture and priorities in caches (7.4): the
/// older, the more drivers take it. `warps` is how many a multiprocessor holds at most.
struct Architecture {
  std::string_view name;
  int ptx, warps;
};

constexpr Architecture kArchitectures[] = {
    {"sm_75", 74, 32},   {"sm_80", 74, 64},   {"sm_86", 74, 48},   {"sm_87", 74, 48},   {"sm_88", 90, 48},
    {"sm_89", 78, 48},   {"sm_90", 78, 64},   {"sm_90a", 80, 64},  {"sm_100", 86, 64},  {"sm_100a", 86, 64},
    {"sm_103", 88, 64},  {"sm_103a", 88, 64}, {"sm_110", 90, 48},  {"sm_110a", 90, 48}, {"sm_120", 87, 48},
    {"sm_120a", 87, 48}, {"sm_121", 88, 48},  {"sm_121a", 88, 48},
};

const Architecture *find(std::string_view name) {
  for (const Architecture &a : kArchitectures)
    if (a.name == name) return &a;
  return nullptr;
}

} // namespace

Target Target::nvvm(std::string_view arch) {
  const Architecture *a = find(arch);
  if (!a) {
    std::string known;
    for (const Architecture &other : kArchitectures) known += (known.empty() ? "" : ", ") + std::string(other.name);
    throw UserError("there is no GPU architecture '" + std::string(arch) + "'; accepted: " + known);
  }
  Target t;
  t.capability = targets::nvvm::capabilityOf(arch);
  t.kind = Kind::Nvvm;
  t.arch = arch;
  t.lanes = 32;
  t.max_warps = 32;
  t.vector_bytes = 16;
  t.resident_warps = a->warps;
  t.unit_registers = 65536;
  t.native_bf16 = t.reduces_warps = t.capability >= 80;
  return t;
}

int Target::registers_at(int warps) const {
  constexpr int kGranule = 8; // what a lane gets comes in so many
  return warps > 0 ? unit_registers / (warps * lanes) / kGranule * kGranule : 0;
}

namespace targets::nvvm {

int capabilityOf(llvm::StringRef arch) {
  int number = 0;
  return arch.consume_front("sm_") && !arch.consumeInteger(10, number) ? number : 0;
}

std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const Target &target) {
  const Architecture *a = find(target.arch);
  if (!a) throw InternalError("a target of unknown architecture '" + target.arch + "'");
  return targets::makeTargetMachine("nvptx64-nvidia-cuda", target.arch, "+ptx" + llvm::utostr(unsigned(a->ptx)));
}

/// All the code generator must know is in the target machine.
void addAttributes(llvm::Function &, const Target &) {}

} // namespace targets::nvvm
} // namespace tile
