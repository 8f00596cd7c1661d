// The CPU this process runs on, and LLVM's code generator for it.
#include "compiler/support/Error.h"
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

} // namespace

Target Target::host() {
  static const Target host = detect();
  return host;
}

namespace targets::simd {

std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const Target &target) {
  return targets::makeTargetMachine(llvm::sys::getProcessTriple(), target.arch, target.features);
}

/// Without prefer-vector-width LLVM splits 64-byte vectors in two on many CPUs. Without stackrealign spilled vectors
/// lie at multiples of 16 bytes, and each access to one touches two cache lines: a row kernel takes twice as long.
void addAttributes(llvm::Function &function, const Target &target) {
  function.addFnAttr("target-cpu", target.arch);
  function.addFnAttr("target-features", target.features);
  function.addFnAttr("stackrealign");
  function.addFnAttr("prefer-vector-width", std::to_string(target.vector_bytes * 8));
}

} // namespace targets::simd
} // namespace tile
