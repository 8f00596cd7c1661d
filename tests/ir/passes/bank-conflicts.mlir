// Lanes that go down a column of scratch all want the same bank; along a row each has its own.
// RUN: tile-opt %s -tile-distribute -verify-diagnostics

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
#down = #tile.layout<[32, 32], reg = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], lane = [[1, 0], [2, 0], [4, 0], [8, 0], [16, 0]], warp = []>
#along = #tile.layout<[32, 32], reg = [[1, 0], [2, 0], [4, 0], [8, 0], [16, 0]], lane = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = []>

module attributes {tile.target = #gpu} {
func.func @turn(%x: f32) attributes {tile.kernel, tile.warps = 1 : i32, tile.scratch = 4096 : i64} {
  %t = tile.splat %x : f32 -> tensor<32x32xf32, #down>
  %s = tile.scratch_alloc {offset = 0 : i64} : !tile.scratch<32x32xf32>
  // expected-remark @below {{T003: 8 lanes wait for each other at one bank of scratch, in each of 8 accesses of 16 bytes a lane}}
  tile.scratch_store %t, %s : tensor<32x32xf32, #down>, !tile.scratch<32x32xf32>
  tile.barrier
  %u = tile.scratch_load %s : !tile.scratch<32x32xf32> -> tensor<32x32xf32, #along>
  return
}
}
