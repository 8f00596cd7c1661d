// The compiler's one entry point for everything outside compiler/: a Kernel and a Target in, an Artifact out.
// No MLIR or LLVM header shows through. Thread-safe: any number of threads may compile at once.
#pragma once

#include "compiler/support/DType.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tile {

class Kernel; // compiler/dsl/Kernel.h

/// A machine to generate code for. All differences between machines that passes look at are data here.
struct Target {
  enum class Kind : uint8_t {
    Nvvm, ///< a lane is a thread; the code is PTX text
    Simd, ///< a lane is an element of an LLVM vector; the code is an ELF object for this host
    Simt, ///< a virtual GPU: layouts and accesses of Nvvm, lanes as elements of vectors; the code is an object as
          ///< Simd's
  };
  Kind kind = Kind::Simd;
  std::string arch;           ///< "sm_90a", or the LLVM name of the CPU ("znver4")
  std::string features;       ///< LLVM feature string; empty: the arch's own
  int lanes = 0;              ///< lanes of a warp: 32, or the f32 elements of a vector
  int max_warps = 1;          ///< most warps a program may have
  int vector_bytes = 0;       ///< widest single memory access of one lane (Nvvm, Simt) or of all lanes (Simd)
  int capability = 0;         ///< Nvvm: 90 of sm_90a
  int resident_warps = 0;     ///< Nvvm, Simt: that a multiprocessor can have at once
  int unit_registers = 0;     ///< Nvvm, Simt: of a multiprocessor, 32 bits each
  bool native_bf16 = false;   ///< f32 <-> bf16 conversion is an instruction
  bool reduces_warps = false; ///< one instruction reduces an integer of all lanes, to a value known to be uniform
  bool baseline = false;      ///< Simd: fused multiply-add, rounding and f16 conversion are not

  /// `arch` is "sm_NN" or "sm_NNa" with NN from 75 up; anything else is a UserError that lists what is accepted.
  static Target nvvm(std::string_view arch);
  /// The CPU this process runs on, or with TILE_HOST_CPU=x86-64-v3, say, as if it were that one.
  static Target host();
  /// A CPU by its kind: "x86-64" (SSE2), "x86-64-v3" (AVX2), "x86-64-v4" (AVX-512) or "aarch64" (NEON); UserError for
  /// others. Its code runs here only where this CPU has all that kind has.
  static Target cpu(std::string_view arch);
  /// The virtual GPU on that CPU.
  static Target simt();
  /// Any of these: "host", "simt", what cpu() takes, else what nvvm() takes.
  static Target named(std::string_view arch);

  /// Registers of a lane with so many warps of a multiprocessor at once; 0 where that is not known.
  int registers_at(int warps) const;
  /// With as many as it can have.
  int full_registers() const { return registers_at(resident_warps); }
  /// Kernels are cut for a GPU: warps of 32 lanes that share scratch.
  bool is_gpu() const { return kind != Kind::Simd; }
  /// The code runs on this computer's CPU, in its memory.
  bool is_on_cpu() const { return kind != Kind::Nvvm; }
};

/// One kernel parameter and where it lies in the packed argument block.
struct Param {
  enum class Kind : uint8_t { Pointer, Index, Scalar };
  std::string name;
  Kind kind;
  DType dtype;     ///< Pointer: element type; Index: i64; Scalar: its own
  uint32_t offset; ///< bytes from the start of the block; naturally aligned (Pointer and Index: 8 bytes)
  uint32_t size;
  uint32_t align = 1;     ///< Pointer: the byte alignment the code relies on; the caller must check it
  uint32_t divisible = 1; ///< Index: the divisor the code relies on; the caller must check it
};

/// Milliseconds of each part of one compilation, of its thread's processor time.
struct CompileTimes {
  double passes = 0, translate = 0, optimize = 0, codegen = 0;
  double total() const { return passes + translate + optimize + codegen; }
};

/// One access to memory, one barrier or one check in the code of a virtual GPU.
struct Site {
  enum class Kind : uint8_t {
    Load,
    Store,
    AtomicAddFloat,
    AtomicAddInteger,
    ScratchLoad,
    ScratchStore,
    Barrier,
    Assume,
    Require
  };
  Kind kind = Kind::Barrier;
  int width = 0; ///< elements side by side that one lane accesses
  int element_bytes = 0;
  int align = 1;    ///< bytes that must divide every lane's address
  std::string file; ///< of the kernel's author; empty when unknown
  int line = 0;
  std::string text; ///< Assume: what the index was assumed to be; Require: the message
};

/// What code for Simd calls, with "file:line: " and words, where a requirement of a kernel built for debugging is not
/// met: extern "C" void(const char *).
inline constexpr const char *kRequirementFailed = "tile_requirement_failed";

/// Machine code for one kernel and all a runtime must know to launch it.
///
/// The block of arguments is the same bytes on every machine. On Nvvm it is the kernel's parameter space
/// (CU_LAUNCH_PARAM_BUFFER_POINTER). On Simd the entry is
///   extern "C" void entry(const void *args, int64_t begin, int64_t end, int64_t grid_x, int64_t grid_y, int64_t
///   grid_z)
/// and runs programs begin..end-1, where program p has id (p % x, p / x % y, p / (x*y)). On Simt it runs one warp of
/// one program (compiler/targets/simt/Abi.h).
struct Artifact {
  Target target;
  std::string entry;
  std::string code; ///< PTX text (Nvvm) or ELF object bytes (Simd, Simt)
  std::vector<Param> params;
  uint32_t param_bytes = 0;
  int warps = 1;             ///< warps of a program; threads of a block = warps * target.lanes
  int64_t scratch_bytes = 0; ///< static shared memory of a program, already declared in the code
  std::vector<Site> sites;   ///< Simt: what the code calls the runtime for, by number
  CompileTimes times;
};

/// Compiles `kernel`. Throws UserError for what the kernel's author got wrong (with file and line) and
/// InternalError for what the compiler got wrong (with a reproducer).
Artifact compile(const Kernel &kernel, const Target &target);

enum class Stage : uint8_t { Tile, Layout, Lane, Llvm, Code };

/// "tile", "layout", "lane", "llvm", "ptx"/"asm" -> Stage; UserError listing the names otherwise.
Stage stage_named(std::string_view name);

/// The text of one stage of the way of `kernel` to `target`. Code is PTX, or the host's assembly.
std::string emit(const Kernel &kernel, const Target &target, Stage stage);

/// Where the code of `kernel` for `target` falls short of what it could be, and why: one line each,
/// "file:line: remark: T001: ...". The numbers are those of compiler/distribute/Remarks.h.
std::string remarks(const Kernel &kernel, const Target &target);

/// Name and version of the compiler, for report headers and cache keys.
std::string compiler_version();

} // namespace tile
