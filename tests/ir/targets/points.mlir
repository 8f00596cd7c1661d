// Atomic additions on a CPU are a loop over lanes, on a GPU one predicated reduction; priorities in the caches of a GPU
// are words of the access, and a policy for its second level.
// RUN: split-file %s %t
// RUN: tile-opt %t/add.mlir -lane-to-llvm=arch=host | FileCheck %s --check-prefix=HOST
// RUN: tile-opt %t/red.mlir -lane-to-llvm=arch=sm_90a | FileCheck %s --check-prefix=RED
// RUN: tile-opt %t/priorities.mlir -lane-to-llvm=arch=sm_90a | FileCheck %s --check-prefix=GPU
// RUN: tile-opt %t/priorities.mlir -lane-to-llvm=arch=sm_75 | FileCheck %s --check-prefix=OLD

//--- add.mlir
// HOST-LABEL: @add_program
// HOST: llvm.icmp "slt"
// HOST: llvm.extractelement %{{.*}} : vector<8xi1>
// HOST: llvm.cond_br
// HOST: llvm.atomicrmw fadd %{{.*}}, %{{.*}} monotonic : !llvm.ptr, f32
func.func @add(%p: !tile.ptr<f32>, %x: f32, %n: i64) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %v = lane.splat %x : f32 -> vector<8xf32>
  %lane = lane.id : vector<8xi64>
  %limit = lane.splat %n : i64 -> vector<8xi64>
  %m = arith.cmpi slt, %lane, %limit : vector<8xi64>
  lane.atomic_add per_lane %v to %p[%c0, %lane] mask %m : vector<8xf32>, !tile.ptr<f32>, index, vector<8xi64>, vector<8xi1>
  return
}

//--- red.mlir

// RED-LABEL: @red
// RED: llvm.inline_asm has_side_effects {{.*}}"@$1 red.relaxed.gpu.global.add.f32 $0, $2;", "*m,b,f"
// RED: llvm.inline_asm has_side_effects {{.*}}"red.relaxed.gpu.global.add.u64 $0, $1;", "*m,l"
func.func @red(%p: !tile.ptr<f32>, %q: !tile.ptr<i64>, %v: f32, %w: i64, %lane: i64, %n: i64) attributes {tile.kernel} {
  %m = arith.cmpi slt, %lane, %n : i64
  %c0 = arith.constant 0 : index
  lane.atomic_add per_lane %v to %p[%c0, %lane] mask %m : f32, !tile.ptr<f32>, index, i64, i1
  lane.atomic_add per_lane %w to %q[%c0, %lane] : i64, !tile.ptr<i64>, index, i64
  return
}

//--- priorities.mlir

// GPU-LABEL: @priorities
// GPU: llvm.inline_asm {{.*}}"createpolicy.fractional.L2::evict_first.b64 $0, 0f3F800000;", "=l"
// GPU: "mov.b32 $0, 0;\0A\09@$2 ld.global.L1::evict_first.L2::cache_hint.b32 $0, $1, $3;", "=&r,*m,b,l"
// GPU: llvm.inline_asm {{.*}}"createpolicy.fractional.L2::evict_last.b64 $0, 0f3F800000;", "=l"
// GPU: "st.global.L1::evict_last.L2::cache_hint.b32 $0, $2, $1;", "*m,l,r"
// OLD-LABEL: @priorities
// OLD-NOT: createpolicy
// OLD: ld.global.L1::evict_first.b32
// OLD: st.global.L1::evict_last.b32
func.func @priorities(%p: !tile.ptr<f32>, %lane: i64, %n: i64) attributes {tile.kernel} {
  %m = arith.cmpi slt, %lane, %n : i64
  %c0 = arith.constant 0 : index
  %v = lane.load per_lane %p[%c0, %lane] mask %m {align = 4, offset = 0, cache = #tile<cache evict_first>} : (!tile.ptr<f32>, index, i64, i1) -> f32
  lane.store per_lane %v to %p[%c0, %lane] {align = 4, offset = 32, cache = #tile<cache keep>} : f32, !tile.ptr<f32>, index, i64
  return
}
