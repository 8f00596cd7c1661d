// Integers of all lanes: an instruction from sm_80 on, for words of 32 bits and, bit by bit, of 64; else a butterfly.
// RUN: tile-opt %s -lane-to-llvm=arch=sm_90a | FileCheck %s
// RUN: tile-opt %s -lane-to-llvm=arch=sm_75 | FileCheck %s --check-prefix=OLD

// CHECK-LABEL: llvm.func @reduce
// CHECK: nvvm.redux.sync min %{{.*}}, %{{.*}} : i32 -> i32
// CHECK: nvvm.redux.sync add
// CHECK-COUNT-2: nvvm.redux.sync or
// CHECK: llvm.bitcast %{{.*}} : vector<2xi32> to i64
// CHECK-COUNT-10: nvvm.shfl.sync bfly
// CHECK: llvm.intr.smax
// CHECK-NOT: nvvm.shfl.sync
// OLD-LABEL: llvm.func @reduce
// OLD-NOT: nvvm.redux
// OLD: nvvm.shfl.sync bfly
// OLD-NEXT: llvm.intr.smin
// OLD: llvm.add
func.func @reduce(%w: i32, %l: i64, %y: !tile.ptr<i64>) attributes {tile.kernel, tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %a = lane.reduce min %w : i32 -> i32
  %b = lane.reduce add %a : i32 -> i32
  %c = lane.reduce or %l : i64 -> i64
  %d = lane.reduce max %l : i64 -> i64
  %e = arith.extsi %b : i32 to i64
  %f = arith.addi %c, %d : i64
  %g = arith.addi %e, %f : i64
  lane.store uniform %g to %y[%c0] {align = 8 : i64, offset = 0 : i64} : i64, !tile.ptr<i64>, index
  return
}
