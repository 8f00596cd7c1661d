// Integers of all lanes are the elements of a vector.
// RUN: tile-opt %s -lane-to-llvm=arch=host | FileCheck %s

// CHECK-LABEL: @reduce_program
// CHECK: llvm.intr.vector.reduce.smin"(%{{.*}}) : (vector<8xi32>) -> i32
// CHECK: llvm.intr.vector.reduce.smax
// CHECK: llvm.intr.vector.reduce.add
// CHECK: llvm.intr.vector.reduce.and
// CHECK: llvm.intr.vector.reduce.or
// CHECK: llvm.intr.vector.reduce.xor
func.func @reduce(%x: !tile.ptr<i32>) attributes {tile.kernel, tile.warps = 1 : i32} {
  %p = tile.program_id 0
  %v = lane.load contiguous %x[%p] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<i32>, index) -> vector<8xi32>
  %a = lane.reduce min %v : vector<8xi32> -> i32
  %b = lane.reduce max %v : vector<8xi32> -> i32
  %c = lane.reduce add %v : vector<8xi32> -> i32
  %d = lane.reduce and %v : vector<8xi32> -> i32
  %e = lane.reduce or %v : vector<8xi32> -> i32
  %f = lane.reduce xor %v : vector<8xi32> -> i32
  %ab = arith.addi %a, %b : i32
  %cd = arith.addi %c, %d : i32
  %ef = arith.addi %e, %f : i32
  %abcd = arith.addi %ab, %cd : i32
  %all = arith.addi %abcd, %ef : i32
  lane.store uniform %all to %x[%p] {align = 4 : i64, offset = 0 : i64} : i32, !tile.ptr<i32>, index
  return
}
