// The CPU this process runs on, CPUs by their kind, and LLVM's code generator for them.
#include "compiler/support/Error.h"
#include "compiler/support/Options.h"
#include "compiler/targets/Codegen.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Function.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <map>

namespace tile {
namespace {

/// Sorted, so that the same CPU always has the same text.
std::string featureText(const llvm::StringMap<bool> &features) {
  std::map<std::string, bool> sorted;
  for (const auto &f : features) sorted.emplace(f.getKey().str(), f.getValue());
  std::string text;
  for (const auto &[name, on] : sorted) text += (text.empty() ? "" : ",") + ((on ? "+" : "-") + name);
  return text;
}

/// Without these, fused multiply-add and f16 would be calls to a library.
void requireFeatures(const llvm::StringMap<bool> &features) {
#if defined(__x86_64__)
  for (const char *name : {"avx2", "fma", "f16c"})
    if (!features.lookup(name))
      throw UserError("the CPU " + llvm::sys::getHostCPUName().str() + " has no " + name +
                      "; accepted: x86-64 CPUs with AVX2, FMA and F16C (x86-64-v3), and AArch64");
#else
  (void)features;
#endif
}

Target detect() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  requireFeatures(features);
  bool avx512 = features.lookup("avx512f") && features.lookup("avx512bw") && features.lookup("avx512vl");
  Target t;
  t.kind = Target::Kind::Simd;
  t.arch = llvm::sys::getHostCPUName().str();
  t.features = featureText(features);
  t.max_warps = 1;
  t.vector_bytes = avx512 ? 64 : features.lookup("avx2") ? 32 : 16;
  t.lanes = t.vector_bytes / 4;
  t.native_bf16 = features.lookup("bf16") || (avx512 && features.lookup("avx512bf16"));
  return t;
}

/// A kind of CPU that has a name.
struct CpuKind {
  std::string_view name;
  int vectorBytes;
  bool baseline;
  std::initializer_list<const char *> needs; ///< LLVM's features that tell it from lesser kinds
};

constexpr std::string_view kAarch64 = "aarch64";

llvm::ArrayRef<CpuKind> kinds() {
  static const CpuKind kKinds[] = {
      {"x86-64", 16, true, {"sse2"}},
      {"x86-64-v3", 32, false, {"avx2", "fma", "f16c", "bmi2"}},
      {"x86-64-v4", 64, false, {"avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512cd"}},
      {kAarch64, 16, false, {}},
  };
  return kKinds;
}

const CpuKind *kindNamed(std::string_view name) {
  auto it = llvm::find_if(kinds(), [&](const CpuKind &k) { return k.name == name; });
  return it == kinds().end() ? nullptr : it;
}

/// Whether this CPU has all that the kind has.
bool runsHere(const CpuKind &kind) {
#if defined(__x86_64__)
  if (kind.name == kAarch64) return false;
#else
  if (kind.name != kAarch64) return false;
#endif
  static const llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  return llvm::all_of(kind.needs, [&](const char *f) { return features.lookup(f); });
}

/// This CPU, held to what those of a kind have.
Target asKind(const std::string &name) {
  const CpuKind *kind = kindNamed(name);
  if (kind && runsHere(*kind)) return Target::cpu(name);
  const std::string wrong = kind ? "the CPU " + llvm::sys::getHostCPUName().str() + " is no " + name
                                 : "there is no kind of CPU '" + name + "'";
  std::string accepted;
  for (const CpuKind &other : kinds())
    if (runsHere(other)) accepted += (accepted.empty() ? "" : ", ") + std::string(other.name);
  throw UserError("TILE_HOST_CPU: " + wrong + "; accepted on this CPU: " + accepted);
}

} // namespace

Target Target::host() {
  static const Target host = options().host_cpu.empty() ? detect() : asKind(options().host_cpu);
  return host;
}

Target Target::cpu(std::string_view arch) {
  const CpuKind *kind = kindNamed(arch);
  if (!kind)
    throw UserError("there is no kind of CPU '" + std::string(arch) +
                    "'; accepted: x86-64, x86-64-v3, x86-64-v4, aarch64");
  Target t;
  t.kind = Target::Kind::Simd;
  t.arch = arch;
  t.max_warps = 1;
  t.vector_bytes = kind->vectorBytes;
  t.lanes = t.vector_bytes / 4;
  t.baseline = kind->baseline;
  return t;
}

Target Target::named(std::string_view arch) {
  if (arch == "host") return host();
  if (arch == "simt") return simt();
  return arch.starts_with("x86") || arch == kAarch64 ? cpu(arch) : nvvm(arch);
}

namespace targets::simd {

static std::string cpuOf(const Target &target) {
  return target.arch == kAarch64 ? "generic" : target.arch;
}

std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const Target &target) {
  std::string triple = llvm::sys::getProcessTriple();
  if (kindNamed(target.arch)) triple = target.arch == kAarch64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  return targets::makeTargetMachine(triple, cpuOf(target), target.features);
}

/// Without prefer-vector-width LLVM splits 64-byte vectors in two on many CPUs. Without stackrealign spilled vectors
/// lie at multiples of 16 bytes, and each access to one touches two cache lines: a row kernel takes twice as long.
void addAttributes(llvm::Function &function, const Target &target) {
  function.addFnAttr("target-cpu", cpuOf(target));
  function.addFnAttr("target-features", target.features);
  function.addFnAttr("stackrealign");
  function.addFnAttr("prefer-vector-width", std::to_string(target.vector_bytes * 8));
}

} // namespace targets::simd
} // namespace tile
