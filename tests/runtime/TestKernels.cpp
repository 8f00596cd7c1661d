// The host's kernels go through LLVM's own code generator, so that the loader sees objects like the compiler's.
#include "TestKernels.h"

#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>
#include <stdexcept>

namespace tile::runtime::test {
namespace {

std::vector<Param> axpy_params() {
  return {{.name = "x", .kind = Param::Kind::Pointer, .dtype = f32, .offset = 0, .size = 8, .align = 16},
          {.name = "y", .kind = Param::Kind::Pointer, .dtype = f32, .offset = 8, .size = 8, .align = 4},
          {.name = "scale", .kind = Param::Kind::Scalar, .dtype = f32, .offset = 16, .size = 4},
          {.name = "n", .kind = Param::Kind::Index, .dtype = i64, .offset = 24, .size = 8}};
}

constexpr const char *kHostAxpy = R"(
define void @axpy(ptr %args, i64 %begin, i64 %end, i64 %gx, i64 %gy, i64 %gz) {
entry:
  %x = load ptr, ptr %args
  %y.at = getelementptr i8, ptr %args, i64 8
  %y = load ptr, ptr %y.at
  %scale.at = getelementptr i8, ptr %args, i64 16
  %scale = load float, ptr %scale.at
  br label %loop
loop:
  %p = phi i64 [ %begin, %entry ], [ %next, %loop ]
  %x.p = getelementptr float, ptr %x, i64 %p
  %v = load float, ptr %x.p
  %scaled = fmul float %v, %scale
  %id = urem i64 %p, %gx
  %id.f = uitofp i64 %id to float
  %sum = fadd float %scaled, %id.f
  %y.p = getelementptr float, ptr %y, i64 %p
  store float %sum, ptr %y.p
  %next = add i64 %p, 1
  %more = icmp slt i64 %next, %end
  br i1 %more, label %loop, label %done
done:
  ret void
}
)";

constexpr const char *kCudaAxpy = R"(
.version 7.0
.target sm_70
.address_size 64
.visible .entry axpy(.param .u64 px, .param .u64 py, .param .f32 pscale, .param .u64 pn)
{
  .reg .pred %outside;
  .reg .u32 %p, %t, %threads;
  .reg .u64 %x, %y, %n, %i, %at, %wide;
  .reg .f32 %v, %scale, %id;
  ld.param.u64 %x, [px];
  ld.param.u64 %y, [py];
  ld.param.f32 %scale, [pscale];
  ld.param.u64 %n, [pn];
  mov.u32 %p, %ctaid.x;
  mov.u32 %threads, %ntid.x;
  mov.u32 %t, %tid.x;
  mul.wide.u32 %i, %p, %threads;
  cvt.u64.u32 %wide, %t;
  add.u64 %i, %i, %wide;
  setp.ge.u64 %outside, %i, %n;
  @%outside bra DONE;
  shl.b64 %at, %i, 2;
  add.u64 %x, %x, %at;
  add.u64 %y, %y, %at;
  ld.global.f32 %v, [%x];
  cvt.rn.f32.u32 %id, %p;
  fma.rn.f32 %v, %v, %scale, %id;
  st.global.f32 [%y], %v;
DONE:
  ret;
}
)";

} // namespace

std::string object_of(const std::string &ir) {
  static const bool ready = !llvm::InitializeNativeTarget() && !llvm::InitializeNativeTargetAsmPrinter();
  if (!ready) throw std::runtime_error("LLVM has no native target");
  llvm::LLVMContext context;
  llvm::SMDiagnostic diagnostic;
  auto module = llvm::parseAssemblyString(ir, diagnostic, context);
  if (!module) throw std::runtime_error("test IR: " + diagnostic.getMessage().str());
  llvm::Triple triple(llvm::sys::getProcessTriple());
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) throw std::runtime_error(error);
  std::unique_ptr<llvm::TargetMachine> machine(
      target->createTargetMachine(triple, llvm::sys::getHostCPUName(), "", {}, llvm::Reloc::PIC_));
  module->setTargetTriple(triple);
  module->setDataLayout(machine->createDataLayout());
  llvm::SmallVector<char> bytes;
  llvm::raw_svector_ostream out(bytes);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile))
    throw std::runtime_error("the native target writes no objects");
  passes.run(*module);
  return std::string(bytes.begin(), bytes.end());
}

Artifact host_artifact(const std::string &entry, const std::string &ir, std::vector<Param> params,
                       uint32_t param_bytes) {
  Artifact a;
  a.target.kind = Target::Kind::Simd;
  a.target.arch = "native";
  a.target.lanes = 1;
  a.entry = entry;
  a.code = object_of(ir);
  a.params = std::move(params);
  a.param_bytes = param_bytes;
  return a;
}

Artifact host_axpy() {
  return host_artifact("axpy", kHostAxpy, axpy_params(), 32);
}

Artifact cuda_axpy(int warps) {
  Artifact a;
  a.target.kind = Target::Kind::Nvvm;
  a.target.arch = "sm_70";
  a.target.lanes = 32;
  a.entry = "axpy";
  a.code = kCudaAxpy;
  a.params = axpy_params();
  a.param_bytes = 32;
  a.warps = warps;
  return a;
}

} // namespace tile::runtime::test
