// Each block of scratch gets an offset; blocks that are never live together share room, but for small ones, and the kernel
// says what it needs.
// RUN: tile-opt %s -tile-allocate-scratch | FileCheck %s

#l = #tile.layout<[2048], reg = [[1], [2], [4], [8], [16], [32], [64], [128], [256]], lane = [[512], [1024]], warp = []>
#s = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>

// CHECK-LABEL: @none
// CHECK-SAME: tile.scratch = 0 : i64
func.func @none() {
  return
}

// One after the other: the same room, as large as the larger.
// CHECK-LABEL: @reuse
// CHECK-SAME: tile.scratch = 16384 : i64
func.func @reuse(%t: tensor<2048xf32, #l>, %u: tensor<2048xf64, #l>) {
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <2048xf32>
  %a = tile.scratch_alloc : !tile.scratch<2048xf32>
  tile.scratch_store %t, %a : tensor<2048xf32, #l>, !tile.scratch<2048xf32>
  %ta = tile.scratch_load %a : !tile.scratch<2048xf32> -> tensor<2048xf32, #l>
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <2048xf64>
  %b = tile.scratch_alloc : !tile.scratch<2048xf64>
  tile.scratch_store %u, %b : tensor<2048xf64, #l>, !tile.scratch<2048xf64>
  %tb = tile.scratch_load %b : !tile.scratch<2048xf64> -> tensor<2048xf64, #l>
  return
}

// Live together: side by side, 16-byte aligned; the third finds the gap that the first left.
// CHECK-LABEL: @beside
// CHECK-SAME: tile.scratch = 10240 : i64
func.func @beside(%t: tensor<2048xf32, #l>, %m: tensor<2048xi1, #l>) {
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <2048xi1>
  %a = tile.scratch_alloc : !tile.scratch<2048xi1>
  tile.scratch_store %m, %a : tensor<2048xi1, #l>, !tile.scratch<2048xi1>
  // CHECK: tile.scratch_alloc {offset = 2048 : i64} : <2048xf32>
  %b = tile.scratch_alloc : !tile.scratch<2048xf32>
  tile.scratch_store %t, %b : tensor<2048xf32, #l>, !tile.scratch<2048xf32>
  %ta = tile.scratch_load %a : !tile.scratch<2048xi1> -> tensor<2048xi1, #l>
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <2048xi1>
  %c = tile.scratch_alloc : !tile.scratch<2048xi1>
  tile.scratch_store %m, %c : tensor<2048xi1, #l>, !tile.scratch<2048xi1>
  %tc = tile.scratch_load %c : !tile.scratch<2048xi1> -> tensor<2048xi1, #l>
  %tb = tile.scratch_load %b : !tile.scratch<2048xf32> -> tensor<2048xf32, #l>
  return
}

// What was written before a loop and is read in it lives as long as the loop: the next iteration reads it again.
// CHECK-LABEL: @loop
// CHECK-SAME: tile.scratch = 16384 : i64
func.func @loop(%t: tensor<2048xf32, #l>, %lo: index, %hi: index, %step: index, %x: i1) {
  // CHECK: tile.scratch_alloc {offset = 0 : i64}
  %a = tile.scratch_alloc : !tile.scratch<2048xf32>
  tile.scratch_store %t, %a : tensor<2048xf32, #l>, !tile.scratch<2048xf32>
  scf.for %i = %lo to %hi step %step {
    scf.if %x {
      %ta = tile.scratch_load %a : !tile.scratch<2048xf32> -> tensor<2048xf32, #l>
    }
    // CHECK: tile.scratch_alloc {offset = 8192 : i64}
    %b = tile.scratch_alloc : !tile.scratch<2048xf32>
    tile.scratch_store %t, %b : tensor<2048xf32, #l>, !tile.scratch<2048xf32>
    %tb = tile.scratch_load %b : !tile.scratch<2048xf32> -> tensor<2048xf32, #l>
  }
  // CHECK: tile.scratch_alloc {offset = 0 : i64}
  %c = tile.scratch_alloc : !tile.scratch<2048xf32>
  tile.scratch_store %t, %c : tensor<2048xf32, #l>, !tile.scratch<2048xf32>
  return
}

// Made and used inside one iteration: gone with it.
// CHECK-LABEL: @inside
// CHECK-SAME: tile.scratch = 8192 : i64
func.func @inside(%t: tensor<2048xf32, #l>, %lo: index, %hi: index, %step: index) {
  scf.for %i = %lo to %hi step %step {
    // CHECK: tile.scratch_alloc {offset = 0 : i64}
    %a = tile.scratch_alloc : !tile.scratch<2048xf32>
    tile.scratch_store %t, %a : tensor<2048xf32, #l>, !tile.scratch<2048xf32>
    %ta = tile.scratch_load %a : !tile.scratch<2048xf32> -> tensor<2048xf32, #l>
    // CHECK: tile.scratch_alloc {offset = 0 : i64}
    %b = tile.scratch_alloc : !tile.scratch<2048xf32>
    tile.scratch_store %t, %b : tensor<2048xf32, #l>, !tile.scratch<2048xf32>
    %tb = tile.scratch_load %b : !tile.scratch<2048xf32> -> tensor<2048xf32, #l>
  }
  return
}

// So small that room costs less than the barrier which sharing it would: apart, until 1024 bytes are given away.
// CHECK-LABEL: @apart
// CHECK-SAME: tile.scratch = 8192 : i64
func.func @apart(%t: tensor<8xf32, #s>, %u: tensor<2048xf32, #l>) {
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <8xf32>
  %a = tile.scratch_alloc : !tile.scratch<8xf32>
  tile.scratch_store %t, %a : tensor<8xf32, #s>, !tile.scratch<8xf32>
  %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #s>
  // CHECK: tile.scratch_alloc {offset = 32 : i64} : <8xf32>
  %b = tile.scratch_alloc : !tile.scratch<8xf32>
  tile.scratch_store %t, %b : tensor<8xf32, #s>, !tile.scratch<8xf32>
  %tb = tile.scratch_load %b : !tile.scratch<8xf32> -> tensor<8xf32, #s>
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <2048xf32>
  %c = tile.scratch_alloc : !tile.scratch<2048xf32>
  tile.scratch_store %u, %c : tensor<2048xf32, #l>, !tile.scratch<2048xf32>
  %tc = tile.scratch_load %c : !tile.scratch<2048xf32> -> tensor<2048xf32, #l>
  // CHECK: tile.scratch_alloc {offset = 0 : i64} : <8xf32>
  %d = tile.scratch_alloc : !tile.scratch<8xf32>
  tile.scratch_store %t, %d : tensor<8xf32, #s>, !tile.scratch<8xf32>
  return
}
