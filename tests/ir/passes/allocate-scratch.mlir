// Each block of scratch gets an offset; blocks that are never live together share room, and the kernel says what it needs.
// RUN: tile-opt %s -tile-allocate-scratch | FileCheck %s

#l = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>

// CHECK-LABEL: @none
// CHECK-SAME: tile.scratch = 0 : i64
func.func @none() {
  return
}

// One after the other: the same room, as large as the larger.
// CHECK-LABEL: @reuse
// CHECK-SAME: tile.scratch = 64 : i64
func.func @reuse(%t: tensor<8xf32, #l>, %u: tensor<8xf64, #l>) {
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <8xf32>
  %a = tile.scratch_alloc : !tile.scratch<8xf32>
  tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
  %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <8xf64>
  %b = tile.scratch_alloc : !tile.scratch<8xf64>
  tile.scratch_store %u, %b : tensor<8xf64, #l>, !tile.scratch<8xf64>
  %tb = tile.scratch_load %b : !tile.scratch<8xf64> -> tensor<8xf64, #l>
  return
}

// Live together: side by side, 16-byte aligned; the third finds the gap that the first left.
// CHECK-LABEL: @beside
// CHECK-SAME: tile.scratch = 48 : i64
func.func @beside(%t: tensor<8xf32, #l>, %m: tensor<8xi1, #l>) {
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <8xi1>
  %a = tile.scratch_alloc : !tile.scratch<8xi1>
  tile.scratch_store %m, %a : tensor<8xi1, #l>, !tile.scratch<8xi1>
  // CHECK: tile.scratch_alloc {offset = 16 : i64} : <8xf32>
  %b = tile.scratch_alloc : !tile.scratch<8xf32>
  tile.scratch_store %t, %b : tensor<8xf32, #l>, !tile.scratch<8xf32>
  %ta = tile.scratch_load %a : !tile.scratch<8xi1> -> tensor<8xi1, #l>
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <8xi1>
  %c = tile.scratch_alloc : !tile.scratch<8xi1>
  tile.scratch_store %m, %c : tensor<8xi1, #l>, !tile.scratch<8xi1>
  %tc = tile.scratch_load %c : !tile.scratch<8xi1> -> tensor<8xi1, #l>
  %tb = tile.scratch_load %b : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  return
}

// What was written before a loop and is read in it lives as long as the loop: the next iteration reads it again.
// CHECK-LABEL: @loop
// CHECK-SAME: tile.scratch = 64 : i64
func.func @loop(%t: tensor<8xf32, #l>, %lo: index, %hi: index, %step: index, %x: i1) {
  // CHECK: tile.scratch_alloc {offset = 0 : i64}
  %a = tile.scratch_alloc : !tile.scratch<8xf32>
  tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
  scf.for %i = %lo to %hi step %step {
    scf.if %x {
      %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #l>
    }
    // CHECK: tile.scratch_alloc {offset = 32 : i64}
    %b = tile.scratch_alloc : !tile.scratch<8xf32>
    tile.scratch_store %t, %b : tensor<8xf32, #l>, !tile.scratch<8xf32>
    %tb = tile.scratch_load %b : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  }
  // CHECK: tile.scratch_alloc {offset = 0 : i64}
  %c = tile.scratch_alloc : !tile.scratch<8xf32>
  tile.scratch_store %t, %c : tensor<8xf32, #l>, !tile.scratch<8xf32>
  return
}

// Made and used inside one iteration: gone with it.
// CHECK-LABEL: @inside
// CHECK-SAME: tile.scratch = 32 : i64
func.func @inside(%t: tensor<8xf32, #l>, %lo: index, %hi: index, %step: index) {
  scf.for %i = %lo to %hi step %step {
    // CHECK: tile.scratch_alloc {offset = 0 : i64}
    %a = tile.scratch_alloc : !tile.scratch<8xf32>
    tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
    %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #l>
    // CHECK: tile.scratch_alloc {offset = 0 : i64}
    %b = tile.scratch_alloc : !tile.scratch<8xf32>
    tile.scratch_store %t, %b : tensor<8xf32, #l>, !tile.scratch<8xf32>
    %tb = tile.scratch_load %b : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  }
  return
}
