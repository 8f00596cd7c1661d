// The virtual GPU: lanes, warps and accesses of a GPU, on the CPU this process runs on.
#include "compiler/Compiler.h"
#include "compiler/targets/simt/Abi.h"

namespace tile {

Target Target::simt() {
  Target t;
  t.kind = Kind::Simt;
  t.arch = "simt";
  t.lanes = simt::kLanes;
  t.max_warps = 32;
  t.vector_bytes = 16;
  t.resident_warps = 64; // kernels are cut as for a GPU that has as many
  t.unit_registers = 65536;
  t.native_bf16 = host().native_bf16;
  t.baseline = host().baseline;
  return t;
}

} // namespace tile
