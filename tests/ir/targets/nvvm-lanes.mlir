// RUN: tile-opt %s -split-input-file -lane-to-llvm=arch=sm_90a | FileCheck %s

// CHECK-LABEL: llvm.func @ids
// CHECK: nvvm.read.ptx.sreg.tid.x range <i32, 0, 128> : i32
// CHECK: llvm.and %{{.*}}, %{{.*}} : i32
// CHECK: nvvm.read.ptx.sreg.tid.x range <i32, 0, 128> : i32
// CHECK: llvm.lshr %{{.*}}, %{{.*}} : i32
// CHECK: nvvm.read.ptx.sreg.ctaid.y : i32
// CHECK: llvm.zext nneg
// CHECK: nvvm.read.ptx.sreg.nctaid.z : i32
func.func @ids(%y: !tile.ptr<i64>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %l = lane.id : i32
  %w = lane.warp_id
  %p = tile.program_id 1
  %n = tile.num_programs 2
  %s = arith.addi %l, %w : i32
  %i = arith.addi %p, %n : index
  %v = arith.index_cast %i : index to i64
  lane.store per_lane %v to %y[%p, %s] {align = 8 : i64, offset = 0 : i64} : i64, !tile.ptr<i64>, index, i32
  return
}

// -----

// Words of 32 bits are exchanged as they are, smaller values in one, larger in two.
// CHECK-LABEL: llvm.func @shuffles
// CHECK: %[[F:.*]] = llvm.bitcast %{{.*}} : f32 to i32
// CHECK: nvvm.shfl.sync  bfly %{{.*}}, %[[F]], %{{.*}}, %{{.*}} : i32 -> i32
// CHECK: llvm.zext %{{.*}} : i16 to i32
// CHECK: nvvm.shfl.sync  bfly
// CHECK: llvm.trunc %{{.*}} : i32 to i16
// CHECK-COUNT-2: nvvm.shfl.sync  bfly
// CHECK: llvm.bitcast %{{.*}} : vector<2xi32> to i64
// CHECK: nvvm.shfl.sync  idx
// CHECK: nvvm.bar.warp.sync
func.func @shuffles(%f: f32, %h: bf16, %i: i64, %y: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %l = lane.id : i32
  %a = lane.shuffle_xor %f, 16 : f32
  %b = lane.shuffle_xor %h, 1 : bf16
  %c = lane.shuffle_xor %i, 8 : i64
  // The lane with its bits turned round: each bit moves by a distance of its own.
  %d = lane.permute %a, [0, 16, 8, 24, 4, 20, 12, 28, 2, 18, 10, 26, 6, 22, 14, 30,
                         1, 17, 9, 25, 5, 21, 13, 29, 3, 19, 11, 27, 7, 23, 15, 31] : f32
  lane.barrier
  %e = arith.extf %b : bf16 to f32
  %g = arith.sitofp %c : i64 to f32
  %s0 = arith.addf %d, %e : f32
  %s1 = arith.addf %s0, %g : f32
  lane.store per_lane %s1 to %y[%c0, %l] {align = 4 : i64, offset = 0 : i64} : f32, !tile.ptr<f32>, index, i32
  return
}
